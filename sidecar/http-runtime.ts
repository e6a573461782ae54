import { connect } from 'node:net';
import type { Dispatcher } from 'undici';
import type { HttpRuntimeConfig } from '../core/fleet-config';
import { SESSION_HEADER } from '../core/headers';
import type { RequestId } from '../core/message';
import { Backlog } from './backlog';
import type { Budget } from './budget';
import type { Clock } from './clock';
import { isEventStream } from './event-stream';
import type { Exchange } from './exchange';
import { type BodyReader, Forwarding, type ForwardRules, type Verdict } from './forward';
import type { Limits } from './limits';
import type { Logger } from './log';
import { OpeningAnswer } from './opening-answer';
import { OpeningStream } from './opening-stream';
import { headerValue, requestHeaders, withoutHeader } from './passed-headers';
import { isLimiters, isReadable } from './rate-limit';
import { ResponseReader } from './response-reader';
import type { Runtime } from './runtime';
import { ServerLine, type ServerSession, saysUnknown } from './server-line';
import { SessionIds } from './session-ids';
import type { Session, SessionEnd, Sessions } from './sessions';
import type { Slot } from './slots';

/** Ends of a session after which the server may still hold its part. */
const TELL_SERVER: readonly SessionEnd[] = ['idle', 'abandoned', 'deleted'];

type Rules = Pick<ForwardRules, 'onHead' | 'onInspected' | 'onBegun' | 'outlivesGateway' | 'onDone'>;

/** A server that listens on HTTP inside the task. */
export class HttpRuntime implements Runtime {
  readonly #url: URL;
  readonly #server: ServerLine;
  readonly #ids: SessionIds;
  /** What a server said before its session stood, for the session's stream. */
  readonly #waiting = new Map<Session, Backlog>();

