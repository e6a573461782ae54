import { type Dispatcher, Pool } from 'undici';
import { PROTOCOL_VERSION_HEADER, SESSION_HEADER } from '../core/headers';
import { Place } from '../core/place';
import { REDIRECT_LIMIT, redirectOf } from '../core/redirect';
import { Decoding } from './decoding';
import type { Limits } from './limits';
import type { Logger } from './log';
import { Redirected } from './redirected';

/** What servers say of a session that they no longer know, whatever the status: SDK, fastmcp, server-everything. */
const SAYS_UNKNOWN = /no valid session|session (id )?(was )?not found|unknown session|session (has )?(expired|terminated)/i;
const PING = JSON.stringify({ jsonrpc: '2.0', id: 'fleet-still-there', method: 'ping' });

/** A session as its server knows it. */
export interface ServerSession {
  /** Absent before the server has given one. */
  readonly id?: string;
  /** `MCP-Protocol-Version` of its requests, once one was seen. */
  readonly version?: string;
}

/** The way to an HTTP server: for what is passed on, and for the sidecar's own few words. */
export class ServerLine {
  readonly #place: Place;
  readonly #pool: Pool;

  constructor(
    url: URL,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {
    this.#place = new Place(url, (path) => log.info({ path }, 'server_moved'));
    // A tool may think for minutes and a stream may be silent for hours; who waits for what is the gateway's policy.
    this.#pool = new Pool(url.origin, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 4_000 });
  }

  /** @param headers flat name–value pairs */
  send(method: Dispatcher.HttpMethod, headers: string[], body: Buffer | undefined, handler: Dispatcher.DispatchHandler): void {
    // A server that codes all the same is decoded; this keeps those that ask from doing it.
    const uncoded = [...headers, 'accept-encoding', 'identity'];
    const decoding = new Decoding(handler, this.limits.decodedBytes);
    this.#dispatch({ method, headers: uncoded, body }, decoding, [this.#place.url]);
  }

  /** @param way places that the request is sent to, one after the other: the last is next */
  #dispatch(options: Omit<Dispatcher.DispatchOptions, 'path'>, handler: Dispatcher.DispatchHandler, way: readonly URL[]): void {
    const to = way.at(-1) as URL;
    const following = new Redirected(handler, way.length > REDIRECT_LIMIT ? undefined : to, {
      onAnswer: (status) => this.#place.note(way, options.method, status),
      follow: (target) => this.#dispatch(options, handler, [...way, target]),
    });
    this.#pool.dispatch({ ...options, path: to.pathname + to.search }, following);
  }

  /** Tells the server that a session is over. Best effort. */
  endSession(session: ServerSession): void {
    this.#request('DELETE', session)
      .then(({ body }) => body.dump())
      .catch((error: Error) => this.log.warn({ code: error.name }, 'session_delete_failed'));
  }

  /** Gives the server one message that needs no answer. Best effort. */
  tell(session: ServerSession, message: string): void {
    this.#request('POST', session, message)
      .then(({ body }) => body.dump())
      .catch((error: Error) => this.log.warn({ code: error.name }, 'server_not_told'));
  }

  /** Whether the server itself says that it has no such session. What cannot be told is no. */
  async hasLost(session: ServerSession): Promise<boolean> {
    try {
      const { statusCode, body } = await this.#request('POST', session, PING);
      if (statusCode !== 400) {
        body.on('error', () => {}).destroy();
        return statusCode === 404;
      }
      const text = await body.text();
      return saysUnknown(text);
    } catch (error) {
      this.log.warn({ code: (error as Error).name }, 'session_not_asked');
      return false;
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #request(method: Dispatcher.HttpMethod, { id, version }: ServerSession, body?: string): Promise<Dispatcher.ResponseData> {
    const headers = {
      ...(body !== undefined && { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }),
      ...(id !== undefined && { [SESSION_HEADER]: id }),
      ...(version !== undefined && { [PROTOCOL_VERSION_HEADER]: version }),
      'accept-encoding': 'identity',
    };
    const times = { headersTimeout: this.limits.askSession, bodyTimeout: this.limits.askSession };
    let to = this.#place.url;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#pool.request({ path: to.pathname + to.search, method, headers, body, ...times });
      const target = redirectOf(response.statusCode, response.headers.location, to);
      if (!(target instanceof URL) || redirects === REDIRECT_LIMIT) return response;
      await response.body.dump();
      to = target;
    }
  }
}

export function saysUnknown(text: string): boolean {
  return SAYS_UNKNOWN.test(text);
}
