import { type ParseArgsConfig, parseArgs } from 'node:util';

type Declared = NonNullable<ParseArgsConfig['options']>;

/** What every suite knows. */
export interface SharedOptions {
  /** One JSON object on stdout; lines for people go to stderr. */
  readonly json: boolean;
  /** What the run has written stays also when it passed. */
  readonly keep: boolean;
}

const SHARED = {
  keep: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const satisfies Declared;

/** @param options lines of its own options @param more said below them */
export function usageOf(suite: string, options: string, more = ''): string {
  return `Usage: npm run ${suite === 'bench' ? suite : `test:${suite}`} -- [options]

${options}
  --keep              what the run has written, logs and all, stays on disk also when it passed
  --json              one JSON object on stdout; lines for people go to stderr
  --help
${more}`;
}

/** @returns undefined when help is asked for @throws Error that names the flag that is not known */
export function readCommandLine<Options extends Declared>(args: readonly string[], options: Options) {
  const { values } = parseArgs({ args: [...args], options: { ...options, ...SHARED } });
  // Of options that are not known here, TypeScript does not see that the shared ones are among them.
  return (values as { readonly help?: boolean }).help ? undefined : values;
}

export function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || text.trim() === '') {
    throw new Error(`${flag} must be a whole number of at least ${least}, not ${JSON.stringify(text)}`);
  }
  return value;
}

/** What happens follows from it. */
export function seed(text: string): number {
  return wholeNumber('--seed', text, 0);
}

export function oneOf<Name extends string>(flag: string, name: string, known: readonly Name[]): Name {
  const found = known.find((candidate) => candidate === name);
  if (found === undefined) throw new Error(`${flag} ${JSON.stringify(name)} is not one of ${known.join(', ')}`);
  return found;
}
