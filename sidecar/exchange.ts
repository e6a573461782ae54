import type { KeyObject } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type ErrorName, FleetError } from '../core/errors';
import type { CallContext } from '../core/fleet-config';
import {
  CONTEXT_HEADER,
  INSTANCE_HEADER,
  LAST_EVENT_ID_HEADER,
  PROTOCOL_VERSION_HEADER,
  REASON_HEADER,
  SIDECAR_REASONS,
  type SidecarReason,
  SLOTS_HEADER,
} from '../core/headers';
import { joinHead } from '../core/joined-head';
import { classifyMessage, type JsonObject, type Message, type RequestId } from '../core/message';
import { EventBoundary } from '../core/reading/event-boundary';
import { signWord } from '../core/sidecar-word';
import type { Json } from '../core/strict-json';
import { COMMENT, EVENT_STREAM_HEADERS, messageEvent } from './event-stream';
import { type Glance, glanceAt } from './glance';
import type { Outlet } from './outlet';

/** How each reason reads as an error of the registry. */
const REASON_ERRORS: Readonly<Record<SidecarReason, ErrorName>> = {
  at_capacity: 'AT_CAPACITY',
  draining: 'AT_CAPACITY',
  outdated: 'AT_CAPACITY',
  unknown_session: 'UNKNOWN_SESSION',
  unauthenticated: 'UNAUTHENTICATED',
  server_unavailable: 'NOT_DELIVERED',
  server_ended: 'NOT_DELIVERED',
  too_late: 'NOT_DELIVERED',
  unknown_call: 'NOT_DELIVERED',
  not_taken: 'INVALID_REQUEST',
  rate_limited: 'NOT_DELIVERED',
  server_lost: 'OUTCOME_UNKNOWN',
  secret_told: 'OUTCOME_UNKNOWN',
};

export const TOO_LATE = 'the call came after the moment by which it had to be delivered';

/** How much sooner a stream may end, as a share of its age: what began together shall not begin anew together. */
const AGE_JITTER = 0.25;

const NONE: JsonObject = Object.freeze({});

/** By what an answer says that it is this sidecar's. */
export interface Speaker {
  /** Id of this instance. */
  readonly instance: string;
  /** The key by which the gateway has signed the request. */
  readonly key: KeyObject;
  /** What it says of its slots with every answer. */
  readonly news: { readonly text: string };
}

/** One authenticated request of the gateway, and the answer it gets. */
export class Exchange {
  /** The message, once {@link parse} has read it. */
  #message?: Message;
  /** Id and method, once {@link asks} has read them. */
  #glance?: Glance;
  /** Headers that every answer carries, besides the instance's. */
  readonly headers: string[] = [];
  /** Whether the answer may become an event stream while the server is silent. */
  streamsWhenSilent = false;
  #begun = false;
  /** Present while the answer is an event stream. */
  #boundary?: EventBoundary;
  #lastWrite: number;
  /** When a stream without an end of its own ends; milliseconds since the epoch. */
  #endsAt = Number.POSITIVE_INFINITY;
  /** Run when the answer begins; present while somebody waits for that. */
  #starters?: (() => void)[];
  /** Run when it is closed; present once somebody waits for that. */
  #closers?: (() => void)[];

  constructor(
    readonly request: IncomingMessage,
    private outlet: Outlet,
    readonly context: CallContext,
    readonly body: Buffer | undefined,
    private readonly speaker: Speaker,
    /** Milliseconds since the epoch. */
    now: number,
  ) {
    this.#lastWrite = now;
  }

  get protocolVersion(): string | undefined {
    const given = this.request.headers[PROTOCOL_VERSION_HEADER];
    return typeof given === 'string' ? given : undefined;
  }

  /** The event behind which its stream goes on. */
  get lastEventId(): string | undefined {
    const given = this.request.headers[LAST_EVENT_ID_HEADER];
    return typeof given === 'string' ? given : undefined;
  }

  /** Whether the answer has begun. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Puts something between this exchange and where its answer goes. Before anybody waits for its end. */
  answerThrough(wrap: (outlet: Outlet) => Outlet): void {
    this.outlet = wrap(this.outlet);
  }

