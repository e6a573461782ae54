import { gatewaySteps } from './gateway-steps';
import { violation } from './invariants';
import { PROTOCOL, type Protocol } from './protocol';
import { deaths, janitorSteps, personSteps, serverSteps } from './surroundings';
import { begin, type Claimant, callsKey, keyOf, rowKey, type World } from './world';
import { arrivals, type Step } from './write';

export interface Exploration {
  /** Different moments that some history reaches. */
  readonly states: number;
  readonly steps: number;
  /** The first thing that must not be, and the shortest history that leads there. */
  readonly violation?: { readonly what: string; readonly history: readonly string[] };
}

export interface Bounds {
  /** Digest of each claimant's arguments. */
  readonly digests: readonly string[];
  /** Writes that may fail, be repeated or arrive late. */
  readonly faults: number;
  /** Whether a person may settle what is unknown; default false. */
  readonly person?: boolean;
  /** Whether the janitor comes by; default false. */
  readonly janitor?: boolean;
}

interface Found {
  readonly world: World;
  readonly from: Found | undefined;
  readonly by: string;
}

/** Visits every moment that any history within the bounds can reach, the nearest first. */
export function explore({ digests, faults, person = false, janitor = false }: Bounds, protocol: Protocol = PROTOCOL): Exploration {
  const first: Found = { world: begin(digests, faults), from: undefined, by: '' };
  const seen = new Set([keyOf(first.world)]);
  const queue = [first];
  const ways = new Set<string>();
  let steps = 0;
  for (let next = 0; next < queue.length; next++) {
    const found = queue[next] as Found;
    const what = violation(found.world) ?? deadEnd(found.world, protocol, ways);
    if (what !== undefined) return { states: seen.size, steps, violation: { what, history: historyOf(found) } };
    for (const [by, world] of stepsFrom(found.world, protocol, { person, janitor })) {
      steps++;
      const key = keyOf(world);
      if (seen.has(key)) continue;
      seen.add(key);
      queue.push({ world, from: found, by });
    }
  }
  return { states: seen.size, steps };
}

function* stepsFrom(world: World, protocol: Protocol, { person, janitor }: Pick<Bounds, 'person' | 'janitor'>): Generator<Step> {
  for (let index = 0; index < world.claimants.length; index++) {
    yield* gatewaySteps(world, index, protocol);
    yield* serverSteps(world, index);
  }
  yield* arrivals(world);
  if (janitor) yield* janitorSteps(world, protocol);
  if (!person) return;
  yield* deaths(world);
  yield* personSteps(world, protocol);
}

/**
 * Whoever asks again after everybody else has died must come to an outcome: he is told one, or that nobody can tell, or
 * may run the call himself.
 * @param ways what is known to lead on
 */
function deadEnd({ row, claimants, calls }: World, protocol: Protocol, ways: Set<string>): string | undefined {
  const key = rowKey(row) + callsKey(calls) + claimants.map(({ fence }) => fence).join();
  if (ways.has(key)) return undefined;
  const digest = row?.digest ?? 'x';
  const asks = calls.length;
  const left: World = {
    row,
    claimants: [...claimants.map(({ fence }) => ({ at: 'crashed', digest, fence }) as const), { at: 'start', digest, fence: String(asks) }],
    calls: [...calls, { at: 'unsent', executed: 0 }],
    late: [],
    faults: 0,
  };
  const seen = new Set([keyOf(left)]);
  const queue = [left];
  for (const world of queue) {
    const { at, told } = world.claimants[asks] as Claimant;
    const settled = world.row?.state !== 'claimed' && world.row?.state !== 'sent';
    if (at === 'own' || at === 'send' || (told !== undefined && settled)) {
      ways.add(key);
      return undefined;
    }
    for (const [, after] of gatewaySteps(world, asks, protocol)) {
      if (seen.has(keyOf(after))) continue;
      seen.add(keyOf(after));
      queue.push(after);
    }
  }
  return 'nobody who asks again comes to an outcome';
}

function historyOf(found: Found): readonly string[] {
  const history: string[] = [];
  for (let at: Found | undefined = found; at?.from !== undefined; at = at.from) history.unshift(at.by);
  return history;
}
