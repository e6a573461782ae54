import { type Minute, type Outcome, waitsOf } from './outcome';

/** How a server stands at a moment. */
export interface Standing {
  /** Those that start included. */
  readonly instances: number;
  readonly waiting: number;
  /** Percent. */
  readonly slots: number;
  /** Percent. */
  readonly cpu: number;
}

/** Counts what becomes of a load. */
export class Tally {
  sought = 0;
  refused = 0;
  private readonly waits: number[] = [];
  private open = 0;
  private peak = 0;
  private samples = 0;
  private readonly sums = { slots: 0, cpu: 0 };
  private readonly minutes: Minute[] = [];
  private refusedBefore = 0;

  /** @param waited in the queue, in milliseconds */
  opened(waited: number): void {
    this.waits.push(waited);
    this.open++;
    this.peak = Math.max(this.peak, this.open);
  }

  closed(): void {
    this.open--;
  }

  sample({ slots, cpu }: Standing): void {
    this.samples++;
    this.sums.slots += slots;
    this.sums.cpu += cpu;
  }

  endMinute({ instances, waiting }: Standing): void {
    this.minutes.push({ sessions: this.open, waiting, instances, refused: this.refused - this.refusedBefore });
    this.refusedBefore = this.refused;
  }

  /** @param mean instances over all the time */
  outcome(mean: number): Outcome {
    const counts = this.minutes.map(({ instances }) => instances);
    return {
      sessions: { sought: this.sought, opened: this.waits.length, refused: this.refused, peak: this.peak },
      waits: waitsOf(this.waits),
      instances: { min: counts.reduce((a, b) => Math.min(a, b)), mean, max: counts.reduce((a, b) => Math.max(a, b)) },
      utilization: { slots: this.sums.slots / this.samples, cpu: this.sums.cpu / this.samples },
      minutes: this.minutes,
    };
  }
}
