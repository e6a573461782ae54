import { PROTOCOL_VERSION_HEADER, SESSION_HEADER } from '../core/headers';
import { Place } from '../core/place';
import { Asked } from './asked';
import type { Clock } from './clock';
import type { AnswerHandler } from './http1/answer-handler';
import { Connections } from './http1/connections';
import type { Limits } from './limits';
import type { Logger } from './log';
import { type OwnAnswer, OwnQuestion } from './own-question';

/** What servers say of a session that they no longer know, whatever the status: SDK, fastmcp, server-everything. */
const SAYS_UNKNOWN = /no valid session|session (id )?(was )?not found|unknown session|session (has )?(expired|terminated)/i;
const PING = JSON.stringify({ jsonrpc: '2.0', id: 'fleet-still-there', method: 'ping' });
const ONE_MESSAGE = ['content-type', 'application/json', 'accept', 'application/json, text/event-stream'];
/** A server that codes all the same is decoded; this keeps those that ask from doing it. */
const UNCODED = ['accept-encoding', 'identity'];

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
  readonly #connections: Connections;

  constructor(
    url: URL,
    private readonly clock: Clock,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {
    this.#place = new Place(url, (path) => log.info({ path }, 'server_moved'));
    // A tool may think for minutes and a stream may be silent for hours; who waits for what is the gateway's policy.
    this.#connections = new Connections({ host: url.hostname.replace(/[[\]]/g, ''), port: Number(url.port || 80) }, url.host);
  }

  /** @param fields flat name–value pairs, which are taken over */
  send(method: string, fields: string[], body: Buffer | undefined, handler: AnswerHandler): void {
    fields.push(...UNCODED);
    const asking = { method, fields, ...(body !== undefined && { body }) };
    new Asked(asking, handler, this.#connections, this.#place, [this.#place.url], this.limits.decodedBytes).send();
  }

  /** Sends an `initialize` of the sidecar's own. */
  open(message: string, handler: AnswerHandler): void {
    this.send('POST', [...ONE_MESSAGE], Buffer.from(message), handler);
  }

  /** Tells the server that a session is over. Best effort; resolves when that is done. */
  async endSession(session: ServerSession): Promise<void> {
    try {
      await this.#ask('DELETE', session);
    } catch (error) {
      this.log.warn({ code: (error as Error).name }, 'session_delete_failed');
    }
  }

  /** Gives the server one message that needs no answer. Best effort. */
  tell(session: ServerSession, message: string): void {
    this.#ask('POST', session, message).catch((error: Error) => this.log.warn({ code: error.name }, 'server_not_told'));
  }

  /** Whether the server itself says that it has no such session. What cannot be told is no. */
  async hasLost(session: ServerSession): Promise<boolean> {
    try {
      const { status, start } = await this.#ask('POST', session, PING);
      return status === 404 || (status === 400 && saysUnknown(start));
    } catch (error) {
      this.log.warn({ code: (error as Error).name }, 'session_not_asked');
      return false;
    }
  }

  /** Whether the server takes what is said in a session. What cannot be told in time is no. @param patience in milliseconds */
  async takes(session: ServerSession, patience: number): Promise<boolean> {
    try {
      return (await this.#ask('POST', session, PING, patience)).status < 300;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#connections.close();
  }

  #ask(method: string, { id, version }: ServerSession, body?: string, patience = this.limits.askSession): Promise<OwnAnswer> {
    const fields = body === undefined ? [] : [...ONE_MESSAGE];
    if (id !== undefined) fields.push(SESSION_HEADER, id);
    if (version !== undefined) fields.push(PROTOCOL_VERSION_HEADER, version);
    return new Promise((resolve, reject) => {
      const question = new OwnQuestion(this.limits.inspectedBytes, patience, this.clock, resolve, reject);
      this.send(method, fields, body === undefined ? undefined : Buffer.from(body), question);
    });
  }
}

export function saysUnknown(text: string): boolean {
  return SAYS_UNKNOWN.test(text);
}
