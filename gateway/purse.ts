/** Most bytes at a time: in all, for one server, for one agent. */
export interface PurseLimits {
  readonly replica: number;
  readonly server: number;
  readonly agent: number;
}

/** What one request has of a purse. */
export class Share {
  private own = 0;

  constructor(
    private readonly purse: Purse,
    readonly server: string,
    readonly agent: string,
  ) {}

  get bytes(): number {
    return this.own;
  }

  /** The most that it could ever have. */
  get limit(): number {
    const { replica, server, agent } = this.purse.limits;
    return Math.min(replica, server, agent);
  }

  /** Whether it may have so many bytes in place of what it has. */
  fits(bytes: number): boolean {
    return bytes <= this.own || this.purse.holds(this, bytes - this.own);
  }

  set(bytes: number): void {
    const change = bytes - this.own;
    if (change === 0) return;
    this.own = bytes;
    this.purse.count(this, change);
  }
}

/** Bytes that are given out within limits, and who waits for some. */
export class Purse {
  private given = 0;
  private readonly servers = new Map<string, number>();
  private readonly agents = new Map<string, number>();
  /** In the order in which they came; each says whether it has got what it waits for. */
  private readonly waiting = new Set<() => boolean>();

  constructor(readonly limits: PurseLimits) {}

  /** Bytes given out. */
  get bytes(): number {
    return this.given;
  }

  open(server: string, agent: string): Share {
    return new Share(this, server, agent);
  }

  /** Whether there are so many more bytes for a share. */
  holds({ server, agent }: Share, bytes: number): boolean {
    const { limits } = this;
    return (
      this.given + bytes <= limits.replica &&
      (this.servers.get(server) ?? 0) + bytes <= limits.server &&
      (this.agents.get(agent) ?? 0) + bytes <= limits.agent
    );
  }

  /** A share has changed by so many bytes. */
  count({ server, agent }: Share, change: number): void {
    this.given += change;
    add(this.servers, server, change);
    add(this.agents, agent, change);
    if (change < 0 && this.waiting.size > 0) this.letIn();
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

  private letIn(): void {
    for (const enter of [...this.waiting]) if (this.waiting.has(enter) && enter()) this.waiting.delete(enter);
  }
}

/** Who has nothing is not counted. */
function add(counts: Map<string, number>, name: string, change: number): void {
  const left = (counts.get(name) ?? 0) + change;
  if (left > 0) counts.set(name, left);
  else counts.delete(name);
}
