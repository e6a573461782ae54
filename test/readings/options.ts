import { oneOf, readCommandLine, type SharedOptions, seed, usageOf, wholeNumber } from '../suites/command-line';
import { WAYS } from './broken/ways';

export interface Options extends SharedOptions {
  readonly seed: string;
  readonly cases: number;
  /** Only the case of this index. */
  readonly only?: number;
  /** A reader that is broken in this way stands in for the real one, and the run must find it. */
  readonly broken?: string;
  /** Every way in turn. */
  readonly prove: boolean;
}

const SEED = 1;
/** Also those within which a broken reader must be found. */
const CASES = 1_000;
const WAY_NAMES = WAYS.map(({ name }) => name);

export const USAGE = usageOf(
  'readings',
  `  --seed <n>          which cases (default ${SEED}); the same seed gives the same cases
  --cases <n>         cases (default ${CASES}); 20000 is a long run
  --case <n>          only the case of this number, and what came of it on both ways
  --broken <way>      with a reader broken on purpose, which the run must find
  --prove             with each of them in turn`,
  `\nBroken readers: ${WAY_NAMES.join(', ')}\n`,
);

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, {
    seed: { type: 'string', default: String(SEED) },
    cases: { type: 'string', default: String(CASES) },
    case: { type: 'string' },
    broken: { type: 'string' },
    prove: { type: 'boolean', default: false },
  });
  if (values === undefined) return undefined;
  return {
    seed: String(seed(values.seed)),
    cases: wholeNumber('--cases', values.cases, 1),
    ...(values.case !== undefined && { only: wholeNumber('--case', values.case, 0) }),
    ...(values.broken !== undefined && { broken: oneOf('--broken', values.broken, WAY_NAMES) }),
    prove: values.prove,
    keep: values.keep,
    json: values.json,
  };
}
