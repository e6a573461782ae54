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
  /** Milliseconds that work which is always the same took. */
  readonly calibration: Spread;
  /** Share of the machine that others had in the rounds that are evaluated. */
  readonly others: Spread;
  /** Rounds that are evaluated, of how many. */
  readonly evaluated: number;
  readonly rounds: number;
}

/** In a quiet round others have less than this share of the machine. */
const QUIET = 0.1;
/** So many must be quiet, or all are evaluated. */
const ENOUGH = 3;

export function resultOf({ load, turns: all, calibrations }: Played): LoadResult {
  const rounds = evaluated(calibrations.map((_, round) => othersIn(round, all)));
  const turns = [...all].map(([target, taken]) => [target, rounds.map((round) => taken[round] as Turn)] as const);
  const named = (name: string) => turns.find(([{ variant }]) => variant.name === name);
  const isFull = load.connections > 1 && load.perSecond === undefined;
  const beside = { nginx: named('nginx'), direct: isFull ? undefined : named('direct')?.[1] };
  return {
    load: load.name,
    title: load.title,
    rows: turns.map(([target, taken]) => rowOf(target, taken, beside)),
    calibration: spreadOf(rounds.map((round) => calibrations[round] as number)),
    others: spreadOf(rounds.map((round) => othersIn(round, all))),
    evaluated: rounds.length,
    rounds: calibrations.length,
  };
}

/** Chosen by what others did, never by what was measured. @param others share of theirs, round for round */
function evaluated(others: readonly number[]): readonly number[] {
  const all = [...others.keys()];
  const quiet = all.filter((round) => (others[round] as number) < QUIET);
  return quiet.length >= ENOUGH ? quiet : all;
}

function othersIn(round: number, turns: Played['turns']): number {
  return Math.max(...[...turns.values()].map((taken) => (taken[round] as Turn).others));
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
