import { LOOK_MS, looksAtOnce, NEWS_LATER_MS, NEWS_SOON_MS, WATCH_MS } from '../capacity/pace';
import { type Seat, type Seeker, ServerCapacity } from '../capacity/server-capacity';
import type { SlotsNews } from '../capacity/slots-news';
import { Agenda } from './agenda';
import { seeded } from './seeded';

/** One way, in milliseconds. */
const HOP = 5;
/** From a gateway to an instance and back, in milliseconds: what a session that need not wait takes to open. */
export const ROUND_TRIP = 2 * HOP;

export interface SimulatedInstance {
  readonly id: string;
  inUse: number;
  readonly capacity: number;
  /** When a slot was taken or given back last, in milliseconds. */
  usedAt: number;
  /** What was told last, and when the next news leave. */
  told: number;
  tellsAt: number;
  isGone: boolean;
}

export interface SimulatedGateway {
  readonly capacity: ServerCapacity;
  /** Ids of the instances that it listens to. */
  readonly hears: Set<string>;
  lookedAt: number;
}

/** Somebody who opens a session. */
export interface Opening {
  readonly agent: string;
  /** Default 1. */
  readonly weight?: number;
  /** @param waited milliseconds from asking for it until it was open */
  opened(waited: number, close: () => void): void;
  /** The queue is full, or it has waited for too long. */
  refused?(): void;
}

export interface FleetShape {
  readonly instances: number;
  readonly slots: number;
  readonly gateways: number;
  /** Most that wait at one gateway. */
  readonly queue?: number;
  /** How long they wait at most, in milliseconds. */
  readonly patience?: number;
  /** Whether there may come a time without any. */
  readonly mayBeNone?: boolean;
}

/**
 * A server of many instances behind a balancer that goes round, and gateways that place sessions on it with the code that does so in
 * production. What is simulated is what that code hears, and when: the network, the news of instances, the looks for new ones.
 */
export class SimulatedFleet {
  readonly agenda = new Agenda();
  readonly instances: SimulatedInstance[] = [];
  readonly gateways: readonly SimulatedGateway[];
  private readonly byId = new Map<string, SimulatedInstance>();
  private readonly patience: number;
  private readonly slots: number;
  private round = 0;
  /** Of looks alone, so that who comes when does not hang on them. */
  private readonly chance = seeded(1);
  /** Sessions that came to an instance whose last slot was gone. */
  refusals = 0;
  opened = 0;

  /** @param random from 0 to below 1 */
  constructor(
    random: () => number,
    { instances, slots, gateways, queue = 10_000, patience = Number.POSITIVE_INFINITY, mayBeNone = false }: FleetShape,
  ) {
    this.slots = slots;
    this.patience = patience;
    for (let i = 0; i < instances; i++) this.add();
    this.gateways = Array.from({ length: gateways }, () => {
      const gateway = {
        capacity: new ServerCapacity(
          queue,
          random,
          () => this.agenda.now,
          () => mayBeNone,
        ),
        hears: new Set<string>(),
        lookedAt: Number.NEGATIVE_INFINITY,
      };
      this.agenda.in(random() * WATCH_MS, () => {
        this.lookOut(gateway);
        this.agenda.every(WATCH_MS, () => this.lookOut(gateway));
      });
      return gateway;
    });
  }

  get waiting(): number {
    return this.gateways.reduce((sum, { capacity }) => sum + capacity.waiting, 0);
  }

  add(): void {
    const id = `i${this.byId.size}`;
    const instance = {
      id,
      inUse: 0,
      capacity: this.slots,
      usedAt: this.agenda.now,
      told: 0,
      tellsAt: Number.POSITIVE_INFINITY,
      isGone: false,
    };
    this.instances.push(instance);
    this.byId.set(id, instance);
  }

  /** One that holds nothing; gateways hear that it closes. */
  remove(instance: SimulatedInstance): void {
    instance.isGone = true;
    this.instances.splice(this.instances.indexOf(instance), 1);
    for (const { capacity, hears } of this.gateways) {
      this.agenda.in(HOP, () => {
        hears.delete(instance.id);
        capacity.forget(instance.id);
      });
    }
  }

