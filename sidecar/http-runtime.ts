import { connect } from 'node:net';
import { type Dispatcher, Pool } from 'undici';
import type { HttpRuntimeConfig } from '../core/fleet-config';
import { PROTOCOL_VERSION_HEADER, SESSION_HEADER } from '../core/headers';
import type { RequestId } from '../core/message';
import type { Clock } from './clock';
import type { Exchange } from './exchange';
import { Forwarding, type ForwardRules } from './forward';
import type { Limits } from './limits';
import type { Logger } from './log';
import { requestHeaders } from './passed-headers';
import type { Runtime } from './runtime';
import type { Session, SessionEnd, Sessions } from './sessions';
import type { Slot } from './slots';

/** Visible ASCII (MCP 2025-11-25 § Session Management), and short enough to be sealed into an id of 1 KB. */
const SESSION_ID = /^[\x21-\x7e]{1,512}$/;
/** What servers say of a session that they no longer know, whatever the status: SDK, fastmcp, server-everything. */
const SAYS_UNKNOWN = /no valid session|session (id )?(was )?not found|unknown session|session (has )?(expired|terminated)/i;
/** Ends of a session after which the server may still hold its part. */
const TELL_SERVER: readonly SessionEnd[] = ['idle', 'abandoned'];

/** A server that listens on HTTP inside the task. */
export class HttpRuntime implements Runtime {
  readonly #url: URL;
  readonly #pool: Pool;

  constructor(
    { url }: HttpRuntimeConfig,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly limits: Limits,
    private readonly onColdStart: () => void,
  ) {
    this.#url = new URL(url);
    // A tool may think for minutes and a stream may be silent for hours; who waits for what is the gateway's policy.
    this.#pool = new Pool(this.#url.origin, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 4_000 });
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
    let session: Session | undefined;
    let giveUp = () => {};
    const forwarding = this.#forward(exchange, {
      // An id that the server mints for nobody would stay with it: let it answer, then end the session.
      outlivesGateway: true,
      onHead: (status, headers) => {
        const id = status < 300 ? headerValue(headers, SESSION_HEADER) : undefined;
        if (id === undefined) return 'pass';
        if (!SESSION_ID.test(id) || this.sessions.has(id)) return this.#refuseSessionId(exchange);
        session = this.sessions.open({ id, agent: exchange.context.agent, slot, end: (ended, reason) => this.#end(ended, reason) });
        this.sessions.use(session, exchange);
        giveUp();
        this.onColdStart();
        if (exchange.closed) this.sessions.end(session, 'abandoned');
        return 'pass';
      },
      onDone: () => {
        giveUp();
        if (session === undefined) slot.release();
      },
    });
    giveUp = this.clock.after(this.limits.initialize, () => forwarding.abort('initialize took too long'));
    exchange.onClosed(() => {
      if (session !== undefined && !exchange.finished) this.sessions.end(session, 'abandoned');
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

  #passOn(exchange: Exchange, session: Session): void {
    const method = exchange.request.method;
    const gone = () => {
      this.sessions.end(session, 'unknown_to_server');
      exchange.refuse('unknown_session', 'the server no longer knows this session');
    };
    this.#forward(exchange, {
      onHead: (status) => {
        if (method === 'DELETE' && status < 300) this.sessions.end(session, 'deleted');
        // A GET may be a 404 where a server has no such route at all; for the rest it means the session (MCP 2025-11-25).
        if (status === 404 && method !== 'GET') {
          gone();
          return 'drop';
        }
        return status === 400 || status === 404 ? 'inspect' : 'pass';
      },
      onInspected: (start) => {
        const unknown = SAYS_UNKNOWN.test(start);
        if (unknown) gone();
        return unknown;
      },
    });
  }

  answerOnce(exchange: Exchange): void {
    this.#forward(exchange, { onHead: () => 'pass' });
  }

  endIdle(): void {}

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #forward(exchange: Exchange, rules: Pick<ForwardRules, 'onHead' | 'onInspected' | 'outlivesGateway' | 'onDone'>): Forwarding {
    const forwarding = new Forwarding(
      exchange,
      {
        ...rules,
        inspectedBytes: this.limits.inspectedBytes,
        onLost: (delivered, error) => {
          const code = (error as NodeJS.ErrnoException).code ?? error.name;
          this.log.warn({ agent: exchange.context.agent, delivered, code }, delivered ? 'server_lost' : 'server_unavailable');
        },
      },
      this.clock,
    );
    const { request, body } = exchange;
    this.#pool.dispatch(
      {
        path: this.#url.pathname + this.#url.search,
        method: request.method as Dispatcher.HttpMethod,
        headers: requestHeaders(request.rawHeaders),
        body,
      },
      forwarding,
    );
    return forwarding;
  }

  #refuseSessionId(exchange: Exchange): 'drop' {
    this.log.error({ agent: exchange.context.agent }, 'session_id_refused');
    exchange.refuse('server_lost', 'the server gave a session id that is not valid or already in use');
    return 'drop';
  }

  #end(session: Session, reason: SessionEnd): void {
    if (!TELL_SERVER.includes(reason)) return;
    const version = session.protocolVersion;
    const headers = { [SESSION_HEADER]: session.id, ...(version !== undefined && { [PROTOCOL_VERSION_HEADER]: version }) };
    this.#pool
      .request({ path: this.#url.pathname + this.#url.search, method: 'DELETE', headers })
      .then(({ body }) => body.dump())
      .catch((error: Error) => this.log.warn({ code: error.name }, 'session_delete_failed'));
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

function headerValue(headers: readonly string[], name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return headers[i + 1];
  return undefined;
}
