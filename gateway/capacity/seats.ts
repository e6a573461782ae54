import { weightOf } from '../../core/agent-terms';
import { type Seat, ServerCapacity } from '../../core/capacity/server-capacity';
import { readSlots } from '../../core/capacity/slots-news';
import { FleetError } from '../../core/errors';
import { DEFAULT_QUEUE, type FleetConfig } from '../../core/fleet-config';
import { KEPT_PERCENT } from '../../core/metrics';
import type { Decision } from '../../core/policy';
import type { Departure } from '../departure';
import type { Metrics } from '../metrics';
import { Waiting } from './waiting';

export interface SeatsParts {
  readonly config: Pick<FleetConfig, 'servers'>;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A request that needs a slot. */
export interface SlotRequest {
  readonly server: string;
  readonly agentId: string;
  /** Tells the agent's weight; 1 where nothing was decided, as of the gateway's own requests. */
  readonly decision?: Pick<Decision, 'terms'>;
}

export interface SeatPatience {
  /** Moment at which it is given up, in milliseconds since the epoch; default as the server's queue says. */
  readonly until?: number;
  /** Until when somebody waits for it. */
  readonly departure?: Departure;
}

/** How long who got no slot should stay away, in milliseconds. */
const RETRY_AFTER_MS = 5_000;

/** How long a server that nobody needs a slot of is still watched, in milliseconds. */
const DEMAND_MS = 60_000;

/** Seats for requests that need a slot, by server: at once where an instance has room, else in turn. */
export class Seats {
  private readonly servers = new Map<string, ServerCapacity>();
  private readonly soughtAt = new Map<string, number>();
  private readonly heardAt = new Map<string, number>();
  /** Where somebody was refused while no instance was known. */
  private readonly unmet = new Set<string>();
  /** Runs when a slot of a server is needed that nobody has asked for in a while. */
  onDemand: (server: string) => void = () => undefined;

  constructor(
    private readonly parts: SeatsParts,
    private readonly random: () => number = Math.random,
  ) {}

  of(server: string): ServerCapacity {
    const known = this.servers.get(server);
    if (known !== undefined) return known;
    const { length } = this.queueOf(server);
    const mayBeNone = () => this.parts.config.servers[server]?.scalesToZero === true;
    const capacity = new ServerCapacity(length, this.random, this.parts.now, mayBeNone);
    this.servers.set(server, capacity);
    return capacity;
  }

  /** Whether somebody waits for a slot of it, or has asked for one lately. */
  inDemand(server: string): boolean {
    const soughtAt = this.soughtAt.get(server);
    return soughtAt !== undefined && (this.of(server).waiting > 0 || this.parts.now() - soughtAt < DEMAND_MS);
  }

  /** Whether a server may have no instance just now: none is known, or none has said anything lately. */
  mayBeAsleep(server: string): boolean {
    const { config, now } = this.parts;
    if (config.servers[server]?.scalesToZero !== true) return false;
    return this.of(server).knowsNone || now() - (this.heardAt.get(server) ?? 0) >= DEMAND_MS;
  }

  /** Whether who asks for a slot now would have to wait for one. */
  wouldWait(server: string): boolean {
    return this.mayBeAsleep(server) || this.of(server).isFull;
  }

  /**
   * What scaling is told, in percent, while nobody but those who wait can tell it anything: it may have called for the first instance and still hold
   * that the last one was idle. Undefined where there is nothing to tell, or an instance that does.
   */
  takeUtilization(server: string): number | undefined {
    const wasRefused = this.unmet.delete(server);
    if (this.parts.config.servers[server]?.scalesToZero !== true) return undefined;
    const { knowsNone, waiting } = this.of(server);
    return knowsNone && (wasRefused || waiting > 0) ? KEPT_PERCENT : undefined;
  }

  /** What an instance says of its slots with an answer. @param cookie that leads to it, where the answer set one */
  hear(server: string, instance: string, text: string, cookie: string | undefined): void {
    const news = readSlots(text);
    if (news === undefined) return;
    this.heardAt.set(server, this.parts.now());
    this.of(server).hear(instance, news, cookie);
  }

  /** When each was asked for first, in milliseconds since the epoch. */
  private readonly askedAt = new WeakMap<Seat, number>();

  /** @throws FleetError AT_CAPACITY; NOT_DELIVERED when its caller has left */
  find(request: SlotRequest, patience?: SeatPatience): Seat | Promise<Seat> {
    const waiting = this.waitingFor(request);
    this.of(request.server).seek(waiting);
    return this.seatOf(waiting, request.server, this.parts.now(), patience);
  }

  /**
   * For one whose seat was gone when it came: it is the next of its agent, and has waited since it asked first.
   * @throws FleetError as {@link find}
   */
  findAgain(request: SlotRequest, gone: Seat, patience?: SeatPatience): Seat | Promise<Seat> {
    gone.settle();
    const waiting = this.waitingFor(request);
    this.of(request.server).seekAgain(waiting);
    return this.seatOf(waiting, request.server, this.askedAt.get(gone) ?? this.parts.now(), patience);
  }

  /** @param since it was asked for, in milliseconds since the epoch */
  private seatOf(waiting: Waiting, server: string, since: number, patience?: SeatPatience): Seat | Promise<Seat> {
    const note = (seat: Seat): Seat => {
      this.askedAt.set(seat, since);
      return seat;
    };
    return waiting.seat === undefined ? this.wait(waiting, server, since, patience).then(note) : note(waiting.seat);
  }

  private waitingFor({ server, agentId, decision }: SlotRequest): Waiting {
    const quiet = !this.inDemand(server);
    this.soughtAt.set(server, this.parts.now());
    if (quiet) this.of(server).lookAnew();
    if (quiet) this.onDemand(server);
    return new Waiting(agentId, weightOf(decision?.terms), () => this.refusal(server, 'and as many requests wait as may'));
  }

  private async wait(waiting: Waiting, server: string, since: number, { until, departure }: SeatPatience = {}): Promise<Seat> {
    const { now, metrics } = this.parts;
    const capacity = this.of(server);
    const beganAt = now();
    const leave = (error: () => FleetError): void => {
      if (capacity.leave(waiting)) waiting.fail(error());
    };
    const limitMs = (until ?? since + this.queueOf(server).seconds * 1_000) - since;
    const leftMs = Math.max(since + limitMs - beganAt, 0);
    const timer = setTimeout(() => leave(() => this.refusal(server, `and none became free in ${Math.round(limitMs / 1_000)} s`)), leftMs);
    departure?.whenOver(() => leave(() => new FleetError('NOT_DELIVERED', { reason: 'its caller left while it waited for a slot' })));
    try {
      return await waiting.seated();
    } finally {
      clearTimeout(timer);
      metrics.observe(server, 'QueueWait', now() - beganAt);
    }
  }

  private refusal(server: string, because: string): FleetError {
    let [instances, slots] = [0, 0];
    for (const { news } of this.of(server).known) [instances, slots] = [instances + 1, slots + news.capacity];
    if (instances === 0) this.unmet.add(server);
    const reason =
      instances === 0
        ? `no instance of "${server}" is up yet; one is started for those who wait, ${because}`
        : `all ${slots} slots of the ${instances} instances of "${server}" are in use, ${because}`;
    return new FleetError('AT_CAPACITY', { reason, retryAfterMs: RETRY_AFTER_MS });
  }

  private queueOf(server: string): typeof DEFAULT_QUEUE {
    return this.parts.config.servers[server]?.queue ?? DEFAULT_QUEUE;
  }
}
