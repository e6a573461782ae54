import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SharedOptions } from './command-line';
import { lastLine, type Suite, type Verdict } from './suite';

/** Runs a suite by the command line of this process, and ends it with the exit code. */
export function launch<Options extends SharedOptions>(suite: Suite<Options>): void {
  // What is interrupted may have children that would wait on.
  void runSuite(suite, process.argv.slice(3)).then((code) => process.exit(code));
}

/** @returns exit code: 0 passed, 1 failed, 2 wrong usage, 130 interrupted */
export async function runSuite<Options extends SharedOptions>(suite: Suite<Options>, args: readonly string[]): Promise<number> {
  let options: Options | undefined;
  try {
    options = suite.readOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${suite.usage}`);
    return 2;
  }
  if (options === undefined) {
    console.log(suite.usage);
    return 0;
  }
  return await staged(suite, options);
}

/** Gives the run its folder, and takes it away unless somebody will look into it. */
async function staged<Options extends SharedOptions>({ name, run }: Suite<Options>, options: Options): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interruption.abort());
  const scratch = mkdtempSync(join(tmpdir(), `mcp-${name}-`));
  const say = (line: string): void => (options.json ? console.error(line) : console.log(line));
  const startedAt = Date.now();
  const verdict = await run(options, { scratch, signal: interruption.signal, say }).catch((error: Error): Verdict | undefined => {
    if (interruption.signal.aborted) return undefined;
    console.error(error);
    return { passed: false, facts: [error.message.split('\n', 1)[0] as string], document: { error: error.message } };
  });
  if (verdict !== undefined && (!verdict.passed || options.keep)) console.error(`Logs, and what was seen, are in ${scratch}`);
  else rmSync(scratch, { recursive: true, force: true });
  if (verdict === undefined) {
    console.error(`${name} interrupted`);
    return 130;
  }
  if (options.json) console.log(JSON.stringify({ passed: verdict.passed, ...verdict.document }));
  say(lastLine(name, verdict, Math.round((Date.now() - startedAt) / 1000)));
  return verdict.passed ? 0 : 1;
}
