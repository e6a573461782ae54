import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { AttemptLimits } from '../core/aws-limits';
import type { Answer } from '../ledger/table/exchange';

/** Far above a page of a query (1 MB; DynamoDB quotas) in JSON, or the keys of an issuer; in bytes. */
const ANSWER_LIMIT_BYTES = 16 * 1024 * 1024;

/** Codes of errors after which the SDK's handler says TimeoutError. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

export interface Request {
  readonly method: 'GET' | 'POST';
  /** Flat, names and values; `host` is one of them. */
  readonly headers: readonly string[];
  readonly body?: Buffer;
  /** Connections that are kept, of {@link keepingAgent}; without, one that is closed after the answer. */
  readonly agent?: http.Agent;
}

/** Keeps up to `most` connections to an address. */
export function keepingAgent(url: URL, most: number): http.Agent {
  return new (schemeOf(url).Agent)({ keepAlive: true, maxSockets: most });
}

/**
 * Sends one request by Node's own client and collects its answer, of which the last byte, too, must be there within `answerMs`.
 * Node's `fetch` takes three times as long to load. A redirect is an answer like any other.
 * @throws TimeoutError, by name, as the SDK's handler has it; AnswerTooLargeError; and what the network says
 */
export async function exchange(url: URL, request: Request, limits: Pick<AttemptLimits, 'connectMs' | 'answerMs'>): Promise<Answer> {
  const { method, headers, body, agent = false } = request;
  const { connectMs, answerMs } = limits;
  const gone = new AbortController();
  const connecting = setTimeout(() => gone.abort(late(`no connection within ${connectMs} ms`)), connectMs);
  const waiting = setTimeout(() => gone.abort(late(`no whole answer within ${answerMs} ms`)), answerMs);
  const length = body === undefined ? [] : ['content-length', String(body.length)];
  const sent = schemeOf(url).request(url, { method, agent, headers: [...headers, ...length], signal: gone.signal });
  sent.on('socket', (socket) => whenConnected(socket, () => clearTimeout(connecting)));
  // What breaks after the head is told by the body as well.
  sent.on('error', () => undefined).end(body);
  let status: number | undefined;
  try {
    // With the signal, because Node tells a request that waits for a connection of nothing.
    const [response] = (await once(sent, 'response', { signal: gone.signal })) as [http.IncomingMessage];
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

function schemeOf({ protocol }: URL): typeof http | typeof https {
  return protocol === 'https:' ? https : http;
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
      const message = `an answer of more than ${ANSWER_LIMIT_BYTES} bytes`;
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
