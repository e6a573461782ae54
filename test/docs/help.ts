import { join } from 'node:path';
import { run } from '../suites/program';
import { ROOT } from '../suites/root';
import type { Documented } from './documented';
import { withoutPurpose } from './words';

/** The examples of `mcp-fleet --help`, and of every command that it lists, as they are printed. */
export async function commandsOfHelp(signal: AbortSignal): Promise<readonly Documented[]> {
  return await helpOf([], signal);
}

/** No command of ours is deeper: what looks so is a page that lists itself. */
const DEEPEST = 3;

async function helpOf(path: readonly string[], signal: AbortSignal): Promise<readonly Documented[]> {
  if (path.length > DEEPEST) throw new Error(`mcp-fleet ${path.join(' ')} is deeper than ${DEEPEST} words`);
  const words = [...path, '--help'];
  const { code, output } = await run(process.execPath, [join(ROOT, 'bin/mcp-fleet'), ...words], ROOT, signal);
  const page = ['mcp-fleet', ...words].join(' ');
  if (code !== 0) throw new Error(`${page} ended with ${code}:\n${output}`);
  const below = await Promise.all(subcommandsIn(output).map((name) => helpOf([...path, name], signal)));
  return [...examplesIn(output).map((command) => ({ page, command, remark: {} })), ...below.flat()];
}

export function examplesIn(help: string): readonly string[] {
  return [...help.matchAll(/^ {2}\$ (.+)$/gm)].map(([, line]) => withoutPurpose(line as string));
}

export function subcommandsIn(help: string): readonly string[] {
  const [, list = ''] = /^Commands:\n((?: {2}.+\n?)+)/m.exec(help) ?? [];
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name as string).filter((name) => name !== 'help');
}
