import type { LocalFunction } from './local-function';

/** A function that is invoked again and again. */
export interface Schedule {
  readonly everyMs: number;
  /** The function as it is then. */
  readonly fn: () => LocalFunction | undefined;
  /** JSON text of the event of one invocation, made at its time. */
  readonly payload: (at: Date) => string;
}

/** The schedules of the account. What a run comes to stands in its function's log; a failed one is not tried again. */
export class Schedules {
  private readonly timers = new Map<string, readonly NodeJS.Timeout[]>();

  /** @param everyMs how often each runs, in place of its own rate */
  constructor(private readonly everyMs?: number) {}

  /** What a rule invokes from now on. The first run comes when one interval has passed, as in EventBridge. */
  set(rule: string, schedules: readonly Schedule[]): void {
    this.remove(rule);
    const start = ({ everyMs, fn, payload }: Schedule) =>
      setInterval(() => void fn()?.invoke(payload(new Date())), this.everyMs ?? everyMs);
    this.timers.set(rule, schedules.map(start));
  }

  remove(rule: string): void {
    for (const timer of this.timers.get(rule) ?? []) clearInterval(timer);
    this.timers.delete(rule);
  }

  stop(): void {
    for (const rule of this.timers.keys()) this.remove(rule);
  }
}
