import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { oneOf, readCommandLine, type SharedOptions, usageOf, wholeNumber } from '../suites/command-line';
import { ROOT } from '../suites/root';
import { CLAIMS_LOAD, LOADS, OPENINGS_LOAD, STARTS_LOAD, STREAMS_LOAD } from './loads';
import { NODE_NAMES, type NodeName } from './node';
import { kindOf, TARGET_NAMES, type TargetName } from './targets/targets';
import type { Build } from './variants';

export interface Options extends SharedOptions {
  readonly targets: readonly TargetName[];
  readonly loads: readonly string[];
  readonly nodes: readonly NodeName[];
  /** This build, and one to compare it with. */
  readonly builds: readonly Build[];
  readonly rounds: number;
  /** Length of a sample, and of the warming before it. */
  readonly seconds: number;
  /** Counts are held against limits, and nothing is timed. */
  readonly guard: boolean;
  /** Instead of all that: where the programs of this project spend their time. */
  readonly profile: boolean;
  /** Instead of loads: minutes for which gateway and sidecar are used, and what they hold is watched. */
  readonly soak?: number;
  /** What was measured becomes docs/performance.md, or the limits. */
  readonly write: boolean;
}

const LOAD_NAMES = [...LOADS.map(({ name }) => name), STREAMS_LOAD, OPENINGS_LOAD, CLAIMS_LOAD, STARTS_LOAD];
const ALL_TARGETS = TARGET_NAMES.filter((name) => kindOf(name).optional !== true);

/** What a run is without other words, and what is left of it with `--short`. */
const WHOLE = { targets: ALL_TARGETS, loads: LOAD_NAMES, rounds: '7', seconds: '1' };
const SHORT = {
  targets: ALL_TARGETS.filter((name) => name !== 'mcp-proxy' && name !== 'sdk-proxy'),
  loads: ['read', 'one', 'keyed', 'keyless'],
  rounds: '3',
  seconds: '0.5',
};

export const USAGE = usageOf(
  'bench',
  `  --targets <names>   with commas between, of ${TARGET_NAMES.join(', ')}
                      (default all but fleet)
  --loads <names>     with commas between, of ${LOAD_NAMES.slice(0, 6).join(', ')},
                      ${LOAD_NAMES.slice(6).join(', ')} (default all)
  --node <names>      Node of the targets: this, deployed or both with a comma between (default deployed)
  --against <dist>    another build of this project, the folder that \`npm run build\` writes: its programs run beside these
  --rounds <n>        in each of which every target is sampled once (default ${WHOLE.rounds})
  --seconds <n>       of a sample, and of the warming before it (default ${WHOLE.seconds})
  --short             ${SHORT.loads.join(', ')} in ${SHORT.rounds} rounds of ${SHORT.seconds} s, without MCP proxies: what CI runs
  --guard             instead of all that: DynamoDB's requests, writes and bytes for a call, what a call allocates and the sizes of
                      bundles, against test/bench/limits.json
  --profile           instead of all that: where the programs of this project spend their time under the loads
  --soak <minutes>    instead of all that: sessions come and go, and nothing that a program holds may grow
  --write             docs/performance.md is written of this run; with --guard the limits are`,
);

/** @returns undefined when help is asked for @throws Error that names the flag or value that is not known */
export function readOptions(args: readonly string[]): Options | undefined {
  const values = readCommandLine(args, {
    targets: { type: 'string' },
    loads: { type: 'string' },
    node: { type: 'string', default: 'deployed' },
    against: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    short: { type: 'boolean', default: false },
    guard: { type: 'boolean', default: false },
    soak: { type: 'string' },
    profile: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  });
  if (values === undefined) return undefined;
  const usual = values.short ? SHORT : WHOLE;
  return {
    targets: listed('--targets', values.targets, TARGET_NAMES) ?? usual.targets,
    loads: listed('--loads', values.loads, LOAD_NAMES) ?? usual.loads,
    nodes: listed('--node', values.node, NODE_NAMES) ?? [],
    builds: [{ name: '', dist: join(ROOT, 'dist') }, ...(values.against === undefined ? [] : [other(values.against)])],
    rounds: wholeNumber('--rounds', values.rounds ?? usual.rounds, 1),
    seconds: aboveZero('--seconds', values.seconds ?? usual.seconds),
    guard: values.guard,
    profile: values.profile,
    ...(values.soak !== undefined && { soak: aboveZero('--soak', values.soak) }),
    write: values.write,
    keep: values.keep,
    json: values.json,
  };
}

function listed<Name extends string>(flag: string, text: string | undefined, known: readonly Name[]): readonly Name[] | undefined {
  return text?.split(',').map((name) => oneOf(flag, name, known));
}

function other(folder: string): Build {
  const dist = resolve(folder);
  if (!existsSync(join(dist, 'gateway/index.js'))) {
    throw new Error(`--against ${JSON.stringify(folder)} has no gateway/index.js: name the folder that npm run build writes`);
  }
  return { name: 'other', dist };
}

function aboveZero(flag: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${flag} must be a number above 0, not ${JSON.stringify(text)}`);
  return value;
}
