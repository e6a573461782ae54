import type { Waiter } from './fair-queue';

/** Whose a place is, and how much it counts. */
export type Guest = Waiter;

/**
 * What an agent may hold for each place that is still free (dynamic thresholds, Choudhury and Hahne 1998), if nobody of more weight holds
 * any: alone, four fifths of all.
 */
const SHARE_OF_FREE = 4;
/** Of so many places one is kept for agents that hold none, so that a few who take what they get do not shut out who comes next. */
const KEPT_ONE_IN = 100;

interface Own<T> {
  readonly places: Set<T>;
  /** As it was told last. */
  weight: number;
}

/**
 * Places that are held for a while, as those of a queue are waited for: where agents want more than there are, each has its share by weight. Sets of
 * what is there, so that no exit can leave a count behind.
 */
export class FairRoom<T> {
  readonly taken = new Set<T>();
  private readonly byAgent = new Map<string, Own<T>>();
  /** Agents that hold places, by their weight: there are no more weights than an operator may give. */
  private readonly weights = new Map<number, number>();

  private readonly kept: number;

  /** @param limit most places that are held */
  constructor(private readonly limit: number) {
    this.kept = Math.floor(limit / KEPT_ONE_IN);
  }

  /** Places of one agent. */
  of(agent: string): ReadonlySet<T> {
    return this.byAgent.get(agent)?.places ?? NONE;
  }

  /** @returns what stands in its way: all places are held, or the agent has its share of them; undefined when it has entered */
  enter(place: T, { agent, weight }: Guest): 'full' | 'share' | undefined {
    const free = this.limit - this.taken.size;
    if (free <= 0) return 'full';
    const own = this.of(agent).size;
    if (own >= (SHARE_OF_FREE * free * weight) / this.heaviest(weight) || (own > 0 && free <= this.kept)) return 'share';
    this.ownOf(agent, weight).places.add(place);
    this.taken.add(place);
    return undefined;
  }

  leave(place: T, agent: string): void {
    const own = this.byAgent.get(agent);
    if (own === undefined || !own.places.delete(place)) return;
    this.taken.delete(place);
    if (own.places.size > 0) return;
    this.byAgent.delete(agent);
    this.count(own.weight, -1);
  }

  private ownOf(agent: string, weight: number): Own<T> {
    const known = this.byAgent.get(agent);
    if (known?.weight === weight) return known;
    if (known !== undefined) this.count(known.weight, -1);
    this.count(weight, 1);
    const own = known ?? { places: new Set<T>(), weight };
    own.weight = weight;
    this.byAgent.set(agent, own);
    return own;
  }

  private count(weight: number, by: number): void {
    const agents = (this.weights.get(weight) ?? 0) + by;
    if (agents === 0) this.weights.delete(weight);
    else this.weights.set(weight, agents);
  }

  private heaviest(weight: number): number {
    let heaviest = weight;
    for (const other of this.weights.keys()) heaviest = Math.max(heaviest, other);
    return heaviest;
  }
}

const NONE: ReadonlySet<never> = new Set();
