import type { KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { DOOR_LIMITS } from '../core/door-limits';
import { FleetError } from '../core/errors';
import { UnknownFormatError } from '../core/formats';
import {
  CONTEXT_HEADER,
  HELD_SESSION_PATH,
  INSTANCE_HEADER,
  KEPT_ANSWER_PATH,
  REASON_HEADER,
  SESSION_HEADER,
  type SidecarReason,
  SLOTS_HEADER,
  SLOTS_PATH,
} from '../core/headers';
import type { RequestId } from '../core/message';
import type { LeakGuard } from '../core/secrets/leak-guard';
import type { SignedContext } from '../core/signed-context';
import type { TargetCertificate } from '../core/target-certificate';
import type { Admission } from './admission';
import { keepAnswerOf } from './answer-tee';
import type { Budget, Holding } from './budget';
import { Callers } from './callers';
import type { Clock } from './clock';
import { Exchange, TOO_LATE } from './exchange';
import { guardAnswer } from './guarded-outlet';
import type { KeptAnswers } from './kept-answers';
import type { Limits } from './limits';
import type { Logger } from './log';
import { Opened } from './opened';
import { readBody } from './request-body';
import type { Runtime } from './runtime';
import type { Sessions } from './sessions';
import type { SlotNews } from './slot-news';
import type { Slots } from './slots';

/** What the server answers from. */
export interface ServerParts {
  /** The name of the MCP server: first segment of the path. */
  readonly name: string;
  /** Id of this instance. */
  readonly instance: string;
  /** Gateway–sidecar keys, the newest first. */
  readonly keys: readonly [KeyObject, ...KeyObject[]];
  readonly admission: Admission;
  readonly runtime: Runtime;
  readonly sessions: Sessions;
  readonly slots: Slots;
  readonly news: SlotNews;
  readonly kept: KeptAnswers;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Logger;
  /** With which it speaks TLS; plain HTTP without one. */
  readonly certificate?: TargetCertificate;
  /** Keeps the server's secrets in; absent where it has none. */
  readonly guard?: LeakGuard;
  /** Runs when an answer was found to tell one. */
  readonly onLeak: () => void;
  /** Runs when a request has been answered, or its gateway left. */
  readonly onClosed: () => void;
}

/** What may be asked of a path, and who answers. */
interface Route {
  readonly methods: readonly string[];
  readonly serve: (exchange: Exchange) => void;
}

/**
 * The sidecar's HTTP server: `/{server}/mcp`, `/{server}/orphans/{callId}` and `/{server}/slots` for the gateway, `/healthz` and `/readyz`
 * for ECS and the load balancer.
 */
export class SidecarServer {
  readonly http: Server;
  /** Requests that are being answered. */
  readonly #open = new Opened<Exchange>();
  readonly #path: string;
  readonly #keptPath: string;
  readonly #newsPath: string;
  readonly #heldPath: string;
  readonly #callers: Callers;
  readonly #calls: Route = { methods: ['GET', 'POST', 'DELETE'], serve: (exchange) => this.parts.admission.admit(exchange) };

  readonly #held: Route = { methods: ['GET'], serve: (exchange) => this.#tellWhetherHeld(exchange) };
  readonly #slots: Route = { methods: ['GET'], serve: (exchange) => this.parts.news.tell(exchange) };

  constructor(private readonly parts: ServerParts) {
    this.#path = `/${parts.name}/mcp`;
    this.#keptPath = `/${parts.name}/${KEPT_ANSWER_PATH}/`;
    this.#newsPath = `/${parts.name}/${SLOTS_PATH}`;
    this.#heldPath = `/${parts.name}/${HELD_SESSION_PATH}`;
    this.#callers = new Callers(parts.keys, parts.name);
    const limits = { ...DOOR_LIMITS, keepAliveTimeout: parts.limits.keepAlive };
    const route = (request: IncomingMessage, response: ServerResponse): void => this.#route(request, response);
    this.http = parts.certificate === undefined ? createServer(limits, route) : createTlsServer({ ...limits, ...parts.certificate }, route);
  }

  get openExchanges(): number {
    return this.#open.size;
  }

  /** Sends a comment on every quiet stream. */
  keepAlive(): void {
    const { clock, limits } = this.parts;
    for (const exchange of this.#open) exchange.keepAlive(clock.now(), limits);
  }

  /** Ends the streams that have no end of their own, so that their agents open others elsewhere. */
  endStreams(): void {
    for (const exchange of this.#open) {
      if (exchange.closed) continue;
      if (exchange.request.method === 'GET') endStream(exchange);
      else if (exchange.asks()?.method === 'subscriptions/listen') this.#endListening(exchange, exchange.requestId() as RequestId);
    }
  }

  /** The graceful end of a subscription is its result (MCP 2026-07-28, subscriptions). */
  #endListening(exchange: Exchange, id: RequestId): void {
    const result = { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': id } };
    if (!exchange.begun) exchange.beginStream();
    exchange.event(JSON.stringify({ jsonrpc: '2.0', id, result }), this.parts.clock.now());
    exchange.end();
  }

  /** Ends every open answer, typed where the protocol leaves room for it. */
  cutAll(explanation: string): void {
    for (const exchange of this.#open) exchange.cut(explanation);
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?', 1)[0] ?? '';
    const route = this.#routeOf(path);
    if (route !== undefined) this.#guarded(request, response, () => this.#receive(request, response, route));
    else if (path === '/healthz') this.#health(response, 200, 'ok');
    else if (path === '/readyz') void this.#readiness(response);
    else this.#plain(response, new FleetError('UNKNOWN_SERVER', { reason: `this sidecar serves ${this.#path}` }));
  }

  #routeOf(path: string): Route | undefined {
    if (path === this.#path) return this.#calls;
    if (path === this.#newsPath) return this.#slots;
    if (path === this.#heldPath) return this.#held;
    if (!path.startsWith(this.#keptPath)) return undefined;
    const callId = path.slice(this.#keptPath.length);
    return { methods: ['GET'], serve: (exchange) => this.#tellOf(callId, exchange) };
  }

  /** Runs a part of what a request is answered by; what it throws is its answer, or our own mistake. */
  #guarded(request: IncomingMessage, response: ServerResponse, run: () => void): void {
    try {
      run();
    } catch (error) {
      if (FleetError.is(error)) this.#plain(response, error);
      else this.#failed(request, response, error);
    }
  }

  #failed({ method }: IncomingMessage, answer: { destroy(): unknown }, error: unknown): void {
    this.parts.log.error({ method, error: error instanceof Error ? error.stack : String(error) }, 'request_failed');
    answer.destroy();
  }

  /** Who calls is known before anything of the body is. */
  #receive(request: IncomingMessage, response: ServerResponse, route: Route): void {
    const { name, instance, keys, news, budget, clock, limits, log } = this.parts;
    const method = request.method ?? '';
    if (!route.methods.includes(method)) {
      throw new FleetError('METHOD_NOT_ALLOWED', { reason: `${method} came; allowed is ${route.methods.join(', ')}` });
    }
    const caller = this.#callerOf(request);
    if (caller === undefined || caller instanceof UnknownFormatError) {
      const speaker = { instance, key: keys[0], news };
      const stranger = new Exchange(request, response, { agent: '', server: name }, undefined, speaker, clock.now());
      stranger.refuse('unauthenticated', caller?.message ?? 'the request carries no valid context of a gateway of this fleet');
      return;
    }
    const { context, key } = caller;
    // The key that its gateway has, too.
    const begin = (body?: Buffer) => new Exchange(request, response, context, body, { instance, key, news }, clock.now());
    if (method !== 'POST') {
      this.#serve(begin(), route);
      return;
    }
    const holding = budget.open(context.agent);
    readBody(request, limits.bodyBytes, holding, {
      onBody: (body) => {
        // What nobody waits for any more has not begun.
        if (response.destroyed) holding.release();
        else this.#guarded(request, response, () => this.#serve(begin(body), route, holding));
      },
      onNoRoom: () => {
        log.warn({ agent: context.agent, heldBytes: budget.held }, 'bodies_refused');
        begin().refuse('at_capacity', 'this instance holds as many bytes as it may');
      },
      onTooLarge: (error) => this.#plain(response, error),
    });
  }

  /** A gateway of a later version may say more than this program would read: it is refused like a stranger, and told why. */
  #callerOf({ headers }: IncomingMessage): SignedContext | UnknownFormatError | undefined {
    try {
      return this.#callers.of(headers[CONTEXT_HEADER], this.parts.clock.now() / 1000);
    } catch (error) {
      if (error instanceof UnknownFormatError) return error;
      throw error;
    }
  }

  #serve(exchange: Exchange, route: Route, holding?: Holding): void {
    const { kept, budget, clock, limits, log, guard, onLeak } = this.parts;
    try {
      keepAnswerOf(exchange, kept, budget, clock, limits, log);
      if (guard !== undefined) guardAnswer(exchange, guard, onLeak, log);
    } catch (error) {
      holding?.release();
      throw error;
    }
    this.#follow(exchange, holding);
    try {
      if (exchange.tooLate(clock.now())) exchange.refuse('too_late', TOO_LATE);
      else route.serve(exchange);
    } catch (error) {
      this.#failed(exchange.request, exchange, error);
    }
  }

  /** The body of a claimed call is there as long as the call, though its gateway leaves. */
  #follow(exchange: Exchange, holding?: Holding): void {
    this.#open.add(exchange);
    exchange.onClosed(() => {
      this.#open.delete(exchange);
      holding?.release();
      this.parts.onClosed();
    });
  }

  /** What is known here of a claimed call, for a gateway that took over from another. */
  #tellOf(callId: string, exchange: Exchange): void {
    const state = this.parts.kept.find(exchange.context.agent, callId);
    if (state === undefined) exchange.refuse('unknown_call', 'this instance knows nothing of such a call of this agent');
    else if (state === 'running') exchange.empty(202);
    else if (state === 'lost') exchange.refuse('server_lost', 'the server was sent the call and ended without a whole answer');
    else exchange.json(200, state.answer);
  }

  /** Whether a session is held here; to ask is not to use it. */
  #tellWhetherHeld(exchange: Exchange): void {
    const id = exchange.request.headers[SESSION_HEADER];
    const held = typeof id === 'string' && this.parts.sessions.find(id, exchange.context.agent) !== undefined;
    if (held) exchange.empty(204);
    else exchange.refuse('unknown_session', 'this instance holds no such session of this agent');
  }

  async #readiness(response: ServerResponse): Promise<void> {
    const { admission, runtime } = this.parts;
    const ready = !admission.draining && (await runtime.isReady());
    this.#health(response, ready ? 200 : 503, ready ? 'ready' : admission.draining ? 'draining' : 'server_unavailable');
  }

  #health(response: ServerResponse, status: number, word: string): void {
    const { sessions, slots, runtime } = this.parts;
    const held = { activeSessions: sessions.count, slotsInUse: slots.inUse, slots: slots.capacity };
    this.#write(response, status, { status: word, ...held, ...(runtime.warm !== undefined && { warm: runtime.warm }) });
  }

  #plain(response: ServerResponse, error: FleetError): void {
    this.#write(response, error.status, { jsonrpc: '2.0', id: null, error: error.toJsonRpc() }, 'not_taken');
  }

  #write(response: ServerResponse, status: number, body: object, reason?: SidecarReason): void {
    const named = reason === undefined ? [] : [REASON_HEADER, reason];
    response.writeHead(status, [
      'content-type',
      'application/json',
      INSTANCE_HEADER,
      this.parts.instance,
      SLOTS_HEADER,
      this.parts.news.text,
      ...named,
    ]);
    response.end(JSON.stringify(body));
  }
}

/** One of which the server has not said anything yet has no head that could end. */
function endStream(exchange: Exchange): void {
  if (exchange.begun) exchange.end();
  else exchange.refuse('draining', 'this instance is stopping');
}
