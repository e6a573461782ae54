import type { Cancel, Clock } from '../clock';
import type { Limits } from '../limits';
import type { Logger } from '../log';
import { Allowance } from './allowance';
import { Setbacks } from './setbacks';

/** How much is kept ready ahead on an instance, and how much may be. */
export interface Ahead {
  readonly size: number;
  /** Slots that are free now; none where nothing new shall begin. */
  readonly room: () => number;
}

/** Where a pool takes from what it keeps. */
export interface Supply<T> {
  /** How many of each kind are wanted, most wanted first. @param most of them together */
  wanted(most: number): ReadonlyMap<string, number>;
  /** Begins one; nothing is heard of it before it has returned. */
  begin(kind: string, on: SupplyEvents): T;
  /** Ends one that nobody was given. */
  end(item: T): void;
}

export interface SupplyEvents {
  readonly onReady: () => void;
  /** It is gone, or will never be ready. */
  readonly onLost: (why: string) => void;
  /** The server runs, and does not give what is wanted. */
  readonly onRefused: (why: string) => void;
}

interface Entry<T> {
  readonly kind: string;
  readonly item: T;
  /** Milliseconds since the epoch; undefined while it is being made ready. */
  readySince?: number;
}

/**
 * Keeps things ready before anybody asks for them. Each is given once and never comes back. What is kept and what is in use have no more
 * than the instance's slots together; one is made ready at a time, not in the moment in which another is taken; and no more than were
 * asked for, beside the first and a few with time: who asks for one kind after another does not make the server open many.
 */
export class WarmPool<T> {
  /** Oldest first. */
  readonly #entries: Entry<T>[] = [];
  readonly #allowance: Allowance;
  readonly #setbacks: Setbacks;
  readonly #settlesBy: number;
  #isSettled = false;
  #isClosed = false;
  #wake?: { readonly at: number; readonly cancel: Cancel };

  constructor(
    private readonly ahead: Ahead,
    private readonly supply: Supply<T>,
    private readonly clock: Clock,
    private readonly limits: Limits,
    log: Logger,
  ) {
    this.#allowance = new Allowance(ahead.size, limits.warmEarned, clock);
    this.#setbacks = new Setbacks(clock, limits, log);
    this.#settlesBy = clock.now() + limits.warmBaseline;
  }

  /** How many there are, ready or not. */
  get size(): number {
    return this.#entries.length;
  }

  get ready(): T[] {
    return this.#entries.filter(isReady).map(({ item }) => item);
  }

  /** Whether all that is wanted was ready once, cannot be had, or was waited for as long as may be. */
  get isSettled(): boolean {
    if (this.clock.now() >= this.#settlesBy) this.#settle();
    return this.#isSettled;
  }

  /** Gives away the oldest one that is ready. */
  take(kind: string): T | undefined {
    this.#allowance.earn();
    this.reviewSoon();
    return this.#remove((entry) => entry.kind === kind && isReady(entry));
  }

  /** What was taken is good: whatever went wrong before is over. */
  noteGood(): void {
    this.#setbacks.clear();
  }

  /** Gives away the one that is being made ready: it is nearer than a new one. */
  takeUnready(kind: string): T | undefined {
    return this.#remove((entry) => entry.kind === kind);
  }

  /** Ends all of them: they cannot be relied on. */
  discard(why: string): void {
    this.#end(() => true);
    this.#setbacks.note(why);
    this.reviewSoon();
  }

  /** Ends all of them, and begins none any more. */
  close(): void {
    this.#isClosed = true;
    this.review();
  }

  /** For whatever has changed, once that is done for which it has. */
  reviewSoon(): void {
    this.#wakeAt(this.clock.now() + this.limits.warmPause);
  }

  /** Ends what is too old or too much, and begins one where one is wanting. */
  review(): void {
    this.#wake?.cancel();
    this.#wake = undefined;
    const room = this.#isClosed ? 0 : Math.max(0, Math.min(this.ahead.size, this.ahead.room()));
    const wanted = this.supply.wanted(room);
    if (this.#endAged() > 0) this.#setbacks.clear();
    this.#endSurplus(wanted);
    if (!this.#entries.every(isReady)) return;
    const [kind] = [...wanted].find(([its, count]) => this.#count(its) < count) ?? [];
    if (kind !== undefined) this.#beginInTime(kind);
    else if (room > 0) this.#settle();
  }

  #count(kind: string): number {
    return this.#entries.filter((entry) => entry.kind === kind).length;
  }

  #endAged(): number {
    const before = this.clock.now() - this.limits.warmAge;
    return this.#end(({ readySince = Number.POSITIVE_INFINITY }) => readySince <= before);
  }

  /** Of too many, the oldest go. */
  #endSurplus(wanted: ReadonlyMap<string, number>): void {
    const left = new Map(wanted);
    const kept = this.#entries.toReversed().filter(({ kind }) => {
      const count = left.get(kind) ?? 0;
      left.set(kind, count - 1);
      return count > 0;
    });
    this.#end((entry) => !kept.includes(entry));
  }

  /** @returns how many */
  #end(fits: (entry: Entry<T>) => boolean): number {
    const ended = this.#entries.filter(fits);
    for (const entry of ended) {
      this.#remove((other) => other === entry);
      this.supply.end(entry.item);
    }
    return ended.length;
  }

  #remove(fits: (entry: Entry<T>) => boolean): T | undefined {
    const at = this.#entries.findIndex(fits);
    return at < 0 ? undefined : this.#entries.splice(at, 1)[0]?.item;
  }

  #beginInTime(kind: string): void {
    const at = Math.max(this.#setbacks.notBefore, this.#allowance.readyAt);
    if (at > this.clock.now()) this.#wakeAt(at);
    else this.#begin(kind);
  }

  #begin(kind: string): void {
    this.#allowance.spend();
    try {
      const item = this.supply.begin(kind, {
        onReady: () => this.#noteReady(entry),
        onLost: (why) => this.#noteLost(entry, why),
        onRefused: (why) => this.#noteRefused(entry, why),
      });
      const entry: Entry<T> = { kind, item };
      this.#entries.push(entry);
    } catch (error) {
      this.#setbacks.note((error as Error).message);
      this.reviewSoon();
    }
  }

  #noteReady(entry: Entry<T>): void {
    if (!this.#entries.includes(entry)) return;
    entry.readySince = this.clock.now();
    this.review();
  }

  #noteLost(entry: Entry<T>, why: string): void {
    if (this.#remove((other) => other === entry) === undefined) return;
    this.#setbacks.note(why);
    this.reviewSoon();
  }

  #noteRefused(entry: Entry<T>, why: string): void {
    if (!this.#entries.includes(entry)) return;
    this.#noteLost(entry, why);
    this.#settle();
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#setbacks.endPatience();
  }

  /** One timer is enough: whatever it was set for is looked at again. */
  #wakeAt(at: number): void {
    if (this.#wake !== undefined && this.#wake.at <= at) return;
    this.#wake?.cancel();
    this.#wake = { at, cancel: this.clock.after(at - this.clock.now(), () => this.review()) };
  }
}

function isReady({ readySince }: { readonly readySince?: number }): boolean {
  return readySince !== undefined;
}
