import { buildConnector, type Dispatcher, errors, Pool } from 'undici';
import { endedBy } from '../../core/endings';
import type { FleetError } from '../../core/errors';
import type { CallContext, ServerConfig } from '../../core/fleet-config';
import {
  CONTEXT_HEADER,
  INSIST_HEADER,
  INSTANCE_HEADER,
  LAST_EVENT_ID_HEADER,
  PARAM_HEADER_PREFIX,
  REASON_HEADER,
  SESSION_HEADER,
  SLOTS_HEADER,
  STICKINESS_COOKIE,
} from '../../core/headers';
import { Place } from '../../core/place';
import type { Decision } from '../../core/policy';
import { REDIRECT_LIMIT, redirectOf } from '../../core/redirect';
import type { CredentialField, Credentials } from '../credentials/credentials';
import type { Departure } from '../departure';
import type { Body } from './body';
import { longestCallMs } from './call-deadline';
import { ConnectionsAhead } from './connections-ahead';
import { decoded } from './decoding';
import { GuardedBody } from './guarded-body';
import { isStream } from './media-type';
import { pastOutdated } from './outdated';
import { type Delivery, type Incoming, TooLateError, TooManyError, Way } from './sending';
import type { SidecarBond } from './sidecar-keys';
import { failureOf } from './status';

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
  /** An outdated instance may take it. */
  readonly insists?: boolean;
  /** Of whom it is sent for, where it may wait for a slot. */
  readonly decision?: Pick<Decision, 'terms'>;
  readonly context: CallContext;
}

/** Request headers that go to the server as they came. All others, `Authorization` first of all, end here. */
const PASSED_HEADERS: ReadonlySet<string> = new Set([
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'traceparent',
  'tracestate',
  'baggage',
]);

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

/** @param text the header; @param cookie that leads to the instance, where the answer set one */
type HearSlots = (server: string, instance: string, text: string, cookie: string | undefined) => void;

/** What becomes known of servers beside their answers. */
export interface UpstreamNews {
  /** Hears what instances say of their slots with each answer. */
  readonly onSlots?: HearSlots;
  /** A request waited for a connection to a server whose connections are opened ahead. */
  readonly onCold?: (server: string) => void;
  /** No connection to such a server can be opened ahead. */
  readonly onSetback?: (server: string, reason: string) => void;
}

/** Connections to the listener of the sidecars and to remote servers; nothing here sends twice what may have been executed. */
export class Upstreams {
  private readonly ways = new Map<string, Way>();
  private readonly ahead: ConnectionsAhead[] = [];
  /** Where servers are asked, by name or address; remote ones may have said that they are elsewhere within their origin. */
  private readonly places = new Map<string, Place>();

  /**
   * @param tlsName server name to expect instead of the host, where one certificate serves the whole fleet
   * @param bind signs who calls for the sidecars of a server; undefined for a server without
   * @param credentials of servers that have some
   */
  constructor(
    private readonly serversUrl: string,
    private readonly tlsName: string | undefined,
    private readonly bind: (context: CallContext) => SidecarBond | undefined,
    private readonly now: () => number = Date.now,
    private readonly connections = CONNECTION_LIMIT,
    private readonly news: UpstreamNews = {},
    private readonly credentials?: Credentials,
  ) {}

  /**
   * Sends one request and resolves when the answer begins, for as long as somebody waits for it. A redirect within the origin of a remote
   * server is followed and remembered, and what an outdated instance refuses goes to another one.
   * @throws FleetError NOT_DELIVERED, AT_CAPACITY, UNKNOWN_SESSION, SERVER_UNAVAILABLE when nothing was executed; OUTCOME_UNKNOWN when
   *   that cannot be told
   */
  send(request: UpstreamRequest, departure?: Departure): Promise<UpstreamResponse> {
    // What belongs to an instance is refused by no deployment, or goes elsewhere by its sender's knowledge.
    if (request.session !== undefined || request.route !== undefined) return this.follow(request, departure);
    return pastOutdated((insists) => this.follow(insists ? { ...request, insists } : request, departure));
  }

  /** Opens connections to remote servers before anybody asks, as many as their operator says. */
  connectAhead(servers: Readonly<Record<string, ServerConfig>>): void {
    for (const [server, serverConfig] of Object.entries(servers)) {
      const { remoteUrl, remote } = serverConfig;
      if (remoteUrl !== undefined && remote?.warm !== undefined) this.way(new URL(remoteUrl).origin, { server, serverConfig });
    }
    for (const connections of this.ahead) connections.refill();
  }

