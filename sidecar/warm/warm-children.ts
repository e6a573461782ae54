import { NOBODY } from '../budget';
import type { Cancel, Clock } from '../clock';
import type { Conversation } from '../conversation';
import type { Limits } from '../limits';
import type { Logger } from '../log';
import { type Ahead, type SupplyEvents, WarmPool } from './pool';

/** One child is as good as another: nothing was said to it. */
const CHILD = 'child';

/**
 * Children of a stdio server that were started before anybody has asked for one, and have answered a ping. Servers that end when they hear
 * one before `initialize` (older ones on rmcp) are not asked again: theirs count as ready once they have run for a moment.
 */
export class WarmChildren {
  readonly #pool: WarmPool<Conversation>;
  /** Those of which it is not known yet whether they run, and what waits for it. */
  readonly #unready = new Map<Conversation, Cancel>();
  #asks = true;

  /** @param start starts a child that is nobody's */
  constructor(
    ahead: Ahead,
    private readonly start: () => Conversation,
    private readonly clock: Clock,
    private readonly limits: Limits,
    log: Logger,
  ) {
    const supply = {
      wanted: (most: number) => new Map([[CHILD, most]]),
      begin: (_kind: string, on: SupplyEvents) => this.#begin(on),
      end: (child: Conversation) => {
        this.#letGo(child);
        child.stop();
      },
    };
    this.#pool = new WarmPool(ahead, supply, clock, limits, log);
  }

  /** Children that are ready. */
  get count(): number {
    return this.#pool.ready.length;
  }

  /** Children that run, or begin to. */
  get size(): number {
    return this.#pool.size;
  }

  get isSettled(): boolean {
    return this.#pool.isSettled;
  }

  take(): Conversation | undefined {
    const child = this.#pool.take(CHILD);
    if (child === undefined) return undefined;
    this.#pool.noteGood();
    if (this.#asks) this.#askAgain(child);
    return child;
  }

  /** One that has just been started is nearer than a new one. */
  takeUnready(): Conversation | undefined {
    const child = this.#pool.takeUnready(CHILD);
    if (child !== undefined) this.#letGo(child);
    return child;
  }

  close(): void {
    this.#pool.close();
  }

  reviewSoon(): void {
    this.#pool.reviewSoon();
  }

  review(): void {
    this.#pool.review();
  }

  #begin(on: SupplyEvents): Conversation {
    const child = this.start();
    const ready = () => {
      if (this.#letGo(child)) on.onReady();
    };
    const giveUp = () => {
      child.stop();
      on.onLost('a child did not answer a ping in time');
    };
    const { initialize, warmQuiet } = this.limits;
    this.#unready.set(child, this.#asks ? this.clock.after(initialize, giveUp) : this.clock.after(warmQuiet, ready));
    child.belongTo(NOBODY, () => {
      if (this.#letGo(child)) this.#asks = !this.#asks;
      on.onLost('a child has ended before anybody was given it');
    });
    if (this.#asks) child.ping(ready);
    return child;
  }

  /** It may hang since it was asked. It is asked before what it is given, so that nobody waits for the answer of one that does not. */
  #askAgain(child: Conversation): void {
    child.ping(this.clock.after(this.limits.warmAnswer, () => child.giveUp()));
  }

  /** @returns whether it was waited for */
  #letGo(child: Conversation): boolean {
    this.#unready.get(child)?.();
    return this.#unready.delete(child);
  }
}
