/** One piece of work, and what has changed. */
export interface Turn {
  readonly changes: ReadonlySet<string>;
  /** Takes what has changed since the turn began: the turn answers for it from then on. */
  arrived(): readonly string[];
  /** Whether there is anything to take. */
  readonly hasArrived: boolean;
  /** Told of each change that comes during the turn. */
  onArrival(then: () => void): void;
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
  private state: 'closed' | 'waiting' | 'working' = 'closed';
  private isOver = false;
  private listeners: (() => void)[] = [];

  constructor(
    private readonly work: (turn: Turn) => Promise<void>,
    private readonly timers: Timers = TIMERS,
  ) {}

  readonly take = (path: string): void => {
    if (this.isOver) return;
    this.pending.add(path);
    this.firstAt ??= this.timers.now();
    if (this.state === 'waiting') this.settle();
    for (const then of this.listeners) then();
  };

  /** Until now changes have only been collected. @param worth those of them that are worth a turn */
  open(worth: (changes: ReadonlySet<string>) => Iterable<string> = (changes) => changes): void {
    if (this.state !== 'closed') return;
    this.pending = new Set(worth(this.pending));
    this.rest();
  }

  /** Nothing begins any more. */
  stop(): void {
    this.isOver = true;
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
    const later = { paths: new Set<string>(), delayMs: Number.POSITIVE_INFINITY };
    const changes = this.taken();
    const hasArrived = (): boolean => this.pending.size > 0;
    this.state = 'working';
    await this.work({
      changes,
      arrived: () => [...this.taken()],
      get hasArrived() {
        return hasArrived();
      },
      onArrival: (then) => void this.listeners.push(then),
      later: (paths, delayMs) => {
        for (const path of paths) later.paths.add(path);
        later.delayMs = Math.min(later.delayMs, delayMs);
      },
    });
    this.listeners = [];
    if (this.isOver) return;
    const isUrgent = hasArrived();
    for (const path of later.paths) this.pending.add(path);
    if (isUrgent || later.paths.size === 0) return this.rest();
    this.state = 'waiting';
    this.settle(later.delayMs);
  }

  private taken(): ReadonlySet<string> {
    const { pending } = this;
    this.pending = new Set();
    this.firstAt = undefined;
    return pending;
  }
}