  /** Cuts every connection; whoever still waits for an answer learns that it is lost. */
  async close(): Promise<void> {
    const ways = [...this.ways.values()];
    this.ways.clear();
    for (const connections of this.ahead.splice(0)) connections.close();
    await Promise.all(ways.map((way) => way.close()));
  }

  private async follow(request: UpstreamRequest, departure: Departure | undefined): Promise<UpstreamResponse> {
    const place = this.placeOf(request);
    const way = [place.url];
    for (;;) {
      const from = way.at(-1) as URL;
      const response = await this.showAndSend(from, request, departure);
      const target = redirectOf(response.status, response.headers.location, from);
      if (target === undefined) {
        place.note(way, request.method, response.status);
        return response;
      }
      response.body.letGo();
      if (typeof target === 'string') throw endedBy('redirected', `the server redirects ${target}`);
      if (request.serverConfig.remoteUrl === undefined) throw endedBy('redirected', 'the server redirects to another path');
      if (way.push(target) > REDIRECT_LIMIT + 1) throw endedBy('redirected', `the server redirects more than ${REDIRECT_LIMIT} times`);
    }
  }

  /** A server outside the fleet may have moved within its origin. */
  private placeOf({ server, serverConfig: { remoteUrl, serversUrl = this.serversUrl }, path }: UpstreamRequest): Place {
    // A path of its own is asked once.
    if (remoteUrl === undefined && path !== undefined) return new Place(new URL(`${serversUrl}/${server}/${path}`));
    const name = remoteUrl ?? `${serversUrl}/${server}/mcp`;
    const known = this.places.get(name) ?? new Place(new URL(name));
    this.places.set(name, known);
    return known;
  }

  /** What a server refuses by 401 was not executed. Its credential may have been rotated: it is shown once as it is now. */
  private async showAndSend(url: URL, request: UpstreamRequest, departure: Departure | undefined): Promise<UpstreamResponse> {
    const { server, serverConfig, path, context } = request;
    const { credentials } = this;
    // A path of its own is the sidecar's.
    if (credentials === undefined || serverConfig.credential === undefined || path !== undefined)
      return this.sendTo(url, request, departure);
    const response = await this.sendTo(url, request, departure, await credentials.of(server, context.agent));
    if (response.status !== 401) return response;
    response.body.letGo();
    const again = await this.sendTo(url, request, departure, await credentials.renewed(server, context.agent));
    if (again.status !== 401) return again;
    again.body.letGo();
    throw endedBy('no_credential', 'it answered 401 to what the gateway shows to it, which has just been read anew');
  }

  private async sendTo(
    url: URL,
    request: UpstreamRequest,
    departure: Departure | undefined,
    shown?: CredentialField,
  ): Promise<UpstreamResponse> {
    const bond = this.bind(request.context);
    const { deliverBy } = request.context;
    const delivery: Delivery = { begun: false, ...(deliverBy !== undefined && { by: deliverBy }) };
    const options: Dispatcher.DispatchOptions = {
      method: request.method as Dispatcher.HttpMethod,
      path: url.pathname + url.search,
      headers: [...headersOf(request, bond?.context), ...(shown === undefined ? [] : [shown.name, shown.value])],
      body: request.body ?? null,
      headersTimeout: longestCallMs(request.serverConfig),
      bodyTimeout: 0, // silence on a stream is no failure
    };
    const incoming = await this.way(url.origin, request)
      .send(options, delivery, departure)
      .catch((error: NodeJS.ErrnoException) => {
        throw transportError(error, delivery, longestCallMs(request.serverConfig));
      });
    return { ...this.accept(incoming, request), ...(bond !== undefined && { bond }) };
  }

