import { type Minute, type Outcome, type OutcomeOfWeight, waitsOf } from './outcome';

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

interface Counts {
  sought: number;
  refused: number;
  /** Of those that were opened. */
  readonly waits: number[];
}

/** Counts what becomes of a load. */
export class Tally {
  sought = 0;
  refused = 0;
  private readonly byWeight = new Map<number, Counts>();
  private open = 0;
  private peak = 0;
  private samples = 0;
  private readonly sums = { slots: 0, cpu: 0 };
  private readonly minutes: Minute[] = [];
  private refusedBefore = 0;

  seek(weight: number): void {
    this.sought++;
    this.of(weight).sought++;
  }

  refuse(weight: number): void {
    this.refused++;
    this.of(weight).refused++;
  }

  /** @param waited in the queue, in milliseconds */
  opened(waited: number, weight: number): void {
    this.of(weight).waits.push(waited);
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
    const waits = [...this.byWeight.values()].flatMap((counts) => counts.waits);
    const counts = this.minutes.map(({ instances }) => instances);
    return {
      sessions: { sought: this.sought, opened: waits.length, refused: this.refused, peak: this.peak },
      waits: waitsOf(waits),
      ...(this.byWeight.size > 1 && { weights: this.weights() }),
      instances: { min: counts.reduce((a, b) => Math.min(a, b)), mean, max: counts.reduce((a, b) => Math.max(a, b)) },
      utilization: { slots: this.sums.slots / this.samples, cpu: this.sums.cpu / this.samples },
      minutes: this.minutes,
    };
  }

  private of(weight: number): Counts {
    const known = this.byWeight.get(weight) ?? { sought: 0, refused: 0, waits: [] };
    this.byWeight.set(weight, known);
    return known;
  }

  private weights(): readonly OutcomeOfWeight[] {
    return [...this.byWeight]
      .sort(([one], [other]) => other - one)
      .map(([weight, { sought, refused, waits }]) => ({ weight, sought, opened: waits.length, refused, waits: waitsOf(waits) }));
  }
}
