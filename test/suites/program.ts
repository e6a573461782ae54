import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What became of a program. */
export interface Attempt {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  /** What it wrote, on both streams. */
  readonly output: string;
}

/** What of the caller's environment a person's shell has too: nothing that npm or a test runner has put there. */
const PERSONAL = [
  'PATH',
  'HOME',
  'LANG',
  'TMPDIR',
  'npm_config_registry',
  'NPM_CONFIG_REGISTRY',
  'NODE_EXTRA_CA_CERTS',
  'HTTPS_PROXY',
  'NO_PROXY',
];

/** The environment of somebody's shell. */
export function personalEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(PERSONAL.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

/** Runs a program to its end, in the environment of somebody's shell. */
export async function run(program: string, args: readonly string[], folder: string, signal: AbortSignal): Promise<Attempt> {
  const env = personalEnvironment();
  const child = spawn(program, args, { cwd: folder, env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** Runs a program that must end well. @returns what it wrote @throws Error with what it wrote instead */
export async function succeed(program: string, args: readonly string[], folder: string, signal: AbortSignal): Promise<string> {
  const { code, output } = await run(program, args, folder, signal);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} in ${folder} ended with ${code}:\n${output}`);
  return output;
}
