import type { KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { FleetError } from '../core/errors';
import { CONTEXT_HEADER, INSTANCE_HEADER, KEPT_ANSWER_PATH, REASON_HEADER, type SidecarReason } from '../core/headers';
import type { RequestId } from '../core/message';
import { openContext } from '../core/signed-context';
import type { Admission } from './admission';
import { keepAnswerOf } from './answer-tee';
import type { Budget, Holding } from './budget';
import type { Clock } from './clock';
import { Exchange, TOO_LATE } from './exchange';
import type { KeptAnswers } from './kept-answers';
import type { Limits } from './limits';
import type { Logger } from './log';
import type { Runtime } from './runtime';
import type { Sessions } from './sessions';
import type { Slots } from './slots';

/** What the server answers from. */
export interface ServerParts {
  /** The name of the MCP server: first segment of the path. */
  readonly name: string;
  /** Id of this instance. */
  readonly instance: string;
  readonly key: KeyObject;
  readonly admission: Admission;
  readonly runtime: Runtime;
  readonly sessions: Sessions;
  readonly slots: Slots;
  readonly kept: KeptAnswers;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Logger;
  /** Runs when a request has been answered, or its gateway left. */
  readonly onClosed: () => void;
}

/** What may be asked of a path, and who answers. */
interface Route {
  readonly methods: readonly string[];
  readonly serve: (exchange: Exchange) => void;
}

/**
 * The sidecar's HTTP server: `/{server}/mcp` and `/{server}/orphans/{callId}` for the gateway, `/healthz` and `/readyz`
 * for ECS and the load balancer.
 */
export class SidecarServer {
  readonly http: Server;
  /** Requests that are being answered. */
  readonly #open = new Set<Exchange>();
  readonly #path: string;
  readonly #keptPath: string;

  constructor(private readonly parts: ServerParts) {
    this.#path = `/${parts.name}/mcp`;
    this.#keptPath = `/${parts.name}/${KEPT_ANSWER_PATH}/`;
    this.http = createServer({ keepAliveTimeout: parts.limits.keepAlive }, (request, response) => this.#route(request, response));
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
      if (exchange.request.method === 'GET') exchange.end();
      else if (exchange.message?.kind === 'request' && exchange.message.method === 'subscriptions/listen')
        this.#endListening(exchange, exchange.message.id);
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
    if (route !== undefined) void this.#answer(request, response, route);
    else if (path === '/healthz') this.#health(response, 200, 'ok');
    else if (path === '/readyz') void this.#readiness(response);
    else this.#plain(response, new FleetError('UNKNOWN_SERVER', { reason: `this sidecar serves ${this.#path}` }));
  }

  #routeOf(path: string): Route | undefined {
    if (path === this.#path) {
      return { methods: ['GET', 'POST', 'DELETE'], serve: (exchange) => this.parts.admission.admit(exchange) };
    }
    if (!path.startsWith(this.#keptPath)) return undefined;
    const callId = path.slice(this.#keptPath.length);
    return { methods: ['GET'], serve: (exchange) => this.#tellOf(callId, exchange) };
  }

  async #answer(request: IncomingMessage, response: ServerResponse, { methods, serve }: Route): Promise<void> {
    let exchange: Exchange | undefined;
    try {
      exchange = await this.#receive(request, response, methods);
      if (exchange === undefined) return;
      if (exchange.tooLate(this.parts.clock.now())) exchange.refuse('too_late', TOO_LATE);
      else serve(exchange);
    } catch (error) {
      if (FleetError.is(error)) {
        this.#plain(response, error);
        return;
      }
      // A gateway that leaves while it sends its body is no event; anything else is our own mistake.
      const left = request.destroyed && !request.complete;
      if (!left) this.parts.log.error({ error: error instanceof Error ? error.stack : String(error) }, 'request_failed');
      (exchange ?? response).destroy();
    }
  }

  /** The authenticated request with its body, or undefined when it has been refused or the gateway has left. */
  async #receive(request: IncomingMessage, response: ServerResponse, methods: readonly string[]): Promise<Exchange | undefined> {
    const { name, key, kept, budget, clock, limits, log } = this.parts;
    const method = request.method ?? '';
    if (!methods.includes(method)) {
      throw new FleetError('METHOD_NOT_ALLOWED', { reason: `${method} came; allowed is ${methods.join(', ')}` });
    }
    const header = request.headers[CONTEXT_HEADER];
    const context = openContext(typeof header === 'string' ? header : undefined, key, name, clock.now() / 1000);
    if (context === undefined) {
      const stranger = new Exchange(request, response, { agent: '', server: name }, undefined, this.parts, clock.now());
      stranger.refuse('unauthenticated', 'the request carries no valid context of a gateway of this fleet');
      return undefined;
    }
    const holding = budget.open(context.agent);
    let exchange: Exchange | undefined;
    // The body of a claimed call is there as long as the call, though its gateway leaves.
    response.once('close', () => exchange ?? holding.release());
    const body = method === 'POST' ? await readBody(request, limits.bodyBytes, holding) : undefined;
    if (response.destroyed) return undefined;
    if (body === 'no room') {
      log.warn({ agent: context.agent, heldBytes: budget.held }, 'bodies_refused');
      const refused = new Exchange(request, response, context, undefined, this.parts, clock.now());
      refused.refuse('at_capacity', 'this instance holds as many bytes as it may');
      return undefined;
    }
    exchange = new Exchange(request, response, context, body, this.parts, clock.now());
    keepAnswerOf(exchange, kept, budget, clock, limits, log);
    this.#follow(exchange, holding);
    return exchange;
  }

  #follow(exchange: Exchange, holding: Holding): void {
    this.#open.add(exchange);
    exchange.onClosed(() => {
      this.#open.delete(exchange);
      holding.release();
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

  async #readiness(response: ServerResponse): Promise<void> {
    const { admission, runtime } = this.parts;
    const ready = !admission.draining && (await runtime.isReady());
    this.#health(response, ready ? 200 : 503, ready ? 'ready' : admission.draining ? 'draining' : 'server_unavailable');
  }

  #health(response: ServerResponse, status: number, word: string): void {
    const { sessions, slots } = this.parts;
    this.#write(response, status, { status: word, activeSessions: sessions.count, slotsInUse: slots.inUse, slots: slots.capacity });
  }

  #plain(response: ServerResponse, error: FleetError): void {
    this.#write(response, error.status, { jsonrpc: '2.0', id: null, error: error.toJsonRpc() }, 'not_taken');
  }

  #write(response: ServerResponse, status: number, body: object, reason?: SidecarReason): void {
    const named = reason === undefined ? [] : [REASON_HEADER, reason];
    response.writeHead(status, ['content-type', 'application/json', INSTANCE_HEADER, this.parts.instance, ...named]);
    response.end(JSON.stringify(body));
  }
}

/**
 * @param holding room for the body, as long as it is there
 * @throws FleetError PAYLOAD_TOO_LARGE, before more than `limit` bytes are kept
 */
async function readBody(request: IncomingMessage, limit: number, holding: Holding): Promise<Buffer | 'no room'> {
  const tooLarge = () => new FleetError('PAYLOAD_TOO_LARGE', { reason: `at most ${limit} bytes are allowed` });
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    let refused = false;
    /** What still comes is read, so that the answer is, and let go of. */
    const refuse = (tell: () => void) => {
      refused = true;
      chunks = [];
      holding.release();
      tell();
    };
    request.on('data', (chunk: Buffer) => {
      if (refused) return;
      size += chunk.length;
      if (size > limit) refuse(() => reject(tooLarge()));
      else if (!holding.grow(chunk.length)) refuse(() => resolve('no room'));
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.once('error', reject);
  });
}
