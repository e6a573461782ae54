import { connect, type Socket } from 'node:net';
import { type Body, bodyOf } from './body';
import { type AnswerHead, fieldValue, HEAD_BYTES, MalformedMessage, readAnswerHead, staysOpen } from './head';
import type { Carrier, ServerRequest } from './server-request';

/** Longest time until a connection stands, in milliseconds. */
const CONNECT_MS = 10_000;
/** How long one is kept without a request: less than the 5 s after which Node's own servers end it. */
const IDLE_MS = 4_000;
/** A server may name its own time (`Keep-Alive: timeout`): no request may cross its end. */
const MARGIN_MS = 1_000;
/** Up to here, head and body leave as one buffer. */
const JOINED_BYTES = 16 * 1024;
const EMPTY_LINE = Buffer.from('\r\n\r\n');

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionEvents {
  /** It can serve again. */
  readonly onIdle: (connection: ServerConnection) => void;
  /** It can not. */
  readonly onGone: (connection: ServerConnection) => void;
}

/** One connection to a server: a request at a time, and its answer as it comes. Nothing is sent twice. */
export class ServerConnection implements Carrier {
  readonly #socket: Socket;
  readonly #pass = (part: Buffer) => this.#request?.handler.onBytes(this.#request, part);
  #request?: ServerRequest;
  /** Of a head that is not whole yet. */
  #beginning?: Buffer;
  /** Present behind the head. */
  #body?: Body;
  #staysOpen = true;
  #idleMs = IDLE_MS;
  #idleSince = 0;
  #error?: Error;

  constructor(
    address: Address,
    private readonly on: ConnectionEvents,
  ) {
    this.#socket = connect({ ...address, noDelay: true, timeout: CONNECT_MS });
    this.#socket.on('connect', () => this.#connected());
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('timeout', () => this.#waited());
    this.#socket.on('error', (error) => {
      this.#error ??= error;
    });
    this.#socket.on('close', () => this.#closed());
  }

  /** Whether a request may begin on it; timers can be late. */
  get fresh(): boolean {
    return this.#socket.writable && performance.now() - this.#idleSince < this.#idleMs;
  }

  /** Sends a request once the connection stands. */
  serve(request: ServerRequest): void {
    this.#request = request;
    if (!this.#socket.connecting) this.#begin(request);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** What it carried hears so at once. */
  break(error: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
    this.#fail();
  }

  #connected(): void {
    this.#socket.setTimeout(this.#idleMs);
    if (this.#request !== undefined) this.#begin(this.#request);
  }

  #begin(request: ServerRequest): void {
    const refused = request.begin(this);
    if (refused === undefined) {
      this.#write(request);
      return;
    }
    this.#request = undefined;
    this.#rest();
    request.fail(refused);
  }

  #write({ head, body }: ServerRequest): void {
    if (body === undefined || body.length > JOINED_BYTES) {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      if (body !== undefined) this.#socket.write(body);
      this.#socket.uncork();
      return;
    }
    const joined = Buffer.allocUnsafe(head.length + body.length);
    joined.write(head, 'latin1');
    body.copy(joined, head.length);
    this.#socket.write(joined);
  }

  #take(chunk: Buffer): void {
    try {
      let rest = chunk;
      while (rest.length > 0) {
        const request = this.#request;
        if (request === undefined) throw new MalformedMessage('the server sent what nobody asked for');
        rest = this.#body === undefined ? this.#takeHead(rest, request) : this.#body.push(rest, this.#pass);
        if (this.#request === request && this.#body?.whole) this.#finish(request, rest.length === 0);
        // It was given up meanwhile.
        if (this.#socket.destroyed) return;
      }
    } catch (error) {
      this.break(error as Error);
    }
  }

  /** @returns what stands behind the head */
  #takeHead(chunk: Buffer, request: ServerRequest): Buffer {
    const bytes = this.#beginning === undefined ? chunk : Buffer.concat([this.#beginning, chunk]);
    const end = bytes.indexOf(EMPTY_LINE);
    if (end > HEAD_BYTES || (end < 0 && bytes.length > HEAD_BYTES)) throw new MalformedMessage('the head of the answer is too long');
    this.#beginning = end < 0 ? bytes : undefined;
    if (end < 0) return bytes.subarray(bytes.length);
    const head = readAnswerHead(bytes.toString('latin1', 0, end + 2));
    if (head.status === 101) throw new MalformedMessage('the server changes the protocol unasked');
    if (head.status >= 200) this.#beginAnswer(head, request);
    return bytes.subarray(end + EMPTY_LINE.length);
  }

  #beginAnswer(head: AnswerHead, request: ServerRequest): void {
    this.#body = bodyOf(head);
    this.#staysOpen = staysOpen(head) && !this.#body.endsWithConnection;
    this.#heedTime(fieldValue(head.fields, 'keep-alive'));
    request.handler.onHead(request, head.status, head.fields);
  }

  #heedTime(said: string | undefined): void {
    const seconds = said === undefined ? undefined : /(?:^|[,\s])timeout=(\d{1,6})/i.exec(said)?.[1];
    const idleMs = seconds === undefined ? IDLE_MS : Math.min(IDLE_MS, Number(seconds) * 1000 - MARGIN_MS);
    if (idleMs <= 0) this.#staysOpen = false;
    else if (idleMs !== this.#idleMs) this.#socket.setTimeout(idleMs);
    this.#idleMs = Math.max(idleMs, 1);
  }

  /** @param clean whether nothing stands behind the answer */
  #finish(request: ServerRequest, clean: boolean): void {
    this.#request = undefined;
    this.#body = undefined;
    // A server may answer before it has read all; what is left of the request would be read as another.
    if (clean && this.#staysOpen && this.#socket.writableLength === 0) this.#rest();
    else this.#socket.destroy();
    request.end();
  }

  #rest(): void {
    this.#socket.resume();
    this.#idleSince = performance.now();
    this.on.onIdle(this);
  }

  #ended(): void {
    const request = this.#request;
    if (request === undefined || !this.#body?.endsWithConnection) return;
    this.#request = undefined;
    request.end();
  }

  #waited(): void {
    if (this.#socket.connecting) this.#error = Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' });
    if (this.#socket.connecting || this.#request === undefined) this.#socket.destroy();
  }

  #closed(): void {
    this.on.onGone(this);
    this.#fail();
  }

  #fail(): void {
    const request = this.#request;
    this.#request = undefined;
    request?.fail(this.#error ?? Object.assign(new Error('the server ended the connection'), { code: 'CONNECTION_ENDED' }));
  }
}