  constructor(
    { url }: HttpRuntimeConfig,
    private readonly sessions: Sessions,
    private readonly budget: Budget,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly limits: Limits,
    private readonly onColdStart: () => void,
  ) {
    this.#url = new URL(url);
    this.#server = new ServerLine(this.#url, limits, log);
    this.#ids = new SessionIds(limits.serverSessionIdBytes);
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

  /**
   * A session stands once the server's answer says so, and its agent has that answer. Until then it is known by its id only,
   * and ended there whenever something else comes.
   */
  openSession(exchange: Exchange, slot: Slot): void {
    let session: Session | undefined;
    /** Whether the agent gets an answer by which it knows the session. */
    let told = false;
    let giveUp = () => {};
    const drop = () => {
      if (session !== undefined) this.sessions.end(session, 'abandoned');
    };
    const forwarding = this.#forward(exchange, {
      // An id that the server mints for nobody would stay with it: let it answer, then end the session.
      outlivesGateway: true,
      onHead: (status, headers) => {
        if (status >= 300) return 'pass';
        const serverId = headerValue(headers, SESSION_HEADER);
        if (serverId !== undefined) {
          if (!this.#ids.isValid(serverId) || this.#ids.isTaken(serverId)) return this.#refuseSessionId(exchange, serverId);
          session = this.#openFor(exchange, slot, serverId);
          if (exchange.closed) drop();
        }
        return this.#readOpening(exchange, session, status, headers, (opened) => {
          giveUp();
          told = opened;
          if (!opened) drop();
          else if (session !== undefined) exchange.headers.push(SESSION_HEADER, session.id);
        });
      },
      onDone: () => {
        giveUp();
        if (session === undefined) slot.release();
      },
    });
    giveUp = this.clock.after(this.limits.initialize, () => {
      drop();
      if (!exchange.closed && !exchange.begun) exchange.refuse('server_unavailable', 'the server did not answer initialize in time');
      forwarding.abort('initialize took too long');
    });
    exchange.onClosed(() => {
      if (!(told && exchange.finished)) drop();
    });
  }

  /**
   * Callers give one id to two requests although they must not (MCP: base protocol § Requests); a server on the SDK then
   * answers the one with the result of the other. So the second waits for the first.
   */
  continueSession(exchange: Exchange, session: Session): void {
    const first = twinOf(exchange, session);
    if (first === undefined) this.#passOn(exchange, session);
    else first.onClosed(() => exchange.closed || this.continueSession(exchange, session));
  }

  answerOnce(exchange: Exchange): void {
    this.#forward(exchange, { onHead: () => 'pass' });
  }

  endIdle(): void {}

  async close(): Promise<void> {
    await this.#server.close();
  }

  #passOn(exchange: Exchange, session: Session): void {
    const listens = exchange.request.method === 'GET';
    this.#forward(
      exchange,
      {
        onHead: (status, headers) => {
          // A GET may be a 404 where a server has no such route at all; for the rest it means the session (MCP 2025-11-25).
          if (status === 404 && !listens) {
            void this.#missing(exchange, session);
            return 'drop';
          }
          if (headerValue(headers, SESSION_HEADER) !== undefined) exchange.headers.push(SESSION_HEADER, session.id);
          return status === 400 || status === 404 ? 'inspect' : 'pass';
        },
        onInspected: (start) => {
          const unknown = saysUnknown(start);
          if (unknown) void this.#missing(exchange, session);
          return unknown;
        },
        onBegun: () => {
          if (listens) this.#tellWaiting(exchange, session);
        },
      },
      this.#ids.of(session),
    );
  }

  /** The server says that it does not know the session. What a claimed call did before that, only the session's being gone tells. */
  async #missing(exchange: Exchange, session: Session): Promise<void> {
    const lost = !exchange.context.claimed || (await this.#server.hasLost(this.#known(session)));
    if (lost) this.sessions.end(session, 'unknown_to_server');
    else this.log.warn({ agent: exchange.context.agent }, 'session_denied_and_alive');
    if (exchange.closed) return;
    if (lost) exchange.refuse('unknown_session', 'the server no longer knows this session');
    else exchange.refuse('server_lost', 'the server denied the session, and still has it: what became of the call it does not say');
  }

  #tellWaiting(exchange: Exchange, session: Session): void {
    for (const message of this.#waiting.get(session)?.drain() ?? []) exchange.event(message, this.clock.now());
    this.#waiting.delete(session);
  }

  /** @param serverId of the session, as the server knows it */
  #forward(exchange: Exchange, rules: Rules, serverId?: string): Forwarding {
    const { request, body, context } = exchange;
    /** Whether what is inspected is a 429. */
    let limited = false;
    const forwarding = new Forwarding(
      exchange,
      {
        ...rules,
        onHead: (status, headers): Verdict => {
          const verdict = rules.onHead(status, headers);
          limited = verdict === 'pass' && status === 429 && isReadable(headers);
          return limited ? 'inspect' : verdict;
        },
        onInspected: (start, whole) => {
          if (!limited) return rules.onInspected?.(start, whole) ?? false;
          if (isLimiters(start, whole)) exchange.name('rate_limited');
          return false;
        },
        reader: readerFor(exchange, this.limits, this.budget),
        inspectedBytes: this.limits.inspectedBytes,
        holding: this.budget.open(context.agent),
        afterResponse: this.limits.afterResponse,
        onLost: (delivered, error) => {
          const code = (error as NodeJS.ErrnoException).code ?? error.name;
          this.log.warn({ agent: context.agent, delivered, code }, delivered ? 'server_lost' : 'server_unavailable');
        },
      },
      this.clock,
    );
    const headers = withoutHeader(requestHeaders(request.rawHeaders), SESSION_HEADER);
    if (serverId !== undefined) headers.push(SESSION_HEADER, serverId);
    this.#server.send(request.method as Dispatcher.HttpMethod, headers, body, forwarding);
    return forwarding;
  }

  #openFor(exchange: Exchange, slot: Slot, serverId: string): Session {
    const { agent } = exchange.context;
    const id = this.#ids.outside(serverId);
    const session = this.sessions.open({ id, agent, slot, end: (ended, reason) => this.#end(ended, reason) });
    this.#ids.keep(session, serverId);
    this.sessions.use(session, exchange);
    this.onColdStart();
    return session;
  }

  /** @param onJudged hears whether the session stands, before the agent gets the answer */
  #readOpening(
    exchange: Exchange,
    session: Session | undefined,
    status: number,
    headers: readonly string[],
    onJudged: (opened: boolean) => void,
  ): BodyReader {
    const id = requestId(exchange) as RequestId;
    const onLost = (explanation: string) => {
      onJudged(false);
      exchange.refuse('server_unavailable', explanation);
    };
    if (isEventStream(headers)) return this.#readOpeningStream(exchange, session, id, onJudged, onLost);
    const holding = this.budget.open(exchange.context.agent);
    exchange.onClosed(() => holding.release());
    return new OpeningAnswer(id, this.limits.openingBytes, holding, {
      onResponse: (body, opened) => {
        onJudged(opened === 'result');
        const own = withoutHeader(withoutHeader(headers, SESSION_HEADER), 'content-length');
        exchange.begin(status, [...own, 'content-length', String(body.length)]);
        exchange.write(body, this.clock.now());
        exchange.end();
      },
      onLost,
    });
  }

  #readOpeningStream(
    exchange: Exchange,
    session: Session | undefined,
    id: RequestId,
    onJudged: (opened: boolean) => void,
    onLost: (explanation: string) => void,
  ): BodyReader {
    const { backlogMessages, backlogBytes, openingBytes } = this.limits;
    const waiting = new Backlog(backlogMessages, backlogBytes, this.budget.open(exchange.context.agent));
    if (session !== undefined) this.#waiting.set(session, waiting);
    return new OpeningStream(id, openingBytes, {
      onPing: (pingId) =>
        this.#server.tell(session === undefined ? {} : this.#known(session), `{"jsonrpc":"2.0","id":${pingId},"result":{}}`),
      onMessage: (text) => {
        // Without a session there is no stream on which it could wait.
        if (session !== undefined) waiting.add(text.replace(/[\r\n]+/g, ' '));
      },
      onResponse: (text, opened) => {
        onJudged(opened === 'result');
        exchange.json(200, text);
      },
      onLost,
    });
  }

  /** What was opened and cannot be told is closed, unless it is another's. */
  #refuseSessionId(exchange: Exchange, serverId: string): 'drop' {
    const { agent } = exchange.context;
    const taken = this.#ids.isTaken(serverId);
    this.log.error({ agent, length: serverId.length, taken }, 'session_id_refused');
    if (!taken && this.#ids.isSayable(serverId)) this.#server.endSession({ id: serverId });
    const longest = this.limits.serverSessionIdBytes;
    exchange.refuse(
      'server_unavailable',
      taken ? 'the server gave a session id that is in use' : `the server gave a session id that is not 1 to ${longest} visible characters`,
    );
    return 'drop';
  }

  #known(session: Session): ServerSession {
    return { id: this.#ids.of(session), version: session.protocolVersion };
  }

  #end(session: Session, reason: SessionEnd): void {
    if (TELL_SERVER.includes(reason)) this.#server.endSession(this.#known(session));
    // A stream has no end of its own, and a server that goes on would hold it for ever.
    for (const exchange of session.open) if (exchange.request.method === 'GET') exchange.end();
    this.#ids.forget(session);
    this.#waiting.get(session)?.drain();
    this.#waiting.delete(session);
  }
}

/** An earlier request of the session with the same id, still unanswered. */
function twinOf(exchange: Exchange, session: Session): Exchange | undefined {
  const id = requestId(exchange);
  if (id === undefined) return undefined;
  const open = [...session.open];
  return open.slice(0, open.indexOf(exchange)).find((other) => !other.closed && requestId(other) === id);
}

function requestId(exchange: Exchange): RequestId | undefined {
  if (exchange.body === undefined) return undefined;
  const message = exchange.parse();
  return message.kind === 'request' ? message.id : undefined;
}

function readerFor(exchange: Exchange, limits: Limits, budget: Budget): (() => ResponseReader) | undefined {
  if (exchange.request.method !== 'POST') return undefined;
  return () => new ResponseReader(requestId(exchange) ?? '', limits.keptAnswerBytes, budget.open(exchange.context.agent));
}
