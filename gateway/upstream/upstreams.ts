import { type Dispatcher, errors, Pool } from 'undici';
import { endedBy } from '../../core/endings';
import type { FleetError } from '../../core/errors';
import type { CallContext, ServerConfig } from '../../core/fleet-config';
import {
  CONTEXT_HEADER,
  INSTANCE_HEADER,
  LAST_EVENT_ID_HEADER,
  PARAM_HEADER_PREFIX,
  REASON_HEADER,
  SESSION_HEADER,
  STICKINESS_COOKIE,
} from '../../core/headers';
import { Place } from '../../core/place';
import { REDIRECT_LIMIT, redirectOf } from '../../core/redirect';
import type { Departure } from '../departure';
import type { Body } from './body';
import { decoded } from './decoding';
import { type Delivery, type Incoming, TooLateError, TooManyError, Way } from './sending';
import type { SidecarBond } from './sidecar-keys';
import { failureOf } from './status';

/** Longest time, in milliseconds, that a server may take until its answer begins. */
export const CALL_TIMEOUT_MS = 15 * 60_000;

/** Longest time until a connection stands, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** Most connections to one origin, each with one request or stream: a sixth of the sockets that a task may have (`raiseFileLimit`). */
const CONNECTION_LIMIT = 10_000;

/** One request to a server: an agent's, or one of the gateway's own on its behalf. */
export interface UpstreamRequest {
  readonly server: string;
  readonly serverConfig: ServerConfig;
  readonly method: string;
  /** Path behind the server's name; default `mcp`. */
  readonly path?: string;
  /** Lower-case headers; only those that concern the server are sent, and none that says what the body is. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** One JSON-RPC message. */
  readonly body?: string;
  /** The server's own id of the event behind which a stream goes on. */
  readonly lastEventId?: string;
  /** The session's place, where it has one. */
  readonly session?: { readonly upstream: string; readonly cookie?: string };
  /** Stickiness cookie of a request that belongs to an instance and to no session. */
  readonly route?: string;
  readonly context: CallContext;
}

/** Request headers that go to the server as they came. All others, `Authorization` first of all, end here. */
const PASSED_HEADERS = ['mcp-protocol-version', 'mcp-method', 'mcp-name', 'traceparent', 'tracestate', 'baggage'];

/** What began to come back. */
export interface UpstreamResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Without a content coding. */
  readonly body: Body;
  readonly instance?: string;
  /** Stickiness cookie that the load balancer set. */
  readonly cookie?: string;
  /** Tells the words of its sidecar from those of the server, where it has one. */
  readonly bond?: Pick<SidecarBond, 'openWord'>;
}

/** Connections to the listener of the sidecars and to remote servers; nothing here sends twice what may have been executed. */
export class Upstreams {
  private readonly ways = new Map<string, Way>();
  /** Where remote servers have said that they are, within their origin. */
  private readonly places = new Map<string, Place>();

  /**
   * @param tlsName server name to expect instead of the host, where one certificate serves the whole fleet
   * @param bind signs who calls for the sidecars of a server; undefined for a server without
   */
  constructor(
    private readonly serversUrl: string,
    private readonly tlsName: string | undefined,
    private readonly bind: (context: CallContext) => SidecarBond | undefined,
    private readonly now: () => number = Date.now,
    private readonly connections = CONNECTION_LIMIT,
  ) {}

  /**
   * Sends one request and resolves when the answer begins, for as long as somebody waits for it. A redirect within the origin of a remote server is followed and remembered.
   * @throws FleetError NOT_DELIVERED, AT_CAPACITY, UNKNOWN_SESSION, SERVER_UNAVAILABLE when nothing was executed; OUTCOME_UNKNOWN when
   *   that cannot be told
   */
  async send(request: UpstreamRequest, departure?: Departure): Promise<UpstreamResponse> {
    const place = this.placeOf(request);
    const way = [place.url];
    for (;;) {
      const from = way.at(-1) as URL;
      const response = await this.sendTo(from, request, departure);
      const target = redirectOf(response.status, response.headers.location, from);
      if (target === undefined) {
        place.note(way, request.method, response.status);
        return response;
      }
      response.body.letGo();
      if (typeof target === 'string') throw endedBy('redirected', `the server redirects ${target}`);
      if (request.serverConfig.remoteUrl === undefined) throw endedBy('redirected', `the server redirects to ${target.pathname}`);
      if (way.push(target) > REDIRECT_LIMIT + 1) throw endedBy('redirected', `the server redirects more than ${REDIRECT_LIMIT} times`);
    }
  }

  /** Cuts every connection; whoever still waits for an answer learns that it is lost. */
  async close(): Promise<void> {
    const ways = [...this.ways.values()];
    this.ways.clear();
    await Promise.all(ways.map((way) => way.close()));
  }

