/** One piece of work, and what has changed. */
export interface Turn {
  readonly changes: ReadonlySet<string>;
  /** Takes what has changed since the turn began: the turn answers for it from then on. */
  arrived(): readonly string[];
  /** These are for another turn, which begins by itself only after so many milliseconds. */
  later(paths: Iterable<string>, delayMs: number): void;
}

export interface Timers {
  now(): number;
  after(milliseconds: number, then: () => void): { cancel(): void };
}

export const TIMERS: Timers = {
  now: () => performance.now(),
  after: (milliseconds, then) => {
    const timer = setTimeout(then, milliseconds);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** So long nothing must have changed, in milliseconds, before a turn begins; but none is put off for longer than the second. */
const QUIET_MS = 150;
const LONGEST_MS = 3000;

/** Turns changes into work: a burst of them into one turn, one turn at a time, and what comes during one into the next. */
export class Turns {
  private pending = new Set<string>();
  private firstAt: number | undefined;
  private timer: { cancel(): void } | undefined;
  private state: 'closed' | 'waiting' | 'working' | 'over' = 'closed';

  constructor(
    private readonly work: (turn: Turn) => Promise<void>,
    private readonly timers: Timers = TIMERS,
  ) {}

  readonly take = (path: string): void => {
    if (this.state === 'over') return;
    this.pending.add(path);
    this.firstAt ??= this.timers.now();
    if (this.state === 'waiting') this.settle();
  };

  /** Until now changes have only been collected. @param counts whether one of those is worth a turn */
  open(counts: (path: string) => boolean = () => true): void {
    if (this.state !== 'closed') return;
    this.pending = new Set([...this.pending].filter(counts));
    this.rest();
  }

  /** Nothing begins any more. */
  stop(): void {
    this.state = 'over';
    this.timer?.cancel();
  }

  private rest(): void {
    this.state = 'waiting';
    if (this.pending.size > 0) this.settle();
    else this.firstAt = undefined;
  }

  private settle(atLeastMs = 0): void {
    this.timer?.cancel();
    const waited = this.timers.now() - (this.firstAt ?? this.timers.now());
    const wait = Math.max(atLeastMs, Math.min(QUIET_MS, LONGEST_MS - waited), 0);
    this.timer = this.timers.after(wait, () => void this.begin());
  }

  private async begin(): Promise<void> {
    const changes = this.taken();
    this.state = 'working';
    let putOff: { readonly paths: readonly string[]; readonly delayMs: number } | undefined;
    await this.work({
      changes,
      arrived: () => [...this.taken()],
      later: (paths, delayMs) => {
        putOff = { paths: [...paths], delayMs };
      },
    });
    if ((this.state as string) === 'over') return;
    const { paths = [], delayMs = 0 } = putOff ?? {};
    const isUrgent = this.pending.size > 0;
    for (const path of paths) this.pending.add(path);
    if (isUrgent || paths.length === 0) return this.rest();
    this.state = 'waiting';
    this.firstAt = undefined;
    this.settle(delayMs);
  }

  private taken(): ReadonlySet<string> {
    const { pending } = this;
    this.pending = new Set();
    this.firstAt = undefined;
    return pending;
  }
}
