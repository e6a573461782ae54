/** Somebody who waits for a slot. */
export interface Waiter {
  /** agentId: whose turn it is goes by agents, not by who asks more often. */
  readonly agent: string;
  /** Slots that the agent gets for each one of an agent of weight 1. */
  readonly weight: number;
}

interface Line<T> {
  readonly waiters: T[];
  /** Of its latest waiter. */
  weight: number;
  /** Virtual moment of the agent's next turn. */
  turn: number;
}

/**
 * Waiters of many agents: first in, first out for each, and by weight among them (start-time fair queueing, Goyal et al. 1996). An agent
 * that comes back has saved nothing up. Bounded: in a full queue a newcomer takes the place of the last waiter of the agent that has the
 * most for its weight, unless that is its own.
 */
export class FairQueue<T extends Waiter> {
  private readonly lines = new Map<string, Line<T>>();
  /** Virtual moment of the latest turn. */
  private now = 0;
  private count = 0;

  /** @param limit most that wait */
  constructor(private readonly limit: number) {}

  get size(): number {
    return this.count;
  }

  /** @returns who has to leave for it: another, the newcomer itself, or nobody */
  push(waiter: T): T | undefined {
    const leaves = this.count < this.limit ? undefined : this.makeRoomFor(waiter);
    if (leaves !== waiter) this.lineOf(waiter).waiters.push(waiter);
    this.count = this.count + (leaves === undefined ? 1 : 0);
    return leaves;
  }

  /** Takes a waiter back that had its turn in vain; its agent pays for one turn only. */
  putBack(waiter: T): void {
    const line = this.lineOf(waiter);
    line.waiters.unshift(waiter);
    line.turn -= 1 / waiter.weight;
    this.count++;
  }

  /** The one whose turn it is. */
  shift(): T | undefined {
    const line = this.nextLine();
    const waiter = line?.waiters.shift();
    if (line === undefined || waiter === undefined) return undefined;
    this.now = Math.max(this.now, line.turn);
    line.turn += 1 / waiter.weight;
    this.count--;
    return waiter;
  }

  /** False when it does not wait here. */
  delete(waiter: T): boolean {
    const line = this.lines.get(waiter.agent);
    const at = line?.waiters.indexOf(waiter) ?? -1;
    if (line === undefined || at < 0) return false;
    line.waiters.splice(at, 1);
    this.count--;
    return true;
  }

  /** There is enough for all, and nobody waits: who was ahead of others is so no more, and nothing is kept of those that came and went. */
  even(): void {
    if (this.count === 0) this.lines.clear();
  }

  private lineOf({ agent, weight }: T): Line<T> {
    const known = this.lines.get(agent);
    if (known !== undefined) {
      known.turn = Math.max(known.turn, this.now);
      known.weight = weight;
      return known;
    }
    const line = { waiters: [], weight, turn: this.now };
    this.lines.set(agent, line);
    return line;
  }

  /** An agent of whom nobody waits is kept until the turn has passed that it has had ahead of the others. */
  private nextLine(): Line<T> | undefined {
    let next: Line<T> | undefined;
    for (const [agent, line] of this.lines) {
      if (line.waiters.length > 0 && (next === undefined || line.turn < next.turn)) next = line;
      else if (line.waiters.length === 0 && line.turn <= this.now) this.lines.delete(agent);
    }
    return next;
  }

  private makeRoomFor(newcomer: T): T {
    let longest: Line<T> | undefined;
    for (const line of this.lines.values()) if (loadOf(line) > (longest === undefined ? 0 : loadOf(longest))) longest = line;
    const own = this.lines.get(newcomer.agent)?.waiters.length ?? 0;
    // One more of its own would make it the longest itself.
    if (longest === undefined || loadOf(longest) <= (own + 1) / newcomer.weight) return newcomer;
    return longest.waiters.pop() as T;
  }
}

function loadOf({ waiters, weight }: Line<Waiter>): number {
  return waiters.length / weight;
}
