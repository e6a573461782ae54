import type { Readable } from 'node:stream';
import { type Dispatcher, errors, Pool } from 'undici';
import { endedBy, type LossName } from '../../core/endings';
import type { FleetError } from '../../core/errors';
import type { CallContext, ServerConfig } from '../../core/fleet-config';
import {
  CONTEXT_HEADER,
  INSTANCE_HEADER,
  isSidecarReason,
  LAST_EVENT_ID_HEADER,
  PARAM_HEADER_PREFIX,
  REASON_HEADER,
  SESSION_HEADER,
  SIDECAR_REASONS,
  type SidecarReason,
  STICKINESS_COOKIE,
} from '../../core/headers';
import { bounded, TooManyError } from './bounded';
import { punctual, TooLateError } from './punctual';

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
  /** Lower-case headers; only those that concern the server are sent. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: Buffer;
  /** The session's place, where it has one. */
  readonly session?: { readonly upstream: string; readonly cookie?: string };
  /** Stickiness cookie of a request that belongs to an instance and to no session. */
  readonly route?: string;
  readonly context: CallContext;
}

/** Request headers that go to the server as they came. All others, `Authorization` first of all, end here. */
const PASSED_HEADERS = [
  'content-type',
  'accept',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  LAST_EVENT_ID_HEADER,
  'traceparent',
  'tracestate',
  'baggage',
];

/** Errors that undici raises before a connection stands, when no byte of a request can have left. */
const CONNECT_ERRORS = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** What began to come back. */
export interface UpstreamResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
  readonly instance?: string;
  /** Stickiness cookie that the load balancer set. */
  readonly cookie?: string;
}

/** Connections to the listener of the sidecars and to remote servers; nothing here ever sends a request twice. */
export class Upstreams {
  private readonly pools = new Map<string, Dispatcher>();

  /**
   * @param tlsName server name to expect instead of the host, where one certificate serves the whole fleet
   * @param signContext signs who calls for the sidecars of a server; undefined for a server without
   */
  constructor(
    private readonly serversUrl: string,
    private readonly tlsName: string | undefined,
    private readonly sign: (context: CallContext) => string | undefined,
    private readonly now: () => number = Date.now,
    private readonly connections = CONNECTION_LIMIT,
  ) {}

  /**
   * Sends one request and resolves when the answer begins.
   * @throws FleetError NOT_DELIVERED, AT_CAPACITY, UNKNOWN_SESSION when nothing was executed; OUTCOME_UNKNOWN when that cannot be told
   */
  async send(request: UpstreamRequest, signal?: AbortSignal): Promise<UpstreamResponse> {
    const url = new URL(request.serverConfig.remoteUrl ?? `${this.serversUrl}/${request.server}/${request.path ?? 'mcp'}`);
    const response = await this.pool(url.origin)
      .request({
        method: request.method as Dispatcher.HttpMethod,
        path: url.pathname + url.search,
        headers: headersOf(request, this.sign(request.context)),
        body: request.body ?? null,
        headersTimeout: CALL_TIMEOUT_MS,
        bodyTimeout: 0, // silence on a stream is no failure
        signal: signal ?? null,
        ...deliverBy(request.context),
      })
      .catch((error: NodeJS.ErrnoException) => {
        throw transportError(error);
      });
    const { statusCode: status, headers, body } = response;
    body.on('error', () => undefined); // its readers learn of it; a body that is given up has none, and an unheard error ends the process
    const remote = request.serverConfig.remoteUrl !== undefined;
    // A server outside the fleet has no sidecar, and what it says in a sidecar's name is not heard.
    const instance = remote ? undefined : single(headers[INSTANCE_HEADER]);
    const failure = remote ? undefined : ownFailure(status, single(headers[REASON_HEADER]), instance === undefined);
    if (failure !== undefined) {
      body.resume(); // so that the connection can serve again
      throw failure;
    }
    const cookie = stickinessCookie(headers['set-cookie']);
    return { status, headers, body, ...(instance !== undefined && { instance }), ...(cookie !== undefined && { cookie }) };
  }

  /** Cuts every connection; whoever still waits for an answer learns that it is lost. */
  async close(): Promise<void> {
    const pools = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  private pool(origin: string): Dispatcher {
    const known = this.pools.get(origin);
    if (known !== undefined) return known;
    const servername = this.tlsName !== undefined && this.serversUrl.startsWith(origin) ? { servername: this.tlsName } : {};
    const connect = { timeout: CONNECT_TIMEOUT_MS, ...servername };
    const { connections } = this;
    const pool = new Pool(origin, { connect, connections, pipelining: 1 }).compose(punctual(this.now), bounded(connections));
    this.pools.set(origin, pool);
    return pool;
  }
}

/** Read by {@link punctual}. */
function deliverBy({ deliverBy: moment }: CallContext): object {
  return moment === undefined ? {} : { deliverBy: moment };
}

function headersOf(
  { headers: given, session, route = session?.cookie }: UpstreamRequest,
  context: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'string' && (PASSED_HEADERS.includes(name) || name.startsWith(PARAM_HEADER_PREFIX))) headers[name] = value;
  }
  if (session !== undefined) headers[SESSION_HEADER] = session.upstream;
  if (route !== undefined) headers.cookie = `${STICKINESS_COOKIE}=${route}`;
  if (context !== undefined) headers[CONTEXT_HEADER] = context;
  return headers;
}

function transportError(error: NodeJS.ErrnoException): FleetError {
  const code = error.code ?? error.name;
  if (error instanceof TooManyError) return endedBy('at_capacity', error.message, { retryAfterMs: 1_000 });
  if (error instanceof TooLateError) return endedBy('too_late', error.message);
  if (CONNECT_ERRORS.has(code)) return endedBy('not_connected', `no connection to the servers' load balancer (${code})`);
  if (error instanceof errors.HeadersTimeoutError) return endedBy('timeout', `no answer began within ${CALL_TIMEOUT_MS / 60_000} minutes`);
  if (error instanceof errors.RequestAbortedError || error.name === 'AbortError')
    return endedBy('caller_left', 'the caller left and the request was cancelled');
  return endedBy('connection_lost', `the connection broke after the request was sent (${code})`);
}

const REASON_ENDINGS: Readonly<Record<SidecarReason, LossName>> = {
  at_capacity: 'at_capacity',
  draining: 'refused',
  unknown_session: 'unknown_session',
  unauthenticated: 'refused',
  server_unavailable: 'refused',
  too_late: 'too_late',
  unknown_call: 'refused',
  rate_limited: 'refused',
  server_lost: 'instance_lost',
};

/** An answer that the server did not give: the sidecar's own, or (without an instance) the load balancer's. */
function ownFailure(status: number, reason: string | undefined, fromBalancer: boolean): FleetError | undefined {
  if (reason !== undefined && isSidecarReason(reason)) {
    const { delivered } = SIDECAR_REASONS[reason];
    const said = delivered ? 'the server ended after it was sent the request' : `the instance said ${reason}; nothing was executed`;
    return endedBy(REASON_ENDINGS[reason], said, { sidecar: reason, ...(reason === 'at_capacity' && { retryAfterMs: 1_000 }) });
  }
  if (!fromBalancer) return undefined;
  // 503: no healthy target. 404: no rule for the server. Neither was forwarded; all else may have been.
  if (status === 503 || status === 404) return endedBy('no_target', `the load balancer has no target (${status})`);
  return endedBy('instance_lost', `the load balancer lost the instance (${status})`);
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