  open(at: number, opening: Opening): void {
    const { capacity } = this.gateways[at] as SimulatedGateway;
    const since = this.agenda.now;
    // Placed, or refused.
    let isSettled = false;
    const refuse = (): void => {
      isSettled = true;
      opening.refused?.();
    };
    const wait = (): void => {
      if (isSettled || this.patience === Number.POSITIVE_INFINITY) return;
      this.agenda.at(Math.max(this.agenda.now, since + this.patience), () => {
        if (capacity.leave(seeker)) refuse();
      });
    };
    const seeker: Seeker = {
      agent: opening.agent,
      weight: opening.weight ?? 1,
      turnAway: refuse,
      place: (seat) => {
        isSettled = true;
        this.send(seat, capacity, (close) => {
          if (close !== undefined) return opening.opened(this.agenda.now - since, close);
          isSettled = false;
          capacity.seekAgain(seeker);
          wait();
        });
      },
    };
    capacity.seek(seeker);
    wait();
  }

  /** There and back. @param answered with what closes the session; with nothing where the last slot was gone when it came */
  private send(seat: Seat, capacity: ServerCapacity, answered: (close?: () => void) => void): void {
    // Who does not know any where there may be none is given no seat.
    const instance =
      seat.instance === undefined ? (this.next() as SimulatedInstance) : (this.byId.get(seat.instance.id) as SimulatedInstance);
    this.agenda.in(HOP, () => {
      const isOpen = !instance.isGone && instance.inUse < instance.capacity;
      if (isOpen) this.change(instance, 1);
      const news = newsOf(instance);
      this.agenda.in(HOP, () => {
        if (!instance.isGone) capacity.hear(instance.id, news, instance.id);
        seat.settle();
        if (isOpen) this.opened++;
        else this.refusals++;
        answered(isOpen ? () => this.change(instance, -1) : undefined);
      });
    });
  }

  private lookOut(gateway: SimulatedGateway): void {
    const { now } = this.agenda;
    if (gateway.capacity.waiting === 0 && now - gateway.lookedAt < LOOK_MS) return;
    gateway.lookedAt = now;
    const known = gateway.hears.size;
    for (let looks = looksAtOnce(known, this.chance); looks > 0; looks--) this.look(gateway);
  }

  private look(gateway: SimulatedGateway): void {
    const instance = this.next();
    if (instance === undefined) return;
    this.agenda.in(ROUND_TRIP, () => this.tellOne(gateway, instance));
    if (!gateway.hears.has(instance.id)) {
      gateway.hears.add(instance.id);
      this.agenda.in(ROUND_TRIP, () => this.look(gateway));
    }
  }

  /** Undefined where there is none. */
  private next(): SimulatedInstance | undefined {
    return this.instances[this.round++ % this.instances.length];
  }

  private tellOne({ capacity }: SimulatedGateway, instance: SimulatedInstance): void {
    if (!instance.isGone) capacity.hear(instance.id, newsOf(instance), instance.id);
  }

  private change(instance: SimulatedInstance, by: number): void {
    instance.inUse += by;
    instance.usedAt = this.agenda.now;
    const flips = instance.inUse >= instance.capacity !== instance.told >= instance.capacity;
    const at = this.agenda.now + (flips ? NEWS_SOON_MS : NEWS_LATER_MS);
    if (instance.tellsAt <= at) return;
    instance.tellsAt = at;
    this.agenda.at(at, () => {
      if (instance.tellsAt === at) this.tellAll(instance);
    });
  }

  private tellAll(instance: SimulatedInstance): void {
    instance.tellsAt = Number.POSITIVE_INFINITY;
    instance.told = instance.inUse;
    const news = newsOf(instance);
    this.agenda.in(HOP, () => {
      if (instance.isGone) return;
      for (const { capacity, hears } of this.gateways) if (hears.has(instance.id)) capacity.hear(instance.id, news, instance.id);
    });
  }
}

function newsOf({ inUse, capacity }: SimulatedInstance): SlotsNews {
  return { inUse, capacity, state: 'open' };
}
