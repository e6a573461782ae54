import type { Sample } from './generator/job';
import { usageOf } from './generator/usage';
import type { RoundsParts } from './rounds';
import type { StagedTarget } from './stage';
import { addressOf } from './targets/address';
import type { TargetName } from './targets/targets';

/** Idle streams that are held at a time: with the calls beside them just below what a gateway has under way for one server. */
export const STREAMS = 1_900;
const LISTENED_TO: readonly TargetName[] = ['nginx', 'haproxy', 'node-pipe', 'gateway-like', 'sidecar', 'gateway', 'gateway+sidecar'];

/** What idle streams cost one target. */
export interface StreamsRow {
  readonly target: string;
  /** KiB of resident memory for each, by process. */
  readonly kibBy: Readonly<Record<string, number>>;
  /** Calls a second beside them, against those before. */
  readonly beside: number;
  readonly wrong: number;
  readonly firstWrong?: string;
}

/** Holds the streams at each target in turn, in processes that have seen no more than what comes before. */
export async function playStreams(parts: RoundsParts): Promise<readonly StreamsRow[]> {
  const rows: StreamsRow[] = [];
  for (const target of parts.targets.filter(({ variant }) => LISTENED_TO.includes(variant.target))) {
    parts.signal.throwIfAborted();
    rows.push(await holdAt(target, parts));
  }
  return rows;
}

async function holdAt(target: StagedTarget, { generator, seconds }: RoundsParts): Promise<StreamsRow> {
  const [at, pids] = [await addressOf(target, STREAMS), target.own.map(({ pid }) => pid)];
  const sample = (): Promise<Sample> =>
    generator.sample({ ...at, connections: 64, call: { lane: 'read', size: 1_000 }, warmMs: 2_000, sampleMs: seconds * 1000, pids });
  const kib = () => pids.map((pid) => usageOf(pid).kib);
  const before = await sample();
  const without = kib();
  await generator.listen(at);
  const withThem = kib();
  const beside = await sample();
  await generator.listenNoMore(at);
  const perStream = target.own.map(({ name }, index) => [name, ((withThem[index] ?? 0) - (without[index] ?? 0)) / STREAMS] as const);
  const firstWrong = before.firstWrong ?? beside.firstWrong;
  return {
    target: target.variant.name,
    kibBy: Object.fromEntries(perStream),
    beside: beside.calls / beside.seconds / (before.calls / before.seconds),
    wrong: before.wrong + beside.wrong,
    ...(firstWrong !== undefined && { firstWrong }),
  };
}
