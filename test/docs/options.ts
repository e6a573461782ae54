import { oneOf, readCommandLine, type SharedOptions, usageOf } from '../suites/command-line';
import type { CompanyName } from './companies';

/** Companies by what they have of this project: those of one line are visited one after the other, lines at the same time. */
export const COMPANIES = {
  clone: [['acme']],
  tarball: [['notes'], ['second', 'shop']],
} as const satisfies Record<string, readonly (readonly CompanyName[])[]>;

export type Origin = keyof typeof COMPANIES;
export const ORIGINS = ['clone', 'tarball'] as const satisfies readonly Origin[];

export interface Options extends SharedOptions {
  readonly origins: readonly Origin[];
  /** Only commands that stand there; all where there is none. */
  readonly pages: readonly string[];
}

export const USAGE = usageOf(
  'docs',
  `  (every command of README, docs and help texts, typed as it stands)
  --in <origin>       only in companies that have a ${ORIGINS.join(', or a ')} (repeatable)
  --page <file>       only commands of that page, such as docs/ledger.md (repeatable)`,
);

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, {
    in: { type: 'string', multiple: true, default: [] },
    page: { type: 'string', multiple: true, default: [] },
  });
  if (values === undefined) return undefined;
  const origins = values.in.length === 0 ? ORIGINS : values.in.map((name) => oneOf('--in', name, ORIGINS));
  return { origins, pages: values.page, keep: values.keep, json: values.json };
}
