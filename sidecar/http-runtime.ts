import { connect } from 'node:net';
import type { HttpRuntimeConfig } from '../core/fleet-config';
import { SESSION_HEADER } from '../core/headers';
import type { Budget } from './budget';
import type { Clock } from './clock';
import { isEventStream, OWN_EVENT_ID } from './event-stream';
import type { Exchange } from './exchange';
import type { ForwardRules, Verdict } from './forward';
import { HttpForwarder } from './http-forwarder';
import { HttpOpenings } from './http-openings';
import { fieldValue } from './http1/head';
import type { Limits } from './limits';
import type { Logger } from './log';
import type { Runtime } from './runtime';
import { ServerLine, saysUnknown } from './server-line';
import { ServerStream } from './server-stream';
import { SessionIds } from './session-ids';
import { SessionStream } from './session-stream';
import type { Session, SessionEnd, Sessions } from './sessions';
import type { Slot } from './slots';
import type { Ahead } from './warm/pool';
import { WarmSessions } from './warm/warm-sessions';

/** Ends of a session after which the server may still hold its part. */
const TELL_SERVER: readonly SessionEnd[] = ['idle', 'abandoned', 'deleted', 'handed_over', 'outdated'];

/** A server that listens on HTTP inside the task. */
export class HttpRuntime implements Runtime {
  readonly #url: URL;
  readonly #server: ServerLine;
  readonly #ids: SessionIds;
  readonly #forwarder: HttpForwarder;
  readonly #openings: HttpOpenings;
  readonly #streams = new Map<Session, SessionStream>();
  readonly #warm?: WarmSessions;
  /** Streams that nobody waits for any more. */
  readonly #slowStreams = new WeakSet<Exchange>();

  constructor(
    { url, credentialHeader }: HttpRuntimeConfig,
    private readonly sessions: Sessions,
    private readonly budget: Budget,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly limits: Limits,
    onColdStart: () => void,
    ahead?: Ahead,
  ) {
    this.#url = new URL(url);
    this.#server = new ServerLine(this.#url, clock, limits, log);
    this.#ids = new SessionIds(limits.serverSessionIdBytes);
    this.#forwarder = new HttpForwarder(this.#server, { budget, clock, limits, log }, credentialHeader);
    this.#warm = ahead && new WarmSessions(ahead, { server: this.#server, ids: this.#ids, budget, clock, limits, log });
    this.#openings = new HttpOpenings({
      server: this.#server,
      forwarder: this.#forwarder,
      ids: this.#ids,
      sessions,
      budget,
      clock,
      log,
      limits,
      streamOf: (session) => this.#streamOf(session),
      adopt: (session, stream) => this.#streams.set(session, stream),
      warm: this.#warm,
      onColdStart,
      onEnd: (session, reason) => this.#end(session, reason),
    });
  }

  get warm(): number | undefined {
    return this.#warm?.count;
  }

  async isReady(): Promise<boolean> {
    return (this.#warm?.isSettled ?? true) && (await this.#isReachable());
  }

  #isReachable(): Promise<boolean> {
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
    exchange.streamsWhenSilent = takesStream(exchange);
    const stream = listens(exchange) ? this.#streamOf(session) : undefined;
    if (stream?.stands) {
      stream.listen(exchange, exchange.lastEventId);
      return;
    }
    const first = twinOf(exchange, session);
    if (first === undefined) this.#afterStream(exchange, session);
    else first.onClosed(() => exchange.closed || this.continueSession(exchange, session));
  }

  answerOnce(exchange: Exchange): void {
    exchange.streamsWhenSilent = takesStream(exchange);
    this.#forwarder.send(exchange, PASSED);
  }

  noteRoom(): void {
    this.#warm?.reviewSoon();
  }

  tend(): void {
    this.#warm?.review();
    for (const stream of this.#streams.values()) stream.expire();
  }

  async close(): Promise<void> {
    await this.#warm?.close();
    this.#server.close();
  }

  /**
   * Servers ask their agents by the session's GET stream, and what they say before it stands is lost. Clients open it at the same time as
   * they make their first call; so a stream that came first is there first, unless the server takes long for its head.
   */
  #afterStream(exchange: Exchange, session: Session): void {
    const stream = exchange.request.method === 'POST' ? this.#openingStream(session) : undefined;
    if (stream === undefined) {
      this.#passOn(exchange, session);
      return;
    }
    let waits = true;
    const go = (): void => {
      if (!waits) return;
      waits = false;
      cancel();
      if (!exchange.closed) this.#passOn(exchange, session);
    };
    const cancel = this.clock.after(this.limits.streamOpening, () => {
      this.#slowStreams.add(stream);
      go();
    });
    stream.onBegun(go);
    stream.onClosed(go);
  }

  #openingStream(session: Session): Exchange | undefined {
    return session.open.find((other) => other.request.method === 'GET' && !other.begun && !other.closed && !this.#slowStreams.has(other));
  }

  #passOn(exchange: Exchange, session: Session): void {
    // Its server has kept what is said behind that event, and keeps what comes between two streams.
    if (exchange.request.method === 'GET') exchange.endAtAge(this.limits.streamAge, this.clock.now());
    const rules = new SessionRules(exchange, session, {
      onMissing: () => void this.#missing(exchange, session),
      onListening: () => this.#listen(exchange, session),
    });
    this.#forwarder.send(exchange, rules, this.#ids.of(session));
  }

  /** The server's stream goes on for the session, whoever listens to it. */
  #listen(exchange: Exchange, session: Session): ServerStream {
    const stream = this.#streamOf(session);
    const source = new ServerStream(stream, this.limits.lineBytes, this.budget.open(session.agent));
    stream.feedFrom(source);
    stream.listen(exchange, exchange.lastEventId);
    return source;
  }

  #streamOf(session: Session): SessionStream {
    const known = this.#streams.get(session);
    if (known !== undefined) return known;
    const stream = new SessionStream(this.budget.open(session.agent), this.clock, this.limits, this.log);
    this.#streams.set(session, stream);
    return stream;
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
    if (TELL_SERVER.includes(reason)) void this.#server.endSession(this.#ids.known(session));
    // A stream has no end of its own, and a server that goes on would hold it for ever.
    for (const exchange of session.open) if (exchange.request.method === 'GET') exchange.end();
    this.#streams.get(session)?.close();
    this.#streams.delete(session);
    this.#ids.forget(session);
  }
}

