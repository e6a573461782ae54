import { collecting, heldBy } from './garbage';
import type { Sample } from './generator/job';
import { usageOf } from './generator/usage';
import type { RoundsParts } from './rounds';
import type { StagedTarget } from './stage';
import { spreadOf } from './statistics';
import { addressOf } from './targets/address';
import { kindOf, type TargetName } from './targets/targets';
import type { Variant } from './variants';

/** Idle streams that are held at a time: with the calls beside them just below what a gateway has under way for one server. */
export const STREAMS = 1_900;

const LISTENED_TO: readonly TargetName[] = ['nginx', 'haproxy', 'node-pipe', 'gateway-like', 'sidecar', 'gateway', 'gateway+sidecar'];
/** Samples of calls, before the streams and beside them. */
const SAMPLES = 3;

/** What idle streams cost one target. */
export interface StreamsRow {
  readonly target: string;
  /** KiB of resident memory for each, by process, less what V8's young generation has grown by meanwhile. */
  readonly kibBy: Readonly<Record<string, number>>;
  /** With that. */
  readonly residentBy: Readonly<Record<string, number>>;
  /** Calls a second beside them, against those without. */
  readonly beside: number;
  readonly wrong: number;
  readonly firstWrong?: string;
}

/** Those that listen, on a Node that can be told to collect its garbage: what it has not yet collected is no stream's. */
export function listeners(variants: readonly Variant[]): readonly Variant[] {
  return variants.filter(({ target }) => LISTENED_TO.includes(target)).map(collecting);
}

/** Holds the streams at each target in turn. */
export async function playStreams(parts: RoundsParts): Promise<readonly StreamsRow[]> {
  const rows: StreamsRow[] = [];
  for (const target of parts.targets) {
    parts.signal.throwIfAborted();
    rows.push(await holdAt(target, parts));
  }
  return rows;
}

async function holdAt(target: StagedTarget, { generator, seconds }: RoundsParts): Promise<StreamsRow> {
  const at = await addressOf(target, STREAMS);
  const samples: Sample[] = [];
  const perSecond = async (): Promise<number> => {
    const load = {
      connections: 64,
      call: { lane: 'read', size: 1_000 },
      warmMs: seconds * 1000,
      sampleMs: seconds * 1000,
      pids: [],
    } as const;
    const taken: Sample[] = [];
    for (let times = 0; times < SAMPLES; times++) taken.push(await generator.sample({ ...at, ...load }));
    samples.push(...taken);
    return spreadOf(taken.map(({ calls, seconds }) => calls / seconds)).median;
  };
  // Before any load: what a load has left free in the heap would be filled by the streams, and they would seem to cost nothing.
  await generator.open(at);
  const without = await kibOf(target);
  await generator.listen(at);
  const withThem = await kibOf(target);
  await perSecond(); // until all that is called often is compiled
  const beside = await perSecond();
  await generator.listenNoMore(at);
  const alone = await perSecond();
  const perStream = (kib: (of: Kib) => number): Readonly<Record<string, number>> => {
    const each = target.own.map(({ name }, index) => [name, (kib(withThem[index] as Kib) - kib(without[index] as Kib)) / STREAMS] as const);
    return Object.fromEntries(each);
  };
  const firstWrong = samples.find((sample) => sample.firstWrong !== undefined)?.firstWrong;
  return {
    target: target.variant.name,
    kibBy: perStream(({ resident, nursery }) => resident - nursery),
    residentBy: perStream(({ resident }) => resident),
    beside: beside / alone,
    wrong: samples.reduce((sum, { wrong }) => sum + wrong, 0),
    ...(firstWrong !== undefined && { firstWrong }),
  };
}

interface Kib {
  readonly resident: number;
  readonly nursery: number;
}

/** Of each process, without what could be collected. */
async function kibOf({ own, variant }: StagedTarget): Promise<readonly Kib[]> {
  if (kindOf(variant.target).runs === undefined) return own.map(({ pid }) => ({ resident: usageOf(pid).kib, nursery: 0 }));
  return await Promise.all(
    own.map(async (served) => {
      const { residentKib, nurseryKib } = await heldBy(served);
      return { resident: residentKib, nursery: nurseryKib };
    }),
  );
}
