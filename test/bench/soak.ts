import type { Verdict } from '../suites/suite';
import { type Held, heldBy } from './garbage';
import type { Lane } from './generator/request';
import type { RoundsParts } from './rounds';
import type { StagedTarget } from './stage';
import { spreadOf } from './statistics';
import { addressOf } from './targets/address';

/** In each turn sessions are opened, used in every lane, listened to, and closed: in half an hour more than any cache remembers. */
const SESSIONS = 200;
const LANES: readonly Lane[] = ['read', 'keyed', 'keyless'];
const PER_SECOND = 150;
const LANE_MS = 2_000;

/**
 * What may grow between the third quarter of the time and the last, both medians of what is held after a turn: in the first half
 * caches fill, and code is compiled.
 */
const MAY_GROW: Readonly<Record<keyof Held, number>> = {
  heapKib: 1_024,
  nurseryKib: 65_536,
  timers: 3,
  residentKib: 16_384,
  descriptors: 5,
};
const WHAT = Object.keys(MAY_GROW) as (keyof Held)[];

/** What one program held, turn for turn. */
interface Kept {
  readonly name: string;
  readonly held: readonly Held[];
}

/** Uses one target for so long and looks at what its programs hold whenever nothing is open. @throws Error with the first wrong answer */
export async function soak(minutes: number, parts: RoundsParts): Promise<Verdict> {
  const target = parts.targets[0] as StagedTarget;
  const kept = target.own.map(({ name }) => ({ name, held: [] as Held[] }));
  let calls = 0;
  for (const end = Date.now() + minutes * 60_000; Date.now() < end || (kept[0]?.held.length ?? 0) < 8; ) {
    parts.signal.throwIfAborted();
    calls += await useOnce(target, parts);
    const held = await Promise.all(target.own.map(heldBy));
    for (const [index, one] of held.entries()) kept[index]?.held.push(one);
    parts.say(`  ${kept.map(({ name }, index) => `${name} ${wordsOf(held[index] as Held)}`).join(' · ')}`);
  }
  const grown = kept.flatMap(growthOf);
  return {
    passed: grown.length === 0,
    facts: [`${calls} calls in ${kept[0]?.held.length} turns of ${SESSIONS} sessions`, ...kept.map(lastOf), ...grown],
    document: { calls, kept, grown },
  };
}

async function useOnce(target: StagedTarget, { generator }: RoundsParts): Promise<number> {
  const at = await addressOf(target, SESSIONS);
  await generator.open(at);
  await generator.listen(at);
  let calls = 0;
  for (const lane of LANES) {
    const call = { lane, size: 1_000 };
    const sample = await generator.sample({ ...at, connections: 16, call, perSecond: PER_SECOND, warmMs: 0, sampleMs: LANE_MS, pids: [] });
    if (sample.wrong > 0) throw new Error(`${sample.wrong} wrong answers, the first: ${sample.firstWrong}`);
    calls += sample.allCalls;
  }
  await generator.listenNoMore(at);
  await generator.close({ ...at, sessions: 0 });
  return calls;
}

function growthOf({ name, held }: Kept): readonly string[] {
  const quarter = Math.floor(held.length / 4);
  const [third, last] = [held.slice(2 * quarter, 3 * quarter), held.slice(3 * quarter)];
  return WHAT.flatMap((what) => {
    const [before, after] = [third, last].map((of) => spreadOf(of.map((one) => one[what])).median) as [number, number];
    return after - before > MAY_GROW[what] ? [`${name}: ${what} ${before} → ${after}, which grows by more than ${MAY_GROW[what]}`] : [];
  });
}

function lastOf({ name, held }: Kept): string {
  return `${name} ${wordsOf(held.at(-1) as Held)}`;
}

function wordsOf({ heapKib, residentKib, descriptors, timers }: Held): string {
  return `${heapKib} KiB of heap, ${residentKib} resident, ${descriptors} descriptors, ${timers} timers`;
}
