import type { Timeline } from '../../../core/sizing/timeline';

/** The time of this machine, as an agenda has it. */
export class WallClock implements Timeline {
  private readonly began = performance.now();
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopped = false;

  get now(): number {
    return performance.now() - this.began;
  }

  in(ms: number, act: () => void): void {
    if (this.stopped) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
  }

  every(period: number, act: () => void): void {
    // By the beginning, for timers are late.
    const next = (turn: number): void =>
      this.in(turn * period - this.now, () => {
        act();
        next(turn + 1);
      });
    next(Math.floor(this.now / period) + 1);
  }

  /** Nothing happens any more. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
  }
}
