import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { type Dispatcher, errors } from 'undici';
import { isAnswerTooLarge } from './refusal';
import type { Choice, Stallable } from './target-group';

export interface ForwardOptions {
  /** Milliseconds without a byte after which the exchange is cut. */
  readonly idleTimeout: number;
  /** Port on which the client came. */
  readonly port: number;
}

/** Headers of one connection only (RFC 9110 §7.6.1), and those that the load balancer writes itself. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-port',
]);
const NOT_RETURNED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'proxy-connection']);
/** A body up to this many bytes is sent in one piece; larger ones and those of unknown length are streamed. */
const ONE_PIECE = 65_536;

/** Sends a request to a target and streams the answer back, both ways under back-pressure. */
export async function forward(request: IncomingMessage, response: ServerResponse, choice: Choice, options: ForwardOptions): Promise<void> {
  const { target } = choice;
  const exchange = new Exchange(response, choice);
  const body = bodyOf(request);
  try {
    target.pool.dispatch(
      {
        path: request.url as string,
        method: request.method as Dispatcher.HttpMethod,
        headers: requestHeaders(request, options.port),
        body: body instanceof Promise ? await body : body,
        headersTimeout: options.idleTimeout,
        bodyTimeout: options.idleTimeout,
      },
      exchange,
    );
  } catch (error) {
    exchange.fail(error as Error);
  }
}

/** One request and its answer. */
class Exchange implements Dispatcher.DispatchHandler, Stallable {
  private controller: Dispatcher.DispatchController | undefined;
  private done = false;
  private stalled = false;
  /** What came while it was stalled. */
  private readonly late: (() => void)[] = [];

  constructor(
    private readonly response: ServerResponse,
    private readonly choice: Choice,
  ) {
    choice.target.inFlight++;
    choice.target.exchanges.add(this);
    response.once('close', () => {
      this.finish();
      if (!response.writableFinished) this.controller?.abort(new Error('the client left'));
    });
    response.on('drain', () => this.stalled || this.controller?.resume());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.response.destroyed) controller.abort(new Error('the client left'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _headers: unknown, statusText?: string): void {
    if (status < 200 || this.response.destroyed) return;
    if (isAnswerTooLarge(controller.rawHeaders as Buffer[])) {
      controller.abort(new Error('the headers of the answer are too large'));
      return;
    }
    const { headers, sized } = responseHeaders(controller.rawHeaders as Buffer[], this.choice.setCookies);
    this.pass(() => {
      this.response.writeHead(status, statusText, headers);
      // The first byte of a stream may come much later than its headers.
      if (!sized) this.response.flushHeaders();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.pass(() => this.response.write(chunk) || controller.pause());
  }

  onResponseEnd(): void {
    this.pass(() => this.response.end());
  }

  stall(): void {
    this.stalled = true;
    this.controller?.pause();
  }

  goOn(): void {
    this.stalled = false;
    for (const step of this.late.splice(0)) step();
    if (!this.response.writableNeedDrain) this.controller?.resume();
  }

  private pass(step: () => unknown): void {
    if (this.stalled) this.late.push(step);
    else step();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.pass(() => this.fail(error));
  }

  /** Before the headers a failure has a status; after them the connection is all that can say it. */
  fail(error: Error): void {
    const { response } = this;
    if (response.destroyed) return;
    if (response.headersSent) response.destroy();
    else {
      const timedOut = error instanceof errors.HeadersTimeoutError || error instanceof errors.ConnectTimeoutError;
      answerPlain(response, timedOut ? 504 : 502, timedOut ? 'Gateway Time-out' : 'Bad Gateway');
    }
  }

  private finish(): void {
    if (this.done) return;
    this.done = true;
    this.choice.target.inFlight--;
    this.choice.target.exchanges.delete(this);
  }
}

/** An answer of the load balancer itself, as its error pages look. */
export function answerPlain(response: ServerResponse, status: number, text: string): void {
  const body = plainPage(status, text);
  response.writeHead(status, { server: 'awselb/2.0', 'content-type': 'text/html', 'content-length': Buffer.byteLength(body) }).end(body);
}

export function plainPage(status: number, text: string): string {
  return `<html>\r\n<head><title>${status} ${text}</title></head>\r\n<body>\r\n<center><h1>${status} ${text}</h1></center>\r\n</body>\r\n</html>\r\n`;
}

function requestHeaders(request: IncomingMessage, port: number): string[] {
  const { rawHeaders, headers, socket } = request;
  const forwarded: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (!NOT_FORWARDED.has(name.toLowerCase())) forwarded.push(name, rawHeaders[i + 1] as string);
  }
  const before = headers['x-forwarded-for'];
  const client = socket.remoteAddress ?? '127.0.0.1';
  forwarded.push(
    'X-Forwarded-For',
    before ? `${before}, ${client}` : client,
    'X-Forwarded-Proto',
    'encrypted' in socket ? 'https' : 'http',
    'X-Forwarded-Port',
    String(port),
  );
  if (!headers['x-amzn-trace-id']) forwarded.push('X-Amzn-Trace-Id', traceId());
  return forwarded;
}

function responseHeaders(raw: readonly Buffer[], setCookies: readonly string[]): { headers: string[]; sized: boolean } {
  const headers: string[] = [];
  let sized = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as Buffer).toString('latin1');
    const lower = name.toLowerCase();
    if (NOT_RETURNED.has(lower)) continue;
    sized ||= lower === 'content-length';
    headers.push(name, (raw[i + 1] as Buffer).toString('latin1'));
  }
  for (const cookie of setCookies) headers.push('Set-Cookie', cookie);
  return { headers, sized };
}

function bodyOf(request: IncomingMessage): Readable | Promise<Buffer> | null {
  const length = request.headers['content-length'];
  if (length === undefined && request.headers['transfer-encoding'] === undefined) return null;
  if (length === '0') return null;
  return length !== undefined && Number(length) <= ONE_PIECE ? inOnePiece(request) : streamed(request);
}

async function inOnePiece(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** Stands between the client and undici, which destroys a body that it no longer needs: the client's connection must survive that. */
function streamed(request: IncomingMessage): Readable {
  const body = request.pipe(new PassThrough());
  body.once('close', () => {
    request.unpipe(body);
    request.resume();
  });
  body.on('error', () => {});
  request.once('error', (error) => body.destroy(error));
  request.once('close', () => {
    if (!request.complete) body.destroy(new Error('the client left'));
  });
  return body;
}

/** `Root=1-{seconds, 8 hex}-{96 random bits}` (X-Ray tracing header). */
function traceId(): string {
  return `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
}
