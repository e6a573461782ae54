/** For whom is held what belongs to no agent yet. */
export const NOBODY = '';
/** Agents of whom nothing is held are forgotten once there are so many. */
const KNOWN_AGENTS = 1_000;

/** What is held for one agent. */
interface Account {
  bytes: number;
}

/**
 * Bytes that this sidecar holds for its agents, all in all: bodies under way, what is read of answers, lines of children in
 * both directions, messages that wait. What has no room is refused where it comes from, and no agent has it all.
 */
export class Budget {
  readonly #accounts = new Map<string, Account>();
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
    return new Holding(this, agent);
  }

  hasRoom(agent: string, bytes: number): boolean {
    return this.#held + bytes <= this.limit && (this.#accounts.get(agent)?.bytes ?? 0) + bytes <= this.agentLimit;
  }

  /** @param bytes more, or fewer where they are negative */
  count(agent: string, bytes: number): void {
    this.#held += bytes;
    const account = this.#accounts.get(agent) ?? this.#openAccount(agent);
    account.bytes += bytes;
  }

  #openAccount(agent: string): Account {
    if (this.#accounts.size >= KNOWN_AGENTS) this.#forgetEmpty();
    const account = { bytes: 0 };
    this.#accounts.set(agent, account);
    return account;
  }

  #forgetEmpty(): void {
    for (const [agent, { bytes }] of this.#accounts) if (bytes === 0) this.#accounts.delete(agent);
  }
}

/** Something that grows and is let go of, counted while it is held. */
export class Holding {
  #own = 0;

  constructor(
    private readonly budget: Budget,
    private agent: string,
  ) {}

  /** Counts as another agent's from here on. */
  passTo(agent: string): void {
    const own = this.#own;
    this.release();
    this.agent = agent;
    if (own !== 0) this.add(own);
  }

  /** Counts more bytes, or says that there is no room for them. */
  grow(bytes: number): boolean {
    if (!this.budget.hasRoom(this.agent, bytes)) return false;
    this.add(bytes);
    return true;
  }

  /** Counts what is there already and cannot be refused: what comes next is refused for it. */
  add(bytes: number): void {
    this.#own += bytes;
    this.budget.count(this.agent, bytes);
  }

  shrink(bytes: number): void {
    this.add(-Math.min(bytes, this.#own));
  }

  /** Counts nothing of it any more; it may grow again. */
  release(): void {
    if (this.#own !== 0) this.add(-this.#own);
  }
}
