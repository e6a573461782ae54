import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { AttemptLimits } from '../../core/aws-limits';
import type { Answer } from '../../ledger/table/exchange';

/** Far above a page of a query (1 MB; DynamoDB quotas) in JSON, in bytes. */
const ANSWER_LIMIT_BYTES = 16 * 1024 * 1024;

/** Codes of errors after which the SDK's handler says TimeoutError. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** To one endpoint, by Node's own client, over connections that are kept. */
export class Line {
  private readonly scheme: typeof http | typeof https;
  private readonly agent: http.Agent;

  constructor(
    private readonly url: URL,
    private readonly limits: Pick<AttemptLimits, 'connectMs' | 'answerMs' | 'connections'>,
  ) {
    this.scheme = url.protocol === 'https:' ? https : http;
    this.agent = new this.scheme.Agent({ keepAlive: true, maxSockets: limits.connections });
  }

  /**
   * Sends one request and collects its answer, of which the last byte, too, must be there within `answerMs`.
   * @throws TimeoutError, by name, as the SDK's handler has it; AnswerTooLargeError; and what the network says
   */
  async post(headers: readonly string[], body: Buffer): Promise<Answer> {
    const gone = new AbortController();
    const { connectMs, answerMs } = this.limits;
    const connecting = setTimeout(() => gone.abort(late(`no connection within ${connectMs} ms`)), connectMs);
    const waiting = setTimeout(() => gone.abort(late(`no whole answer within ${answerMs} ms`)), answerMs);
    const request = this.scheme.request(this.url, {
      method: 'POST',
      agent: this.agent,
      headers: [...headers, 'content-length', String(body.length)],
      signal: gone.signal,
    });
    request.on('socket', (socket) => whenConnected(socket, () => clearTimeout(connecting)));
    // What breaks after the head is told by the body as well.
    request.on('error', () => undefined).end(body);
    let status: number | undefined;
    try {
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      status = response.statusCode ?? 0;
      return { status, headers: response.headers, body: await bodyOf(response) };
    } catch (caught) {
      const error = gone.signal.aborted ? (gone.signal.reason as Error) : named(caught as NodeJS.ErrnoException);
      // A head that came says that the endpoint is there, as the SDK sees it.
      throw status === undefined ? error : Object.assign(error, { $metadata: { httpStatusCode: status } });
    } finally {
      clearTimeout(connecting);
      clearTimeout(waiting);
    }
  }

  close(): void {
    this.agent.destroy();
  }
}

function whenConnected(socket: Socket, then: () => void): void {
  if (socket.connecting) socket.once('connect', then);
  else then();
}

/** Leaving the loop closes the connection. */
async function bodyOf(response: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_LIMIT_BYTES) {
      const message = `an answer of more than ${ANSWER_LIMIT_BYTES} bytes; a page of DynamoDB has 1 MB`;
      throw Object.assign(new Error(message), { name: 'AnswerTooLargeError' });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function late(message: string): Error {
  return Object.assign(new Error(message), { name: 'TimeoutError', code: 'ETIMEDOUT' });
}

function named(error: NodeJS.ErrnoException): Error {
  return BROKEN.has(error.code ?? '') ? Object.assign(error, { name: 'TimeoutError' }) : error;
}
