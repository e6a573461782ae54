/** Something that grows and is let go of, counted while it is held. */
export interface Holding {
  /** Counts more bytes, or says that there is no room for them. */
  grow(bytes: number): boolean;
  /** Counts what is there already and cannot be refused: what comes next is refused for it. */
  add(bytes: number): void;
  shrink(bytes: number): void;
  /** Counts nothing of it any more; it may grow again. */
  release(): void;
}

/**
 * Bytes that this sidecar holds for its agents, all in all: bodies under way, what is read of answers, lines of children in
 * both directions, messages that wait. What has no room is refused where it comes from, and no agent has it all.
 */
export class Budget {
  readonly #byAgent = new Map<string, number>();
  #held = 0;

  /**
   * @param limit bytes over all agents
   * @param agentLimit bytes of one agent
   */
  constructor(
    private readonly limit: number,
    private readonly agentLimit: number,
  ) {}

  /** Bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  open(agent: string): Holding {
    let own = 0;
    const count = (bytes: number) => {
      own += bytes;
      this.#held += bytes;
      const all = (this.#byAgent.get(agent) ?? 0) + bytes;
      if (all > 0) this.#byAgent.set(agent, all);
      else this.#byAgent.delete(agent);
    };
    return {
      grow: (bytes) => {
        if (!this.#hasRoom(agent, bytes)) return false;
        count(bytes);
        return true;
      },
      add: count,
      shrink: (bytes) => count(-Math.min(bytes, own)),
      release: () => count(-own),
    };
  }

  #hasRoom(agent: string, bytes: number): boolean {
    return this.#held + bytes <= this.limit && (this.#byAgent.get(agent) ?? 0) + bytes <= this.agentLimit;
  }
}
