import type { Readable } from 'node:stream';
import { type Dispatcher, errors, Pool } from 'undici';
import { type ErrorName, FleetError } from '../core/errors';
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
} from '../core/headers';
import { signContext } from '../core/signed-context';
import type { Claimed } from './call';
import type { Gateway } from './gateway';

/** Longest time, in milliseconds, that a server may take until its answer begins. */
export const CALL_TIMEOUT_MS = 15 * 60_000;

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
  private readonly pools = new Map<string, Pool>();

  /** @param tlsName server name to expect instead of the host, where one certificate serves the whole fleet */
  constructor(
    private readonly serversUrl: string,
    private readonly tlsName?: string,
  ) {}

  /**
   * Sends one request and resolves when the answer begins.
   * @throws FleetError NOT_DELIVERED, AT_CAPACITY, UNKNOWN_SESSION when nothing was executed; OUTCOME_UNKNOWN when that cannot be told
   */
  async send(call: Claimed, gateway: Gateway, signal?: AbortSignal): Promise<UpstreamResponse> {
    const { origin, path } = this.target(call);
    const response = await this.pool(origin)
      .request({
        method: call.exchange.request.method as Dispatcher.HttpMethod,
        path,
        headers: headersFor(call, gateway),
        body: call.body ?? null,
        headersTimeout: CALL_TIMEOUT_MS,
        bodyTimeout: 0, // silence on a stream is no failure
        signal: signal ?? null,
      })
      .catch((error: NodeJS.ErrnoException) => {
        throw transportError(error);
      });
    const { statusCode: status, headers, body } = response;
    const instance = single(headers[INSTANCE_HEADER]);
    const failure = ownFailure(status, single(headers[REASON_HEADER]), instance === undefined && call.serverConfig.remoteUrl === undefined);
    if (failure !== undefined) {
      body.resume(); // so that the connection can serve again
      throw failure;
    }
    const cookie = stickinessCookie(headers['set-cookie']);
    return { status, headers, body, ...(instance !== undefined && { instance }), ...(cookie !== undefined && { cookie }) };
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.close()));
  }

  private target({ server, serverConfig }: Claimed): { origin: string; path: string } {
    const url = new URL(serverConfig.remoteUrl ?? `${this.serversUrl}/${server}/mcp`);
    return { origin: url.origin, path: url.pathname + url.search };
  }

  private pool(origin: string): Pool {
    const known = this.pools.get(origin);
    if (known !== undefined) return known;
    const servername = this.tlsName !== undefined && this.serversUrl.startsWith(origin) ? { connect: { servername: this.tlsName } } : {};
    const pool = new Pool(origin, { ...servername, pipelining: 1 });
    this.pools.set(origin, pool);
    return pool;
  }
}

function headersFor(call: Claimed, gateway: Gateway): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(call.exchange.request.headers)) {
    if (typeof value === 'string' && (PASSED_HEADERS.includes(name) || name.startsWith(PARAM_HEADER_PREFIX))) headers[name] = value;
  }
  if (call.session !== undefined) headers[SESSION_HEADER] = call.session.upstream;
  if (call.session?.cookie !== undefined) headers.cookie = `${STICKINESS_COOKIE}=${call.session.cookie}`;
  const key = gateway.sidecarKeys[call.server];
  if (key !== undefined) {
    const { agentId: agent, server, task, toolCall } = call;
    headers[CONTEXT_HEADER] = signContext(
      { agent, server, ...(task !== undefined && { task }), ...(toolCall !== undefined && { callId: toolCall.callId }) },
      key,
      gateway.now() / 1000,
    );
  }
  return headers;
}

function transportError(error: NodeJS.ErrnoException): FleetError {
  const code = error.code ?? error.name;
  if (CONNECT_ERRORS.has(code)) return new FleetError('NOT_DELIVERED', { reason: `no connection to the servers' load balancer (${code})` });
  if (error instanceof errors.RequestAbortedError || error.name === 'AbortError') {
    return new FleetError('OUTCOME_UNKNOWN', { reason: 'the caller left and the request was cancelled' });
  }
  return new FleetError('OUTCOME_UNKNOWN', { reason: `the connection broke after the request was sent (${code})` });
}

const REASON_ERRORS: Readonly<Record<SidecarReason, ErrorName>> = {
  at_capacity: 'AT_CAPACITY',
  draining: 'NOT_DELIVERED',
  unknown_session: 'UNKNOWN_SESSION',
  unauthenticated: 'NOT_DELIVERED',
  server_unavailable: 'NOT_DELIVERED',
  server_lost: 'OUTCOME_UNKNOWN',
};

/** An answer that the server did not give: the sidecar's own, or (without an instance) the load balancer's. */
function ownFailure(status: number, reason: string | undefined, fromBalancer: boolean): FleetError | undefined {
  if (reason !== undefined && isSidecarReason(reason)) {
    const { delivered } = SIDECAR_REASONS[reason];
    return new FleetError(REASON_ERRORS[reason], {
      reason: delivered ? 'the server ended after it was sent the request' : `the instance said ${reason}; nothing was executed`,
      ...(reason === 'at_capacity' && { retryAfterMs: 1_000 }),
    });
  }
  if (!fromBalancer) return undefined;
  // 503: no healthy target. 404: no rule for the server. Neither was forwarded; all else may have been.
  if (status === 503 || status === 404) return new FleetError('NOT_DELIVERED', { reason: `the load balancer has no target (${status})` });
  return new FleetError('OUTCOME_UNKNOWN', { reason: `the load balancer lost the instance (${status})` });
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
