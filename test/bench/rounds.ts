import type { Generator } from './generator/generator';
import type { Sample } from './generator/job';
import type { LoadKind } from './loads';
import { calibrate } from './noise';
import type { Served } from './process';
import type { Counts } from './stand-ins/tables';
import { type Spread, spreadOf } from './statistics';
import type { Target } from './targets/target';

export interface RoundsParts {
  readonly rounds: number;
  readonly seconds: number;
  readonly generator: Generator;
  readonly beside: { readonly upstream: Served; readonly tables: Served };
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** What one target has shown under one load. */
export interface Row {
  readonly target: string;
  /** Of the median round. */
  readonly perSecond: Spread;
  /** Against nginx in the same round. */
  readonly ratio?: Spread;
  /** Microseconds of CPU for each call, by process. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly tables: { readonly requests: number; readonly writes: number; readonly bytes: number };
  readonly wrong: number;
}

export interface LoadResult {
  readonly load: string;
  readonly title: string;
  readonly rows: readonly Row[];
  /** Milliseconds that work which is always the same took, round for round. */
  readonly calibration: readonly number[];
}

const AGENTS = 8;
/** How much longer than later the first warming takes: until all that is called often is compiled. */
const FIRST_WARMING = 4;

export async function playRounds(load: LoadKind, targets: readonly Target[], parts: RoundsParts): Promise<LoadResult> {
  const samples = new Map<Target, (Sample & { tables: Counts })[]>(targets.map((target) => [target, []]));
  const calibration: number[] = [];
  parts.say(`  ${load.name}: warming`);
  for (const target of targets) await sampleOf(load, target, parts, FIRST_WARMING);
  for (let round = 0; round < parts.rounds; round++) {
    calibration.push(calibrate());
    parts.say(`  ${load.name}: round ${round + 1} of ${parts.rounds}, calibration ${calibration.at(-1)?.toFixed(0)} ms`);
    for (let index = 0; index < targets.length; index++) {
      parts.signal.throwIfAborted();
      const target = targets[(index + round) % targets.length] as Target;
      samples.get(target)?.push(await sampleOf(load, target, parts));
    }
  }
  const reference = targets.find(({ name }) => name === 'nginx');
  const rows = targets.map((target) => rowOf(target, samples.get(target) ?? [], reference && samples.get(reference)));
  return { load: load.name, title: load.title, rows, calibration };
}

type Taken = Sample & { readonly tables: Counts };

async function sampleOf(load: LoadKind, target: Target, { seconds, generator, beside }: RoundsParts, warming = 1): Promise<Taken> {
  const headers = await Promise.all(Array.from({ length: AGENTS }, (_, agent) => target.headers(agent)));
  const { connections, sessions, call, perSecond } = load;
  const before = await countsOf(beside.tables);
  const sample = await generator.sample({
    port: target.port,
    headers,
    sessions,
    connections,
    call,
    ...(perSecond !== undefined && { perSecond }),
    warmMs: seconds * 1000 * warming,
    sampleMs: seconds * 1000,
    pids: [...target.own, beside.upstream, beside.tables].map(({ pid }) => pid),
  });
  return { ...sample, tables: difference(before, await countsOf(beside.tables)) };
}

async function countsOf({ port }: Served): Promise<Counts> {
  return (await fetch(`http://127.0.0.1:${port}/counts`)).json() as Promise<Counts>;
}

function difference(before: Counts, after: Counts): Counts {
  return Object.fromEntries(
    Object.entries(after).map(([name, { requests, writes, bytes }]) => {
      const was = before[name] ?? { requests: 0, writes: 0, bytes: 0 };
      return [name, { requests: requests - was.requests, writes: writes - was.writes, bytes: bytes - was.bytes }];
    }),
  );
}

function rowOf({ name, own }: Target, samples: readonly Taken[], reference: readonly Taken[] | undefined): Row {
  const rate = ({ calls, seconds }: Sample) => calls / seconds;
  const each = (of: (sample: Taken) => number) => spreadOf(samples.map(of));
  const cpu = own.map(({ name, pid }) => [name, each(({ usage, calls }) => ((usage[pid]?.cpu ?? 0) * 1e6) / calls).median] as const);
  const firstWrong = samples.find((sample) => sample.firstWrong !== undefined)?.firstWrong;
  if (firstWrong !== undefined) console.error(name, firstWrong);
  const sum = (of: 'requests' | 'writes' | 'bytes') =>
    each(({ tables, allCalls }) => Object.values(tables).reduce((total, counted) => total + counted[of], 0) / allCalls).median;
  return {
    target: name,
    perSecond: each(rate),
    ...(reference && { ratio: spreadOf(samples.map((sample, round) => rate(sample) / rate(reference[round] as Taken))) }),
    cpu: Object.fromEntries(cpu),
    p50: each(({ p50 }) => p50).median,
    p99: each(({ p99 }) => p99).median,
    tables: { requests: sum('requests'), writes: sum('writes'), bytes: sum('bytes') },
    wrong: samples.reduce((total, { wrong }) => total + wrong, 0),
  };
}

export function linesOf({ title, rows, calibration }: LoadResult): string[] {
  const { median, low, high } = spreadOf(calibration);
  return [
    `${title} (calibration ${median.toFixed(0)} ms, quartiles ${low.toFixed(0)}–${high.toFixed(0)})`,
    `  ${'target'.padEnd(20)}${'calls/s'.padStart(9)}${'× nginx'.padStart(9)}  quartiles     CPU µs/call                    p50 µs   p99 µs   DynamoDB requests, writes, bytes a call`,
    ...rows.map(({ target, perSecond, ratio, cpu, p50, p99, tables, wrong }) => {
      const cpus = Object.entries(cpu).map(([name, value]) => `${name} ${value.toFixed(0)}`);
      const spread = ratio === undefined ? '' : `${ratio.low.toFixed(3)}–${ratio.high.toFixed(3)}`;
      const db = tables.requests === 0 ? '' : `${tables.requests.toFixed(2)}, ${tables.writes.toFixed(2)}, ${tables.bytes.toFixed(0)}`;
      return `  ${target.padEnd(20)}${perSecond.median.toFixed(0).padStart(9)}${(ratio?.median.toFixed(3) ?? '').padStart(9)}  ${spread.padEnd(12)}  ${cpus.join(', ').padEnd(30)} ${String(Math.round(p50)).padStart(7)}  ${String(Math.round(p99)).padStart(7)}   ${db}${wrong > 0 ? ` ${wrong} WRONG` : ''}`;
    }),
  ];
}
