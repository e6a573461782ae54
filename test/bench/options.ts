import { oneOf, readCommandLine, type SharedOptions, usageOf, wholeNumber } from '../suites/command-line';
import { LOADS, type LoadName } from './loads';
import { TARGETS, type TargetName } from './targets/targets';

export interface Options extends SharedOptions {
  readonly targets: readonly TargetName[];
  readonly loads: readonly LoadName[];
  readonly rounds: number;
  /** Length of a sample, and of the warming before it. */
  readonly seconds: number;
  /** Milliseconds that the stand-in for DynamoDB takes. */
  readonly tableMs: number;
}

const ROUNDS = 7;
const SECONDS = 1.5;

const TARGET_NAMES = Object.keys(TARGETS) as TargetName[];
const LOAD_NAMES = LOADS.map(({ name }) => name);

export const USAGE = usageOf(
  'bench',
  `  --targets <names>   of ${TARGET_NAMES.join(', ')}; with a comma between, default all
  --loads <names>     of ${LOAD_NAMES.join(', ')}; with a comma between, default all
  --rounds <n>        in each of which every target is sampled once (default ${ROUNDS})
  --seconds <n>       of a sample, and of the warming before it (default ${SECONDS})
  --table-ms <n>      what DynamoDB takes (default 0)`,
);

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, {
    targets: { type: 'string', default: TARGET_NAMES.join(',') },
    loads: { type: 'string', default: LOAD_NAMES.join(',') },
    rounds: { type: 'string', default: String(ROUNDS) },
    seconds: { type: 'string', default: String(SECONDS) },
    'table-ms': { type: 'string', default: '0' },
  });
  if (values === undefined) return undefined;
  return {
    targets: values.targets.split(',').map((name) => oneOf('--targets', name, TARGET_NAMES)),
    loads: values.loads.split(',').map((name) => oneOf('--loads', name, LOAD_NAMES)),
    rounds: wholeNumber('--rounds', values.rounds, 1),
    seconds: aboveZero('--seconds', values.seconds),
    tableMs: wholeNumber('--table-ms', values['table-ms'], 0),
    keep: values.keep,
    json: values.json,
  };
}

function aboveZero(flag: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${flag} must be a number above 0, not ${JSON.stringify(text)}`);
  return value;
}
