import { FairQueue, type Waiter } from './fair-queue';
import { type Coming, type KnownInstance, KnownInstances } from './known-instances';
import type { SlotsNews } from './slots-news';

/** Where a request may go. */
export interface Seat {
  /** Absent where nothing is known: the load balancer chooses. */
  readonly instance?: Pick<KnownInstance, 'id' | 'cookie'>;
  /** No instance but outdated ones is known, and this one is to take it. */
  readonly insists?: boolean;
  /** It has served, or is not needed: it leads to no slot any more. */
  readonly over: boolean;
  /** The instance has answered, or nothing was sent to it: from here on its own news counts. Again does nothing. */
  settle(): void;
}

/** A request that needs a slot. */
export interface Seeker extends Waiter {
  /** May be called at once. */
  place(seat: Seat): void;
  /** The queue is full, and others have waited for less. */
  turnAway(): void;
}

/** How long an instance is shunned, in milliseconds. */
const SHUNNED_MS = 2_000;

/**
 * The slots of one server as one gateway sees them: seats where there is room, and a queue where there is none. It keeps no time and
 * sends nothing: who calls it does, in production and in the simulation.
 */
export class ServerCapacity {
  private readonly instances = new KnownInstances();
  private readonly queue: FairQueue<Seeker>;

  /**
   * @param limit most that wait
   * @param random from 0 to below 1
   * @param now milliseconds since the epoch
   * @param mayBeNone whether there may be no instance, asked each time: then nothing is sent before one is known
   */
  constructor(
    limit: number,
    private readonly random: () => number,
    private readonly now: () => number,
    private readonly mayBeNone: () => boolean = () => false,
  ) {
    this.queue = new FairQueue(limit);
  }

  /** Whether the instances that are known are on their way out: there must be others, or will be. */
  get isOutdated(): boolean {
    return this.instances.size > 0 && !this.instances.hasCurrent;
  }

  /** Those that are known. */
  get known(): Iterable<KnownInstance> {
    return this.instances.all;
  }

  get knowsNone(): boolean {
    return this.instances.size === 0;
  }

  get waiting(): number {
    return this.queue.size;
  }

  isKnown(id: string): boolean {
    return this.instances.get(id) !== undefined;
  }

  /** Whether a request would have to wait. */
  get isFull(): boolean {
    const isKnown = this.instances.size > 0 || this.mayBeNone();
    return this.queue.size > 0 || (isKnown && !this.instances.hasRoom(this.now()));
  }

  /** Gives a seat at once, or when it is the seeker's turn. */
  seek(seeker: Seeker): void {
    if (this.queue.size === 0) {
      const seat = this.seat();
      if (seat !== undefined) {
        this.queue.even();
        seeker.place(seat);
        return;
      }
    }
    this.queue.push(seeker)?.turnAway();
  }

  /** For one whose seat was gone when it came: it is the next of its agent. */
  seekAgain(seeker: Seeker): void {
    this.queue.putBack(seeker);
    this.fill();
  }

  /** It waits no more; false when it did not. */
  leave(seeker: Seeker): boolean {
    return this.queue.delete(seeker);
  }

  hear(id: string, news: SlotsNews, cookie?: string): void {
    this.instances.hear(id, news, this.now(), cookie);
    this.fill();
  }

  /** It does not answer any more under its cookie. */
  forget(id: string): void {
    this.instances.forget(id);
    this.fill();
  }

  /** Nobody has asked for a while: of a server that may have no instance, what was known then may be gone. */
  lookAnew(): void {
    if (this.queue.size > 0 || !this.mayBeNone()) return;
    for (const { id } of [...this.instances.all]) this.instances.forget(id);
  }

  /** Nothing new is begun there for a while. An instance that opens nothing is the emptiest, and would draw everything. */
  shun(id: string): void {
    const instance = this.instances.get(id);
    if (instance !== undefined) instance.shunnedUntil = this.now() + SHUNNED_MS;
  }

  /** What was begun there was to blame, and not the instance. */
  forgive(id: string): void {
    const instance = this.instances.get(id);
    if (instance === undefined) return;
    instance.shunnedUntil = 0;
    this.fill();
  }

  private fill(): void {
    while (this.queue.size > 0) {
      const seat = this.seat();
      if (seat === undefined) return;
      this.queue.shift()?.place(seat);
    }
  }

  private seat(): Seat | undefined {
    const instance = this.instances.choose(this.random, this.now());
    if (instance === undefined) return this.instances.size === 0 && !this.mayBeNone() ? ANYWHERE : undefined;
    const seat = new HeldSeat(instance, this.now(), () => this.fill());
    instance.coming.add(seat);
    return seat;
  }
}

class HeldSeat implements Seat, Coming {
  over = false;
  readonly insists: boolean;

  constructor(
    readonly instance: KnownInstance,
    readonly since: number,
    private readonly onSettled: () => void,
  ) {
    this.insists = instance.news.state === 'outdated';
  }

  settle(): void {
    if (this.over) return;
    this.over = true;
    this.instance.coming.delete(this);
    this.onSettled();
  }
}

const ANYWHERE: Seat = { over: false, settle: () => undefined };
