import type { Played, Turn } from './rounds';
import type { StagedTarget } from './stage';
import { type Spread, spreadOf } from './statistics';

/** What one target has shown under one load; medians and quartiles over the rounds, ratios formed inside each. */
export interface Row {
  /** Its variant's name. */
  readonly target: string;
  readonly perSecond: Spread;
  /** Calls a second against nginx; absent where there is no nginx. */
  readonly ratio?: Spread;
  /** Microseconds of CPU for a call, of all its own processes; absent where it has none. */
  readonly cpu?: Spread;
  /** That against nginx. */
  readonly cpuRatio?: Spread;
  /** The same by process. */
  readonly cpuBy: Readonly<Record<string, number>>;
  /** Microseconds. */
  readonly p50: Spread;
  readonly p99: Spread;
  /** Beyond those of a call without a proxy; absent where that was not measured, and where the machine is full of calls. */
  readonly added?: { readonly p50: Spread; readonly p99: Spread };
  /** To DynamoDB, for each call; absent where nothing went there. */
  readonly tables?: { readonly requests: number; readonly writes: number; readonly bytes: number };
  /** MiB that its processes have. */
  readonly mib: number;
  readonly wrong: number;
  /** The first wrong answer, or what ended a connection. */
  readonly firstWrong?: string;
}

export interface LoadResult {
  readonly load: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly calibration: Spread;
}

export function resultOf({ load, turns, calibrations }: Played): LoadResult {
  const named = (name: string) => [...turns].find(([{ variant }]) => variant.name === name);
  const isFull = load.connections > 1 && load.perSecond === undefined;
  const beside = { nginx: named('nginx'), direct: isFull ? undefined : named('direct')?.[1] };
  const rows = [...turns].map(([target, taken]) => rowOf(target, taken, beside));
  return { load: load.name, title: load.title, rows, calibration: spreadOf(calibrations) };
}

interface Beside {
  readonly nginx: readonly [StagedTarget, readonly Turn[]] | undefined;
  readonly direct: readonly Turn[] | undefined;
}

function rowOf(target: StagedTarget, turns: readonly Turn[], { nginx, direct }: Beside): Row {
  const each = (of: (turn: Turn, round: number) => number): Spread => spreadOf(turns.map(of));
  const against = (others: readonly Turn[], of: (turn: Turn) => number) => each((turn, round) => of(turn) / of(others[round] as Turn));
  const beyond = (others: readonly Turn[], of: (turn: Turn) => number) => each((turn, round) => of(turn) - of(others[round] as Turn));
  const perCall = (name: 'requests' | 'writes' | 'bytes') => each(({ tables, allCalls }) => tables[name] / allCalls).median;
  const cpu = cpuOf(target.own.map(({ pid }) => pid));
  const firstWrong = turns.find((turn) => turn.firstWrong !== undefined)?.firstWrong;
  const hasTables = turns.some(({ tables, allCalls }) => tables.requests > allCalls / 100);
  const mib = each(({ usage }) => target.own.reduce((sum, { pid }) => sum + (usage[pid]?.kib ?? 0), 0) / 1024).median;
  return {
    target: target.variant.name,
    perSecond: each(rate),
    ...(nginx && { ratio: against(nginx[1], rate) }),
    ...(target.own.length > 0 && { cpu: each(cpu) }),
    ...(nginx &&
      target.own.length > 0 && { cpuRatio: each((turn, round) => cpu(turn) / cpuOf(pidsOf(nginx[0]))(nginx[1][round] as Turn)) }),
    cpuBy: Object.fromEntries(target.own.map(({ name, pid }) => [name, each(cpuOf([pid])).median])),
    p50: each(({ p50 }) => p50),
    p99: each(({ p99 }) => p99),
    ...(direct && target.own.length > 0 && { added: { p50: beyond(direct, ({ p50 }) => p50), p99: beyond(direct, ({ p99 }) => p99) } }),
    ...(hasTables && { tables: { requests: perCall('requests'), writes: perCall('writes'), bytes: perCall('bytes') } }),
    mib,
    wrong: turns.reduce((total, { wrong }) => total + wrong, 0),
    ...(firstWrong !== undefined && { firstWrong }),
  };
}

function rate({ calls, seconds }: Turn): number {
  return calls / seconds;
}

function pidsOf({ own }: StagedTarget): readonly number[] {
  return own.map(({ pid }) => pid);
}

/** Microseconds of CPU for a call. */
function cpuOf(pids: readonly number[]): (turn: Turn) => number {
  return ({ usage, calls }) => pids.reduce((sum, pid) => sum + (usage[pid]?.cpu ?? 0), 0) * (1e6 / calls);
}
