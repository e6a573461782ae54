import type { ScalingPolicy } from './scaling-policy';
import type { SimulatedFleet } from './simulated-fleet';
import type { Timeline } from './timeline';

/** The instances of a server as ECS keeps them: as many as scaling says, but none that holds a session is taken away. */
export class SimulatedService {
  desired: number;
  private starting = 0;
  /** Instances by time, those that start included: they are paid for. */
  private instanceMs = 0;
  private countedAt = 0;

  constructor(
    private readonly fleet: SimulatedFleet,
    private readonly policy: ScalingPolicy,
    /** That of the policy. */
    private readonly time: Timeline,
    private readonly bounds: { readonly min: number; readonly max: number },
    private readonly startMs: number,
  ) {
    this.desired = bounds.min;
  }

  /** Those that start included. */
  get count(): number {
    return this.running + this.starting;
  }

  get running(): number {
    return this.fleet.instances.length;
  }

  /** Instances on average until now. */
  get mean(): number {
    this.countTime();
    return this.instanceMs / this.time.now;
  }

  review(): void {
    const scaled = { capacity: this.desired, isFulfilled: this.running >= this.desired, bounds: this.bounds };
    this.desired = this.policy.desired(this.time.now, scaled);
    this.countTime();
    while (this.count < this.desired) this.start();
    const idle = this.fleet.instances.filter(({ inUse }) => inUse === 0);
    for (const instance of idle.slice(0, Math.max(0, this.running - this.desired))) this.fleet.remove(instance);
  }

  private start(): void {
    this.starting++;
    this.fleet.agenda.in(this.startMs, () => {
      this.starting--;
      this.fleet.add();
    });
  }

  private countTime(): void {
    const { now } = this.time;
    this.instanceMs += this.count * (now - this.countedAt);
    this.countedAt = now;
  }
}