  /** Whether nothing more can be said: the answer is ended, or the gateway has left and nobody else wants it. */
  get closed(): boolean {
    return this.outlet.writableEnded || this.outlet.destroyed;
  }

  /** Whether the call must not be handed to the server any more. @param now milliseconds since the epoch */
  tooLate(now: number): boolean {
    const { deliverBy } = this.context;
    return deliverBy !== undefined && now > deliverBy;
  }

  /** Whether a gateway is there to read what is said; a claimed call goes on without. */
  get heard(): boolean {
    return !this.closed && !this.request.socket.destroyed;
  }

  /** Whether the whole answer was handed over. */
  get finished(): boolean {
    return this.outlet.writableFinished;
  }

  /** Whether the response has passed, where what passes is read for another reason already. */
  get answered(): boolean | undefined {
    return this.outlet.answered;
  }

  /** Bytes that wait because the gateway reads more slowly than is written. */
  get waitingBytes(): number {
    return this.outlet.writableLength;
  }

  /** Runs once, when nothing more can be said and the gateway has left or has the whole answer; at once if that is so. */
  onClosed(run: () => void): void {
    if (this.outlet.destroyed) {
      run();
      return;
    }
    if (this.#closers === undefined) {
      this.#closers = [];
      this.outlet.once('close', () => this.#close());
    }
    this.#closers.push(run);
  }

  /** Runs once the answer has begun; never where it is closed before. */
  onBegun(run: () => void): void {
    if (this.#begun) {
      run();
      return;
    }
    this.#starters ??= [];
    this.#starters.push(run);
  }

  #close(): void {
    for (const run of this.#closers ?? []) run();
  }

  /**
   * Id and method of the request that the body is; undefined where it is none. Of what a gateway has written, no more is read than that.
   * @throws FleetError PARSE_ERROR or INVALID_REQUEST
   */
  asks(): Glance | undefined {
    if (this.body === undefined) return undefined;
    this.#glance ??= glanceAt(this.body);
    if (this.#glance !== undefined) return this.#glance;
    const message = this.parse();
    if (message.kind === 'request') this.#glance = { id: JSON.stringify(message.id), method: message.method };
    return this.#glance;
  }

  /**
   * `_meta` of the request or notification that the body is. A gateway spells that word in one way: where it does not stand in what it
   * has written, there is none.
   * @throws FleetError PARSE_ERROR or INVALID_REQUEST
   */
  meta(): JsonObject {
    if (this.body === undefined || (glanceAt(this.body) !== undefined && !this.body.includes('"_meta"'))) return NONE;
    const message = this.parse();
    return message.kind === 'response' ? NONE : message.meta;
  }

  /**
   * Reads what the body says, once.
   * @throws FleetError PARSE_ERROR or INVALID_REQUEST
   */
  parse(): Message {
    this.#message ??= classifyMessage(parseJson(this.body));
    return this.#message;
  }

  /**
   * Starts the answer. The head leaves together with the first bytes of the body, or, of a stream, at the end of this turn.
   * @param headers flat name–value pairs, which are taken over
   */
  begin(status: number, headers: string[], streams = false): void {
    this.#begun = true;
    headers.push(...this.headers, INSTANCE_HEADER, this.speaker.instance, SLOTS_HEADER, this.speaker.news.text);
    this.outlet.writeHead(status, headers);
    const starters = this.#starters;
    this.#starters = undefined;
    for (const run of starters ?? []) run();
    if (!streams) return;
    this.#boundary = new EventBoundary();
    process.nextTick(() => {
      this.outlet.flushHeaders();
      joinHead(this.outlet);
    });
  }

  beginStream(): void {
    this.begin(200, [...EVENT_STREAM_HEADERS], true);
  }

  /** @returns false when the gateway reads more slowly than this is written; see {@link onDrain} */
  write(chunk: Buffer | string, now: number): boolean {
    this.#lastWrite = now;
    this.#boundary?.pass(chunk);
    return this.outlet.write(chunk);
  }

  onDrain(run: () => void): void {
    this.outlet.once('drain', run);
  }

  /** Sends one JSON-RPC message as an event. */
  event(json: string, now: number, id?: string): void {
    this.write(messageEvent(json, id), now);
  }

  end(): void {
    this.outlet.end();
  }

  /** Answers with one JSON text. */
  json(status: number, text: string | Buffer): void {
    this.begin(status, ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(text))]);
    this.outlet.end(text);
  }