  /** A server outside the fleet has no sidecar, and what it says in a sidecar's name is not heard. */
  private accept({ status, headers, body: coded }: Incoming, { server, serverConfig, context }: UpstreamRequest): UpstreamResponse {
    const remote = serverConfig.remoteUrl !== undefined;
    const instance = remote ? undefined : single(headers[INSTANCE_HEADER]);
    const cookie = stickinessCookie(headers['set-cookie']);
    const slots = headers[SLOTS_HEADER];
    if (instance !== undefined && typeof slots === 'string') this.news.onSlots?.(server, instance, slots, cookie);
    const failure = failureOf({ status, headers, instance, reason: remote ? undefined : single(headers[REASON_HEADER]) }, serverConfig);
    if (failure !== undefined) {
      coded.letGo();
      throw failure;
    }
    const body = decoded(coded, headers['content-encoding']);
    if (body === undefined) {
      coded.destroy();
      throw endedBy('answer_lost', 'its content coding is not known');
    }
    return {
      status,
      headers,
      body: this.guarded(body, headers, context),
      ...(instance !== undefined && { instance }),
      ...(cookie !== undefined && { cookie }),
    };
  }

  private guarded(body: Body, headers: Incoming['headers'], { server, agent }: CallContext): Body {
    const guard = this.credentials?.guardOf(server);
    if (guard === undefined) return body;
    const onLeak = (secret: string) => this.credentials?.noteLeak(server, secret);
    return new GuardedBody(body, guard.answer(isStream({ headers }), onLeak, agent), onLeak);
  }

  private way(origin: string, { server, serverConfig }: Pick<UpstreamRequest, 'server' | 'serverConfig'>): Way {
    const { remote, serversUrl = this.serversUrl } = serverConfig;
    const { certificateAuthorities: ca, warm } = remote ?? {};
    // What is opened ahead is of one server, whoever else is at its origin.
    const name = warm !== undefined ? `${origin} of ${server}` : ca === undefined ? origin : `${origin} ${ca}`;
    const known = this.ways.get(name);
    if (known !== undefined) return known;
    const servername = this.tlsName !== undefined && serversUrl.startsWith(origin) ? { servername: this.tlsName } : {};
    const options = { timeout: CONNECT_TIMEOUT_MS, ...servername, ...(ca !== undefined && { ca }) };
    const { connections } = this;
    const connect = warm === undefined ? options : this.openAhead(warm, new URL(origin), server, buildConnector(options));
    const way = new Way(new Pool(origin, { connect, connections, pipelining: 1 }), connections, this.now);
    this.ways.set(name, way);
    return way;
  }

  private openAhead(count: number, origin: URL, server: string, connect: buildConnector.connector): buildConnector.connector {
    const { onCold, onSetback } = this.news;
    const connections = new ConnectionsAhead({
      count,
      origin,
      connect,
      onCold: () => onCold?.(server),
      onSetback: (reason) => onSetback?.(server, reason),
    });
    this.ahead.push(connections);
    return connections.connect;
  }
}

/** What the body is and what is taken in return is said by us: a server that obeys a caller's charset would read another message. */
function headersOf(
  { headers: given, method, body, lastEventId, session, route = session?.cookie, insists }: UpstreamRequest,
  context: string | undefined,
): string[] {
  const fields: string[] = [];
  for (const name in given) {
    const value = given[name];
    if (typeof value === 'string' && (PASSED_HEADERS.has(name) || name.startsWith(PARAM_HEADER_PREFIX))) fields.push(name, value);
  }
  if (body !== undefined) fields.push('content-type', 'application/json');
  if (method !== 'DELETE') fields.push('accept', method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream');
  if (lastEventId !== undefined) fields.push(LAST_EVENT_ID_HEADER, lastEventId);
  if (session !== undefined) fields.push(SESSION_HEADER, session.upstream);
  if (route !== undefined) fields.push('cookie', `${STICKINESS_COOKIE}=${route}`);
  if (insists) fields.push(INSIST_HEADER, '1');
  if (context !== undefined) fields.push(CONTEXT_HEADER, context);
  return fields;
}

/** Whether bytes can have left is told by the first one that was written, not by an error's name. */
function transportError(error: NodeJS.ErrnoException, { begun }: Delivery, longestMs: number): FleetError {
  const code = error.code ?? error.name;
  if (error instanceof TooManyError) return endedBy('at_capacity', error.message, { retryAfterMs: 1_000 });
  if (error instanceof TooLateError) return endedBy('too_late', error.message);
  if (error instanceof errors.RequestAbortedError || error.name === 'AbortError')
    return endedBy('caller_left', 'the caller left and the request was cancelled');
  if (!begun) return endedBy('not_connected', `no connection to it (${code})`);
  if (error instanceof errors.HeadersTimeoutError) return endedBy('timeout', `no answer began within ${longestMs / 1_000} s`);
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
