import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** Milliseconds of silence after which a comment keeps idle timers away; half of the shortest one on the way (ALB: 60 s by default). */
export const HEARTBEAT_MS = 15_000;

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

/** The answer to one request: one JSON body, or an SSE stream that ends with one. A client that left is written to no more. */
export class Reply {
  private heartbeat: NodeJS.Timeout | undefined;
  /** Whether the bytes written so far end between two events, where a comment may stand. */
  private betweenEvents = true;

  constructor(private readonly response: ServerResponse) {
    response.once('close', () => clearInterval(this.heartbeat));
    response.on('error', () => undefined); // the client is gone; `close` follows
  }

  get streaming(): boolean {
    return this.response.headersSent;
  }

  /** Turns the answer into an SSE stream. */
  openStream(headers: Record<string, string> = {}): void {
    if (this.response.headersSent) return;
    this.response.writeHead(200, { ...STREAM_HEADERS, ...headers });
    this.response.flushHeaders();
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  /** Writes one event; resolves when the client can take more, so that a slow reader slows the server down. */
  async sendEvent(event: StreamEvent): Promise<void> {
    this.openStream();
    await this.write(encodeEvent(event));
  }

  /** Passes bytes of an SSE stream on as they are. */
  async pass(chunk: Buffer): Promise<void> {
    const end = chunk.subarray(-4).toString('latin1');
    this.betweenEvents = end.endsWith('\n\n') || end.endsWith('\r\n\r\n');
    await this.write(chunk);
  }

  /** The whole answer as a body, or as the last event where a stream is open. */
  finish(status: number, text: string, headers: Record<string, string> = {}): void {
    if (this.response.destroyed || this.response.writableEnded) return;
    if (this.response.headersSent) {
      this.response.end(text === '' ? undefined : encodeEvent({ event: 'message', data: text }));
      return;
    }
    const type = text === '' ? {} : { 'content-type': 'application/json' };
    this.response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(text), ...headers });
    this.response.end(text);
  }

  /** Ends a passed stream. */
  end(): void {
    this.response.end();
  }

  private beat(): void {
    if (this.betweenEvents && !this.response.writableNeedDrain) this.response.write(':\n\n');
  }

  private async write(bytes: string | Buffer): Promise<void> {
    if (this.response.destroyed || this.response.write(bytes)) return;
    await Promise.race([once(this.response, 'drain'), once(this.response, 'close')]);
  }
}

function encodeEvent({ id, event, data, retry }: StreamEvent): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}${retry === undefined ? '' : `retry: ${retry}\n`}${lines.join('')}\n`;
}
