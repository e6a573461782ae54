import { KEPT_PERCENT } from '../metrics';
import { cpuOfSession } from './load-profile';
import { MetricLog } from './metric-log';
import type { Outcome } from './outcome';
import { bringOn, type ServerLoad } from './recorded-load';
import type { PolicyOf } from './scaling-policy';
import { seeded } from './seeded';
import { ROUND_TRIP, SimulatedFleet } from './simulated-fleet';
import { SimulatedService } from './simulated-service';
import type { SizedServer } from './sized-server';
import { type Standing, Tally } from './tally';
import { faster, type Timeline } from './timeline';
import type { Wanted } from './workforce';

/** How often instances and gateways tell of themselves, in milliseconds. */
const PULSE = 10_000;
const MINUTE = 60_000;
const PULSES_OF_MINUTE = MINUTE / PULSE;
const HOUR = 60 * MINUTE;
/** Chance in placement is not the chance in the load. */
const PLACEMENT = 0x5eed;

/** A load that comes to a server which scales by a policy. Its time is that of an agenda: a day takes seconds. */
export class Simulation {
  private readonly time: Timeline;
  private readonly tally = new Tally();
  private readonly metrics = new MetricLog();
  private readonly fleet: SimulatedFleet;
  private readonly service: SimulatedService;
  private readonly random: () => number;
  private refusedBefore = 0;
  private pulses = 0;

  constructor(
    private readonly server: SizedServer,
    private readonly load: ServerLoad,
    policyOf: PolicyOf,
    /** How much faster than in AWS the load and its scaling are, as in a local account; the network, the queue and a start are not. */
    private readonly speed = 1,
  ) {
    const { slots, min: instances, gateways, queue, startSeconds } = server;
    const mayBeNone = instances === 0;
    this.random = seeded(load.seed ^ PLACEMENT);
    this.fleet = new SimulatedFleet(this.random, {
      instances,
      slots,
      gateways,
      queue: queue.length,
      patience: queue.seconds * 1_000,
      mayBeNone,
    });
    this.time = faster(this.fleet.agenda, speed);
    this.service = new SimulatedService(this.fleet, policyOf(this.metrics), this.time, server, startSeconds * 1_000);
    bringOn(load, this.time, (wanted) => this.open(wanted));
    this.time.every(PULSE, () => this.pulse());
  }

  /** From 0 to 1. */
  get progress(): number {
    return this.fleet.agenda.now / this.end;
  }

  /** Lets some minutes pass. @returns false at the end */
  advance(minutes: number): boolean {
    const { agenda } = this.fleet;
    agenda.run(Math.min(agenda.now + (minutes * MINUTE) / this.speed, this.end));
    return this.progress < 1;
  }

  outcome(): Outcome {
    return this.tally.outcome(this.service.mean);
  }

  private get end(): number {
    return (this.load.hours * HOUR) / this.speed;
  }

  private open({ agent, weight, length, over }: Wanted): void {
    const { tally, time } = this;
    tally.seek(weight);
    this.fleet.open(Math.floor(this.random() * this.server.gateways), {
      agent,
      weight,
      opened: (waited, close) => {
        tally.opened(waited - ROUND_TRIP, weight);
        time.in(length, () => {
          close();
          tally.closed();
          over();
        });
      },
      refused: () => {
        tally.refuse(weight);
        time.in(length, over);
      },
    });
  }

  private pulse(): void {
    const { now } = this.time;
    const standing = this.standing();
    const refused = this.tally.refused - this.refusedBefore;
    // Where no instance runs, none tells of itself, and gateways of those who wait for the first.
    if (this.service.running === 0 && standing.waiting + refused > 0) this.metrics.record('SlotUtilization', now, KEPT_PERCENT);
    if (this.service.running > 0) {
      this.metrics.record('SlotUtilization', now, this.toldOfSlots());
      this.metrics.record('CPUUtilization', now, standing.cpu);
    }
    this.metrics.record('QueueDepth', now, standing.waiting);
    this.metrics.record('Rejected', now, refused);
    this.refusedBefore = this.tally.refused;
    this.tally.sample(standing);
    this.service.review();
    this.pulses++;
    if (this.pulses % PULSES_OF_MINUTE === 0) this.tally.endMinute(standing);
  }

  /** Average of what instances say, in percent. */
  private toldOfSlots(): number {
    const { fleet, server } = this;
    const keptMs = ((server.keepIdleSeconds ?? 0) * 1_000) / this.speed;
    const told = fleet.instances.map(({ inUse, capacity, usedAt }) =>
      inUse === 0 && fleet.agenda.now - usedAt < keptMs ? KEPT_PERCENT : (100 * inUse) / capacity,
    );
    return told.reduce((sum, percent) => sum + percent, 0) / told.length;
  }

  private standing(): Standing {
    const { fleet, server, service } = this;
    const sessions = fleet.instances.reduce((sum, { inUse }) => sum + inUse, 0) / Math.max(1, service.running);
    return {
      instances: service.count,
      waiting: fleet.waiting,
      slots: (100 * sessions) / server.slots,
      cpu: Math.min(100, (100 * sessions * cpuOfSession(this.load)) / server.task.vcpu),
    };
  }
}

/** @param speed as {@link Simulation} takes it */
export function simulate(server: SizedServer, load: ServerLoad, policyOf: PolicyOf, speed = 1): Outcome {
  const simulation = new Simulation(server, load, policyOf, speed);
  while (simulation.advance(60));
  return simulation.outcome();
}
