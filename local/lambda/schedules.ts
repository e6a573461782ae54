import type { LocalFunction } from './local-function';

/** A function that is invoked again and again. */
export interface Schedule {
  readonly everyMs: number;
  readonly fn: LocalFunction;
  /** JSON text of the event of one invocation, made at its time. */
  readonly payload: (at: Date) => string;
}

/** The schedules of the account. What a run comes to stands in its function's log; a failed one is not tried again. */
export class Schedules {
  private readonly timers: NodeJS.Timeout[] = [];

  /** @param everyMs how often each runs, in place of its own rate */
  constructor(private readonly everyMs?: number) {}

  /** The first run comes when one interval has passed, as in EventBridge. */
  add({ everyMs, fn, payload }: Schedule): void {
    this.timers.push(setInterval(() => void fn.invoke(payload(new Date())), this.everyMs ?? everyMs));
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }
}
