import type { Clock, RecoveryBudget } from './options';

export const DEFAULT_BUDGET: RecoveryBudget = { attempts: 6, totalMs: 45_000, backoffMs: 250 };

const LONGEST_BACKOFF_MS = 5_000;

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', leave);
        resolve();
      }, ms);
      if (signal?.aborted) leave();
      signal?.addEventListener('abort', leave, { once: true });
    }),
};

/** What one request has spent of its budget. */
export class Spending {
  /** Requests sent so far. */
  attempts = 0;
  private firstFailure: number | undefined;

  constructor(
    private readonly budget: RecoveryBudget,
    private readonly clock: Clock,
  ) {}

  /** Whether another attempt may be made without a wait, because its cause is removed. */
  reaches(): boolean {
    this.firstFailure ??= this.clock.now();
    return this.attempts < this.budget.attempts && this.clock.now() <= this.firstFailure + this.budget.totalMs;
  }

  /**
   * Waits before another attempt; false when the budget does not reach that far.
   * @param hintMs the least wait that the other side asked for, in milliseconds
   */
  async pause(hintMs: number, signal?: AbortSignal): Promise<boolean> {
    if (!this.reaches()) return false;
    const backoff = Math.min(this.budget.backoffMs * 2 ** (this.attempts - 1), LONGEST_BACKOFF_MS);
    const wait = Math.max(hintMs, backoff * (0.5 + this.clock.random() / 2));
    if (this.clock.now() + wait > (this.firstFailure ?? 0) + this.budget.totalMs) return false;
    await this.clock.sleep(wait, signal);
    return true;
  }
}
