import type { SharedOptions } from './command-line';

/** One of the long suites. */
export interface Suite<Options extends SharedOptions> {
  readonly name: string;
  readonly usage: string;
  /** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
  readonly readOptions: (args: readonly string[]) => Options | undefined;
  readonly run: (options: Options, stage: Stage) => Promise<Verdict>;
}

/** What a run is given. */
export interface Stage {
  /** Folder for everything that it writes; it stays when the run fails. */
  readonly scratch: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Takes lines for people. */
  readonly say: (line: string) => void;
}

/** What a run has shown. */
export interface Verdict {
  readonly passed: boolean;
  /** Of a run that counts cases. */
  readonly counts?: { readonly passed: number; readonly failed: number };
  /** For the last line: each a few words with their figures. */
  readonly facts: readonly string[];
  /** What `--json` prints beside `passed`. */
  readonly document: object;
}

/** The last line of every suite. */
export function lastLine(name: string, { passed, counts, facts }: Verdict, seconds: number): string {
  const counted = counts === undefined ? [] : [`${counts.passed} passed, ${counts.failed} failed`];
  return `${name} ${passed ? 'passed' : 'FAILED'}: ${[...counted, ...facts, `${seconds} s`].join('; ')}`;
}