  empty(status: number): void {
    this.begin(status, ['content-length', '0']);
    this.outlet.end();
  }

  /** The server's answer is passed on as it is, under a name by which a gateway knows what it means. */
  name(reason: SidecarReason): void {
    this.headers.push(REASON_HEADER, reason);
    this.outlet.disown?.(new FleetError(REASON_ERRORS[reason], { reason }));
  }

  /**
   * Answers for the sidecar itself: reason header, status and a JSON-RPC error without an id. Where the answer has become a stream while
   * the server was silent, the stream ends with the same word.
   */
  refuse(reason: SidecarReason, explanation: string): void {
    if (this.#boundary === undefined)
      this.#refuse(reason, new FleetError(REASON_ERRORS[reason], { reason: explanation }), SIDECAR_REASONS[reason].status);
    else this.#endStream(reason, explanation);
  }

  /** Answers for the sidecar itself that it does not take such a request. */
  refuseWith(error: FleetError): void {
    this.#refuse('not_taken', error, error.status);
  }

  #refuse(reason: SidecarReason, error: FleetError, status: number): void {
    this.headers.push(REASON_HEADER, reason);
    this.outlet.disown?.(error);
    this.json(status, JSON.stringify({ jsonrpc: '2.0', id: null, error: error.toJsonRpc() }));
  }

  /** The answer broke: what was sent of it must not pass for whole. */
  destroy(): void {
    this.outlet.destroy();
  }

  /**
   * Ends an answer that the server will not finish, so that the caller learns it: a typed error before the head,
   * an error event in a stream that stands between two events, a broken connection anywhere else.
   */
  cut(explanation: string, reason: SidecarReason = 'server_lost'): void {
    if (this.closed) return;
    if (!this.#begun || this.outlet.takeBack?.() === true) this.refuse(reason, explanation);
    else if (this.#boundary?.reached) this.#endStream(reason, explanation);
    else this.destroy();
  }

  /** No header can say any more whose word this is: a code over the request's own context does. */
  #endStream(reason: SidecarReason, explanation: string): void {
    const id = this.requestId();
    const context = this.request.headers[CONTEXT_HEADER];
    if (id !== undefined && typeof context === 'string') {
      const sidecar = signWord(reason, context, id, this.speaker.key);
      const error = new FleetError(REASON_ERRORS[reason], { reason: explanation, data: { sidecar } });
      this.outlet.disown?.(error);
      this.outlet.write(messageEvent(JSON.stringify({ jsonrpc: '2.0', id, error: error.toJsonRpc() })));
    }
    this.outlet.end();
  }

  /**
   * Ends a stream that has no end of its own once it has come of age, so that its reader opens another, wherever that is.
   * @param age milliseconds
   */
  endAtAge(age: number, now: number): void {
    this.#endsAt = now + age * (1 - AGE_JITTER * Math.random());
  }

  /**
   * Keeps a quiet connection from being cut: a comment between two events, or a stream where there is no answer yet. A stream that has
   * come of age ends between two events.
   */
  keepAlive(now: number, { heartbeat, streamAfter }: { heartbeat: number; streamAfter: number }): void {
    if (this.closed) return;
    if (now >= this.#endsAt && this.#boundary?.reached) {
      this.end();
      return;
    }
    const quiet = now - this.#lastWrite;
    if (!this.#begun && this.streamsWhenSilent && quiet >= streamAfter) this.beginStream();
    else if (!this.#boundary?.reached || quiet < heartbeat) return;
    this.write(COMMENT, now);
  }

  /** Of the request that the body is, where it can be read. */
  requestId(): RequestId | undefined {
    try {
      const asked = this.asks();
      return asked === undefined ? undefined : (JSON.parse(asked.id) as RequestId);
    } catch {
      return undefined;
    }
  }
}

/** The gateway has checked the text strictly; here it only has to be JSON. */
function parseJson(body: Buffer | undefined): Json {
  try {
    return JSON.parse(body?.toString() ?? '') as Json;
  } catch {
    throw new FleetError('PARSE_ERROR', { reason: 'it is not well-formed JSON' });
  }
}
