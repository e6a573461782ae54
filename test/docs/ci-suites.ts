import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isTyped } from '../newcomer/newcomer';
import { readCommandLine } from '../suites/command-line';
import { ROOT } from '../suites/root';
import type { Documented } from './documented';

const SUITE = /^npm (?:run )?(test(?::([a-z0-9]+))?|(bench))(?: -- (.+))?$/;

/** What CI runs anyway, in a form of its own. */
export function isSuite({ command }: Documented): boolean {
  return SUITE.test(command);
}

/** A suite is there, CI calls it, and it knows the options; nothing when all of that is so. */
export async function suiteProblems({ page, command }: Documented): Promise<readonly string[]> {
  // What `mcp-fleet init` lays out has tests of its own.
  if (page === 'bin/template/README.md') return isTyped(command) ? [] : [`test:newcomer does not type ${command}`];
  const [, script = '', tested, benched, rest] = SUITE.exec(command) ?? [];
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const called = new RegExp(String.raw`^(counted|judged) npm (run --silent )?${script}(\s|$)`, 'm');
  return [
    ...(script in scripts ? [] : [`package.json has no script ${script}`]),
    ...(called.test(readFileSync(join(ROOT, '.ci/run'), 'utf8')) ? [] : [`.ci/run does not call npm run ${script}`]),
    ...(rest === undefined ? [] : await optionProblems(tested ?? benched, rest.split(' '))),
  ];
}

/** Options are read by the suite's own reader, values included. */
async function optionProblems(suite: string | undefined, args: readonly string[]): Promise<readonly string[]> {
  if (suite === undefined || !existsSync(join(ROOT, 'test', suite, 'main.ts'))) return args.flatMap(patternProblems);
  const own = join(ROOT, 'test', suite, 'options.ts');
  const read: (args: readonly string[]) => unknown = existsSync(own)
    ? (await import(own)).readOptions
    : (given: readonly string[]) => readCommandLine(given, {});
  try {
    read(args);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** Where jest runs a suite, its arguments are patterns of paths. */
function patternProblems(pattern: string): readonly string[] {
  if (pattern.startsWith('-')) return [`${pattern} is an option of jest, which is not looked at here`];
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' });
  const fits = files.some((file) => file.endsWith('.test.ts') && new RegExp(pattern).test(join('test', file)));
  return fits ? [] : [`no test is in ${pattern}`];
}