  /** A server outside the fleet may have moved within its origin. */
  private placeOf({ server, serverConfig: { remoteUrl }, path }: UpstreamRequest): Place {
    if (remoteUrl === undefined) return new Place(new URL(`${this.serversUrl}/${server}/${path ?? 'mcp'}`));
    const known = this.places.get(remoteUrl) ?? new Place(new URL(remoteUrl));
    this.places.set(remoteUrl, known);
    return known;
  }

  private async sendTo(url: URL, request: UpstreamRequest, departure: Departure | undefined): Promise<UpstreamResponse> {
    const bond = this.bind(request.context);
    const { deliverBy } = request.context;
    const delivery: Delivery = { begun: false, ...(deliverBy !== undefined && { by: deliverBy }) };
    const options: Dispatcher.DispatchOptions = {
      method: request.method as Dispatcher.HttpMethod,
      path: url.pathname + url.search,
      headers: headersOf(request, bond?.context),
      body: request.body ?? null,
      headersTimeout: CALL_TIMEOUT_MS,
      bodyTimeout: 0, // silence on a stream is no failure
    };
    const incoming = await this.way(url.origin, request.serverConfig)
      .send(options, delivery, departure)
      .catch((error: NodeJS.ErrnoException) => {
        throw transportError(error, delivery);
      });
    return { ...this.accept(incoming, request), ...(bond !== undefined && { bond }) };
  }

  /** A server outside the fleet has no sidecar, and what it says in a sidecar's name is not heard. */
  private accept({ status, headers, body: coded }: Incoming, { serverConfig }: UpstreamRequest): UpstreamResponse {
    const remote = serverConfig.remoteUrl !== undefined;
    const instance = remote ? undefined : single(headers[INSTANCE_HEADER]);
    const failure = failureOf({ status, headers, instance, reason: remote ? undefined : single(headers[REASON_HEADER]) }, serverConfig);
    if (failure !== undefined) {
      coded.letGo();
      throw failure;
    }
    const body = decoded(coded, headers['content-encoding']);
    if (body === undefined) {
      coded.destroy();
      throw endedBy('answer_lost', `its content coding ${JSON.stringify(headers['content-encoding'])} is not known`);
    }
    const cookie = stickinessCookie(headers['set-cookie']);
    return { status, headers, body, ...(instance !== undefined && { instance }), ...(cookie !== undefined && { cookie }) };
  }

  private way(origin: string, { remote }: ServerConfig): Way {
    const ca = remote?.certificateAuthorities;
    const name = `${origin} ${ca ?? ''}`;
    const known = this.ways.get(name);
    if (known !== undefined) return known;
    const servername = this.tlsName !== undefined && this.serversUrl.startsWith(origin) ? { servername: this.tlsName } : {};
    const connect = { timeout: CONNECT_TIMEOUT_MS, ...servername, ...(ca !== undefined && { ca }) };
    const { connections } = this;
    const way = new Way(new Pool(origin, { connect, connections, pipelining: 1 }), connections, this.now);
    this.ways.set(name, way);
    return way;
  }
}

/** What the body is and what is taken in return is said by us: a server that obeys a caller's charset would read another message. */
function headersOf(
  { headers: given, method, body, lastEventId, session, route = session?.cookie }: UpstreamRequest,
  context: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'string' && (PASSED_HEADERS.includes(name) || name.startsWith(PARAM_HEADER_PREFIX))) headers[name] = value;
  }
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'DELETE') headers.accept = method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream';
  if (lastEventId !== undefined) headers[LAST_EVENT_ID_HEADER] = lastEventId;
  if (session !== undefined) headers[SESSION_HEADER] = session.upstream;
  if (route !== undefined) headers.cookie = `${STICKINESS_COOKIE}=${route}`;
  if (context !== undefined) headers[CONTEXT_HEADER] = context;
  return headers;
}

/** Whether bytes can have left is told by the first one that was written, not by an error's name. */
function transportError(error: NodeJS.ErrnoException, { begun }: Delivery): FleetError {
  const code = error.code ?? error.name;
  if (error instanceof TooManyError) return endedBy('at_capacity', error.message, { retryAfterMs: 1_000 });
  if (error instanceof TooLateError) return endedBy('too_late', error.message);
  if (error instanceof errors.RequestAbortedError || error.name === 'AbortError')
    return endedBy('caller_left', 'the caller left and the request was cancelled');
  if (!begun) return endedBy('not_connected', `no connection to it (${code})`);
  if (error instanceof errors.HeadersTimeoutError) return endedBy('timeout', `no answer began within ${CALL_TIMEOUT_MS / 60_000} minutes`);
  return endedBy('connection_lost', `the connection broke after the request was sent (${code})`);
}

function stickinessCookie(setCookie: string | string[] | undefined): string | undefined {
  for (const line of setCookie === undefined ? [] : [setCookie].flat()) {
    const value = line.startsWith(`${STICKINESS_COOKIE}=`) ? line.slice(STICKINESS_COOKIE.length + 1).split(';')[0] : undefined;
    if (value) return value;
  }
  return undefined;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
