import type { Clock } from './clock';
import type { Exchange } from './exchange';
import type { Logger } from './log';
import { Opened } from './opened';
import type { Slot } from './slots';

/** Why a session ended. */
export type SessionEnd = 'deleted' | 'idle' | 'lost' | 'abandoned' | 'unknown_to_server' | 'drained' | 'handed_over' | 'outdated';

/** What a runtime knows of a session that it opens. */
export interface SessionStart {
  /** The id that the server, or the stdio bridge, gave it. */
  readonly id: string;
  /** The only agent that may use it. */
  readonly agent: string;
  readonly slot: Slot;
  /** Ends the runtime's side of it. */
  readonly end: (session: Session, reason: SessionEnd) => void;
}

/** A session that this instance holds. */
export interface Session extends SessionStart {
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  lastUsed: number;
  /** `MCP-Protocol-Version` of its latest request. */
  protocolVersion?: string;
  /** Its requests and streams that are open now. */
  readonly open: Opened<Exchange>;
  /** Its agent has ended it: what still runs may be finished, and nothing else begins. */
  ending: boolean;
}

/** The sessions that this instance holds: each is bound to the agent that opened it and occupies one slot. */
export class Sessions {
  readonly #held = new Map<string, Session>();

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly onOpen: () => void = () => {},
  ) {}

  get count(): number {
    return this.#held.size;
  }

  has(id: string): boolean {
    return this.#held.has(id);
  }

  /** The agent's session of this id. Another agent's session is as unknown as one that never was. */
  find(id: string, agent: string): Session | undefined {
    const session = this.#held.get(id);
    return session?.agent === agent ? session : undefined;
  }

  open(start: SessionStart): Session {
    const now = this.clock.now();
    const session: Session = { ...start, openedAt: now, lastUsed: now, open: new Opened(), ending: false };
    this.#held.set(session.id, session);
    this.log.info({ agent: session.agent, activeSessions: this.count }, 'session_opened');
    this.onOpen();
    return session;
  }

  /** Notes that the session is used, until the exchange is over. */
  use(session: Session, exchange: Exchange): void {
    session.lastUsed = this.clock.now();
    session.protocolVersion = exchange.protocolVersion ?? session.protocolVersion;
    session.open.add(exchange);
    exchange.onClosed(() => {
      session.open.delete(exchange);
      session.lastUsed = this.clock.now();
    });
  }

  /**
   * Ends a session as its agent wishes, once no claimed call of it runs any more: one that is cut off would be unknown.
   * @param limit longest wait in milliseconds
   */
  endByAgent(session: Session, limit: number, ended: () => void): void {
    session.ending = true;
    const end = () => {
      cancel();
      this.end(session, 'deleted');
      ended();
    };
    const cancel = this.clock.after(limit, end);
    const running = new Set([...session.open].filter(({ context, closed }) => context.claimed && !closed));
    if (running.size === 0) end();
    for (const call of running) {
      call.onClosed(() => {
        if (running.delete(call) && running.size === 0) end();
      });
    }
  }

  /** Ends a session and gives its slot back; again does nothing. */
  end(session: Session, reason: SessionEnd): void {
    if (this.#held.get(session.id) !== session) return;
    this.#held.delete(session.id);
    session.slot.release();
    const seconds = Math.round((this.clock.now() - session.openedAt) / 1000);
    this.log.info({ agent: session.agent, reason, seconds, activeSessions: this.count }, 'session_closed');
    session.end(session, reason);
  }

  /** Ends sessions that nobody has used for so long, in milliseconds, and that have nothing open. */
  endIdle(limit: number): void {
    const before = this.clock.now() - limit;
    for (const session of this.#held.values()) {
      if (session.open.size === 0 && session.lastUsed <= before) this.end(session, 'idle');
    }
  }

  /** Sessions that nobody is waiting in: who only listens, listens to the next one. */
  quiet(): Session[] {
    return [...this.#held.values()].filter(({ open }) => [...open].every(({ request }) => request.method === 'GET'));
  }

  endQuiet(reason: SessionEnd): void {
    for (const session of this.quiet()) this.end(session, reason);
  }

  endAll(reason: SessionEnd): void {
    for (const session of [...this.#held.values()]) this.end(session, reason);
  }
}
