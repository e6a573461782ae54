/** Most bytes at a time: in all, for one server, for one agent. */
export interface PurseLimits {
  readonly replica: number;
  readonly server: number;
  readonly agent: number;
}

/** What one request has of a purse. */
export interface Share {
  readonly bytes: number;
  /** The most that it could ever have. */
  readonly limit: number;
  /** Whether it may have so many bytes in place of what it has. */
  fits(bytes: number): boolean;
  set(bytes: number): void;
}

/** Bytes that are given out within limits, and who waits for some. */
export class Purse {
  private readonly counts = new Map<string, number>();
  /** In the order in which they came; each says whether it has got what it waits for. */
  private readonly waiting = new Set<() => boolean>();

  constructor(private readonly limits: PurseLimits) {}

  /** Bytes given out. */
  get bytes(): number {
    return this.counts.get('replica') ?? 0;
  }

  open(server: string, agent: string): Share {
    const names = [
      ['replica', this.limits.replica],
      [`server ${server}`, this.limits.server],
      [`agent ${agent}`, this.limits.agent],
    ] as const;
    let own = 0;
    return {
      get bytes() {
        return own;
      },
      limit: Math.min(...names.map(([, limit]) => limit)),
      fits: (bytes) => bytes <= own || names.every(([name, limit]) => (this.counts.get(name) ?? 0) + bytes - own <= limit),
      set: (bytes) => {
        const change = bytes - own;
        if (change === 0) return;
        own = bytes;
        for (const [name] of names) this.count(name, change);
        if (change < 0) this.letIn();
      },
    };
  }

  /** Waits until `enter` says that it has got what it wants; false when it has not in time. */
  waitFor(enter: () => boolean, patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const tryIn = (): boolean => {
        if (!enter()) return false;
        clearTimeout(timer);
        resolve(true);
        return true;
      };
      const timer = setTimeout(() => {
        this.waiting.delete(tryIn);
        resolve(false);
      }, patienceMs);
      timer.unref();
      this.waiting.add(tryIn);
    });
  }

  private count(name: string, change: number): void {
    const left = (this.counts.get(name) ?? 0) + change;
    if (left > 0) this.counts.set(name, left);
    else this.counts.delete(name);
  }

  private letIn(): void {
    for (const enter of [...this.waiting]) if (this.waiting.has(enter) && enter()) this.waiting.delete(enter);
  }
}
