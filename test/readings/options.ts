import { parseArgs } from 'node:util';
import { WAYS } from './broken/ways';

export interface Options {
  readonly seed: string;
  readonly cases: number;
  /** Only the case of this index. */
  readonly only?: number;
  /** A reader that is broken in this way stands in for the real one, and the run must find it. */
  readonly broken?: string;
  /** Every way in turn. */
  readonly prove: boolean;
  /** Logs stay also after a run that passed. */
  readonly keep: boolean;
  /** One JSON object instead of lines for people. */
  readonly json: boolean;
}

const CASES = 1_000;
/** Cases within which a broken reader must be found. */
const PROVING_CASES = 1_000;

export const USAGE = `Usage: npm run test:readings -- [options]

  --cases <n>      cases (default ${CASES}); 20000 is a long run
  --seed <text>    which cases (default 1); the same seed gives the same cases
  --case <n>       only the case of this number, and what came of it on both ways
  --broken <way>   with a reader broken on purpose, which the run must find: ${WAYS.map(({ name }) => name).join(', ')}
  --prove          with each of them in turn
  --keep           what the programs logged stays on disk also when it passed
  --json           one JSON object on stdout instead of lines for people
  --help
`;

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string' },
      seed: { type: 'string', default: '1' },
      case: { type: 'string' },
      broken: { type: 'string' },
      prove: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { broken, prove } = values;
  if (broken !== undefined && !WAYS.some(({ name }) => name === broken)) {
    throw new Error(`--broken ${JSON.stringify(broken)} is not one of ${WAYS.map(({ name }) => name).join(', ')}`);
  }
  const proving = prove || broken !== undefined;
  return {
    seed: values.seed,
    cases: wholeNumber('--cases', values.cases ?? String(proving ? PROVING_CASES : CASES), 1),
    ...(values.case !== undefined && { only: wholeNumber('--case', values.case, 0) }),
    ...(broken !== undefined && { broken }),
    prove,
    keep: values.keep,
    json: values.json,
  };
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || text.trim() === '') {
    throw new Error(`${flag} must be a whole number of at least ${least}, not ${JSON.stringify(text)}`);
  }
  return value;
}
