import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { AttemptLimits } from '../../core/aws-limits';
import type { Connections, Turn } from './connections';

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Request {
  readonly path: string;
  readonly headers: string[];
  readonly body: Buffer;
}

type Limits = Pick<AttemptLimits, 'connectMs' | 'answerMs'>;

/**
 * Sends one request and collects its answer. How long a body may take is for who gives the signal.
 * @throws TimeoutError, by name, as the SDK's handler has it; and what the network says
 */
export function exchange(connections: Connections, request: Request, limits: Limits, signal?: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => new Exchange(connections, request, resolve, reject, signal).start(limits));
}

class Exchange implements Dispatcher.DispatchHandler, Turn {
  private ended = false;
  /** Set once a connection is there. */
  private controller: Dispatcher.DispatchController | undefined;
  private connecting: NodeJS.Timeout | undefined;
  private waiting: NodeJS.Timeout | undefined;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private readonly chunks: Buffer[] = [];
  private readonly leave = (): void => this.fail(gone());

  constructor(
    private readonly connections: Connections,
    private readonly request: Request,
    private readonly resolve: (answer: Answer) => void,
    private readonly reject: (error: Error) => void,
    private readonly signal: AbortSignal | undefined,
  ) {}

  start({ connectMs, answerMs }: Limits): void {
    if (this.signal?.aborted === true) {
      this.reject(gone());
      return;
    }
    this.signal?.addEventListener('abort', this.leave, { once: true });
    this.waiting = setTimeout(() => this.fail(late(`no answer within ${answerMs} ms`)), answerMs);
    this.connections.take(this);
    // One that stands and is free has been given by now.
    if (this.controller === undefined && !this.ended)
      this.connecting = setTimeout(() => this.fail(late(`no connection within ${connectMs} ms`)), connectMs);
  }

  begin(pool: Dispatcher): void {
    pool.dispatch({ method: 'POST', ...this.request }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    clearTimeout(this.connecting);
    // Nobody may wait for it any more.
    if (this.ended) controller.abort(gone());
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    clearTimeout(this.waiting);
    this.status = status;
    this.headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.ended) return;
    this.ended = true;
    this.settle();
    const [first = Buffer.alloc(0), ...more] = this.chunks;
    this.resolve({ status: this.status, headers: this.headers, body: more.length === 0 ? first : Buffer.concat(this.chunks) });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(readable(error));
  }

  private fail(error: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.controller?.abort(error);
    this.settle();
    // A head that came says that the endpoint is there, as the SDK sees it.
    this.reject(this.status === 0 ? error : Object.assign(error, { $metadata: { httpStatusCode: this.status } }));
  }

  private settle(): void {
    clearTimeout(this.connecting);
    clearTimeout(this.waiting);
    this.signal?.removeEventListener('abort', this.leave);
    this.connections.leave(this);
  }
}

function late(message: string): Error {
  return Object.assign(new Error(message), { name: 'TimeoutError', code: 'ETIMEDOUT' });
}

function gone(): Error {
  return Object.assign(new Error('Request aborted'), { name: 'AbortError' });
}

/** Codes of errors after which the SDK's handler says TimeoutError. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** An error in the words of Node's own client, by which the SDK and the gateway judge. */
function readable(error: Error & { code?: string }): Error {
  const { code } = error;
  if (code === 'UND_ERR_SOCKET')
    return Object.assign(new Error(`ECONNRESET (${error.message})`, { cause: error }), { name: 'TimeoutError', code: 'ECONNRESET' });
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return Object.assign(error, { name: 'TimeoutError' });
  return BROKEN.has(code ?? '') ? Object.assign(error, { name: 'TimeoutError' }) : error;
}