/** Of a request without a session, nothing is particular. */
const PASSED: ForwardRules = { onHead: () => 'pass' };

interface SessionEvents {
  /** The server does not know the session. */
  readonly onMissing: () => void;
  /** The session's stream has begun, and is taken over. */
  readonly onListening: () => ServerStream;
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
    if (status === 404 && this.exchange.request.method !== 'GET') {
      this.on.onMissing();
      return 'drop';
    }
    if (fieldValue(headers, SESSION_HEADER) !== undefined) this.exchange.headers.push(SESSION_HEADER, this.session.id);
    if (status === 200 && listens(this.exchange) && isEventStream(headers) && !this.exchange.closed) return { heir: this.on.onListening() };
    return status === 400 || status === 404 ? 'inspect' : 'pass';
  }

  onInspected(start: string): boolean {
    const unknown = saysUnknown(start);
    if (unknown) this.on.onMissing();
    return unknown;
  }
}

/** Whether a request is for the stream of its session, and not for the rest of an answer, behind an event that its server has kept. */
function listens({ request, lastEventId }: Exchange): boolean {
  return request.method === 'GET' && (lastEventId === undefined || lastEventId.startsWith(OWN_EVENT_ID));
}

/**
 * Whether the answer may be a stream, with comments in it for as long as the server is silent. That to `initialize` may not: its head
 * names the session.
 */
function takesStream(exchange: Exchange): boolean {
  return exchange.asks() !== undefined && /\btext\/event-stream\b/i.test(exchange.request.headers.accept ?? '');
}

/** An earlier request of the session with the same id, still unanswered. */
function twinOf(exchange: Exchange, session: Session): Exchange | undefined {
  const id = exchange.asks()?.id;
  if (id === undefined) return undefined;
  const first = session.open.find((other) => other === exchange || (!other.closed && other.asks()?.id === id));
  return first === exchange ? undefined : first;
}
