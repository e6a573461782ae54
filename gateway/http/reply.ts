import type { ServerResponse } from 'node:http';
import { joinHead } from '../../core/joined-head';
import type { Departure } from '../departure';

export interface StreamEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
  /** Milliseconds that the client should wait before it reconnects. */
  readonly retry?: number;
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // Some proxies buffer streams unless told not to.
  'x-accel-buffering': 'no',
};

/** The answer to one request: one JSON text, or an SSE stream that ends with one. A client that left is written to no more. */
export interface Reply {
  /** Whether a part of the answer has left. */
  readonly streaming: boolean;
  /** Whether a client can come back for the answer with an event id. */
  readonly resumable: boolean;
  /** Turns the answer into an SSE stream. */
  openStream(): void;
  /** Turns the answer into a stream that can be resumed: an empty event says where the answer will be, and the last one that it was it. */
  prime(firstId: string, lastId: string, retryMs?: number): void;
  /** Writes one event; resolves when the client can take more, so that a slow reader slows the server down. */
  sendEvent(event: StreamEvent): Promise<void>;
  finish(status: number, text: string, headers?: Readonly<Record<string, string>>): void;
  /** Gives several messages at once: a stream of them, that begins with the answer. */
  finishAll(headers: Readonly<Record<string, string>>, texts: readonly string[]): void;
  /** Ends a stream that has no answer. @param retryMs how soon its reader should open another */
  end(retryMs?: number): void;
  /** Breaks the answer off where it is: nothing more leaves, and it is not delivered. */
  cut(): void;
  /** Resolves when the answer is over: whether all of it was handed to a client that was still there. */
  delivered(): Promise<boolean>;
}

/** The answer to an HTTP request. */
export class HttpReply implements Reply {
  readonly resumable = true;
  /** Id of the last event of a stream that can be resumed. */
  private lastId: { readonly id?: string } = {};

  /** @param gone over when the response is closed */
  constructor(
    private readonly response: ServerResponse,
    private readonly gone: Departure,
    private readonly heartbeatMs: number,
  ) {
    response.on('error', ignore); // the client is gone; `close` follows
  }

  get streaming(): boolean {
    return this.response.headersSent;
  }

  openStream(): void {
    if (this.response.headersSent || this.response.destroyed) return;
    this.response.writeHead(200, STREAM_HEADERS);
    this.response.flushHeaders();
    joinHead(this.response);
    const heartbeat = setInterval(() => this.beat(), this.heartbeatMs).unref();
    this.gone.whenOver(() => clearInterval(heartbeat));
  }

  prime(firstId: string, lastId: string, retryMs?: number): void {
    // An SDK that resumes after an error, too (v1), would ask for the same error for ever: its id tells that it has had it.
    this.lastId = { id: lastId };
    this.response.cork(); // head and event leave together
    void this.sendEvent({ id: firstId, data: '', ...(retryMs !== undefined && { retry: retryMs }) });
    this.response.uncork();
  }

  async sendEvent(event: StreamEvent): Promise<void> {
    this.openStream();
    await this.write(encodeEvent(event));
  }

  finish(status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
    if (this.response.destroyed || this.response.writableEnded) return;
    if (this.response.headersSent) {
      this.response.end(text === '' ? undefined : encodeEvent({ ...this.lastId, event: 'message', data: text }));
      return;
    }
    const head = text === '' ? [] : ['content-type', 'application/json'];
    head.push('content-length', String(Buffer.byteLength(text)));
    for (const name in headers) head.push(name, headers[name] as string);
    this.response.writeHead(status, head);
    this.response.end(text);
  }

  finishAll(headers: Readonly<Record<string, string>>, texts: readonly string[]): void {
    if (this.response.destroyed || this.response.headersSent) return;
    this.response.writeHead(200, { ...STREAM_HEADERS, ...headers });
    this.response.end(texts.map((data) => encodeEvent({ event: 'message', data })).join(''));
  }

  end(retryMs?: number): void {
    this.response.end(retryMs === undefined || !this.streaming ? undefined : `retry: ${retryMs}\n\n`);
  }

  cut(): void {
    this.response.destroy();
  }

  delivered(): Promise<boolean> {
    const { response } = this;
    if (response.destroyed || response.writableFinished) return Promise.resolve(response.writableFinished);
    return new Promise((resolve) => {
      response.once('finish', () => resolve(true)).once('close', () => resolve(response.writableFinished));
    });
  }

  private beat(): void {
    if (!this.response.writableNeedDrain) this.response.write(':\n\n');
  }

  private async write(bytes: string): Promise<void> {
    if (this.response.destroyed || this.response.write(bytes)) return;
    await this.drained();
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.response.off('drain', done).off('close', done);
        resolve();
      };
      this.response.on('drain', done).on('close', done);
    });
  }
}

function ignore(): void {}

function encodeEvent({ id, event, data, retry }: StreamEvent): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}${retry === undefined ? '' : `retry: ${retry}\n`}${lines.join('')}\n`;
}
