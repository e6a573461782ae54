import { connect } from 'node:net';
import type { HttpRuntimeConfig } from '../core/fleet-config';
import { SESSION_HEADER } from '../core/headers';
import type { Budget } from './budget';
import type { Clock } from './clock';
import type { Exchange } from './exchange';
import type { ForwardRules, Verdict } from './forward';
import { HttpForwarder } from './http-forwarder';
import { HttpOpenings } from './http-openings';
import { fieldValue } from './http1/head';
import type { Limits } from './limits';
import type { Logger } from './log';
import type { Runtime } from './runtime';
import { ServerLine, saysUnknown } from './server-line';
import { SessionIds } from './session-ids';
import type { Session, SessionEnd, Sessions } from './sessions';
import type { Slot } from './slots';

/** Ends of a session after which the server may still hold its part. */
const TELL_SERVER: readonly SessionEnd[] = ['idle', 'abandoned', 'deleted'];

/** A server that listens on HTTP inside the task. */
export class HttpRuntime implements Runtime {
  readonly #url: URL;
  readonly #server: ServerLine;
  readonly #ids: SessionIds;
  readonly #forwarder: HttpForwarder;
  readonly #openings: HttpOpenings;

  constructor(
    { url }: HttpRuntimeConfig,
    private readonly sessions: Sessions,
    budget: Budget,
    clock: Clock,
    private readonly log: Logger,
    private readonly limits: Limits,
    onColdStart: () => void,
  ) {
    this.#url = new URL(url);
    this.#server = new ServerLine(this.#url, clock, limits, log);
    this.#ids = new SessionIds(limits.serverSessionIdBytes);
    this.#forwarder = new HttpForwarder(this.#server, { budget, clock, limits, log });
    this.#openings = new HttpOpenings({
      server: this.#server,
      forwarder: this.#forwarder,
      ids: this.#ids,
      sessions,
      budget,
      clock,
      log,
      limits,
      onColdStart,
      onEnd: (session, reason) => this.#end(session, reason),
    });
  }

  isReady(): Promise<boolean> {
    const { hostname, port } = this.#url;
    return new Promise((resolve) => {
      const socket = connect({ host: hostname.replace(/[[\]]/g, ''), port: Number(port || 80), timeout: this.limits.readyConnect });
      const answer = (ready: boolean) => {
        socket.destroy();
        resolve(ready);
      };
      socket.once('connect', () => answer(true));
      socket.once('error', () => answer(false));
      socket.once('timeout', () => answer(false));
    });
  }

  openSession(exchange: Exchange, slot: Slot): void {
    this.#openings.open(exchange, slot);
  }

  /**
   * Callers give one id to two requests although they must not (MCP: base protocol § Requests), and two gateways that do not know of
   * each other then give the server one id, too; a server on the SDK answers the one with the result of the other. So the second
   * waits for the first.
   */
  continueSession(exchange: Exchange, session: Session): void {
    const first = twinOf(exchange, session);
    if (first === undefined) this.#passOn(exchange, session);
    else first.onClosed(() => exchange.closed || this.continueSession(exchange, session));
  }

  answerOnce(exchange: Exchange): void {
    this.#forwarder.send(exchange, PASSED);
  }

  endIdle(): void {}

  async close(): Promise<void> {
    this.#server.close();
  }

  #passOn(exchange: Exchange, session: Session): void {
    const rules = new SessionRules(exchange, session, {
      onMissing: () => void this.#missing(exchange, session),
      onListening: () => this.#openings.tellWaiting(exchange, session),
    });
    this.#forwarder.send(exchange, rules, this.#ids.of(session));
  }

  /** The server says that it does not know the session. What a claimed call did before that, only the session's being gone tells. */
  async #missing(exchange: Exchange, session: Session): Promise<void> {
    const lost = !exchange.context.claimed || (await this.#server.hasLost(this.#ids.known(session)));
    if (lost) this.sessions.end(session, 'unknown_to_server');
    else this.log.warn({ agent: exchange.context.agent }, 'session_denied_and_alive');
    if (exchange.closed) return;
    if (lost) exchange.refuse('unknown_session', 'the server no longer knows this session');
    else exchange.refuse('server_lost', 'the server denied the session, and still has it: what became of the call it does not say');
  }

  #end(session: Session, reason: SessionEnd): void {
    if (TELL_SERVER.includes(reason)) this.#server.endSession(this.#ids.known(session));
    // A stream has no end of its own, and a server that goes on would hold it for ever.
    for (const exchange of session.open) if (exchange.request.method === 'GET') exchange.end();
    this.#ids.forget(session);
    this.#openings.forget(session);
  }
}

/** Of a request without a session, nothing is particular. */
const PASSED: ForwardRules = { onHead: () => 'pass' };

interface SessionEvents {
  /** The server does not know the session. */
  readonly onMissing: () => void;
  /** The session's stream has begun. */
  readonly onListening: () => void;
}

/** How a request of a session is forwarded. */
class SessionRules implements ForwardRules {
  constructor(
    private readonly exchange: Exchange,
    private readonly session: Session,
    private readonly on: SessionEvents,
  ) {}

  onHead(status: number, headers: readonly string[]): Verdict {
    // A GET may be a 404 where a server has no such route at all; for the rest it means the session (MCP 2025-11-25).
    if (status === 404 && !this.#listens) {
      this.on.onMissing();
      return 'drop';
    }
    if (fieldValue(headers, SESSION_HEADER) !== undefined) this.exchange.headers.push(SESSION_HEADER, this.session.id);
    return status === 400 || status === 404 ? 'inspect' : 'pass';
  }

  onInspected(start: string): boolean {
    const unknown = saysUnknown(start);
    if (unknown) this.on.onMissing();
    return unknown;
  }

  onBegun(): void {
    if (this.#listens) this.on.onListening();
  }

  get #listens(): boolean {
    return this.exchange.request.method === 'GET';
  }
}

/** An earlier request of the session with the same id, still unanswered. */
function twinOf(exchange: Exchange, session: Session): Exchange | undefined {
  const id = exchange.asks()?.id;
  if (id === undefined) return undefined;
  const first = session.open.find((other) => other === exchange || (!other.closed && other.asks()?.id === id));
  return first === exchange ? undefined : first;
}
