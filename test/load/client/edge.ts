import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

/** HTTP requests that were sent, by method. */
export interface Traffic {
  POST: number;
  GET: number;
  DELETE: number;
}

export interface EdgeRequest {
  readonly method: keyof Traffic;
  readonly session?: string;
  readonly lastEventId?: string;
  readonly message?: object;
  readonly signal?: AbortSignal;
  /** Milliseconds until the answer must begin. Default 60 000. */
  readonly timeout?: number;
}

const REVISION = '2025-11-25';
const TIMEOUT_MS = 60_000;

/** The way into the fleet for lean clients: HTTP/1.1 with the headers that the protocol asks for, and no cookies. */
export class Edge {
  private traffic: Traffic = { POST: 0, GET: 0, DELETE: 0 };
  private readonly pool: Pool;
  private readonly path: string;

  constructor(
    readonly endpoint: string,
    readonly token: string,
  ) {
    const url = new URL(endpoint);
    this.path = url.pathname;
    this.pool = new Pool(url.origin, { pipelining: 1 });
  }

  send({ method, session, lastEventId, message, signal, timeout = TIMEOUT_MS }: EdgeRequest): Promise<Dispatcher.ResponseData> {
    this.traffic[method]++;
    const headers: IncomingHttpHeaders = { authorization: `Bearer ${this.token}`, accept: ACCEPT[method] };
    if (message !== undefined) headers['content-type'] = 'application/json';
    if (session !== undefined) Object.assign(headers, { 'mcp-session-id': session, 'mcp-protocol-version': REVISION });
    if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
    const body = message === undefined ? null : JSON.stringify(message);
    return this.pool.request({
      path: this.path,
      method,
      headers,
      body,
      headersTimeout: timeout,
      bodyTimeout: 0, // a stream may be silent
      signal: signal ?? null,
    });
  }

  /** For official clients, so that their requests are counted too. */
  readonly fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    this.traffic[(init?.method ?? 'GET') as keyof Traffic]++;
    return fetch(input, init);
  };

  /** What was sent since the last time. */
  takeTraffic(): Traffic {
    const { traffic } = this;
    this.traffic = { POST: 0, GET: 0, DELETE: 0 };
    return traffic;
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

const ACCEPT = { POST: 'application/json, text/event-stream', GET: 'text/event-stream', DELETE: '*/*' } as const;
