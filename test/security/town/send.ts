import { Agent, type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Connection } from '../../readings/clients/connection';
import { type Answer, readAnswer } from './answer';

/** One HTTP request. */
export interface Sent {
  readonly url: string;
  readonly method?: string;
  /** Name–value pairs: a name may come twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Buffer;
}

const PATIENCE_MS = 60_000;
const MOMENT_MS = 3_000;
const pool = new Agent({ keepAlive: true, maxSockets: 64 });

/** Sends what Node's client can write. @throws Error when no answer comes */
export async function send({ url, method = 'POST', headers, body }: Sent): Promise<Answer> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const length: [string, string][] = body === undefined ? [] : [['content-length', String(Buffer.byteLength(body))]];
    const flat = [['host', new URL(url).host] as const, ...headers, ...length].flat();
    const asking = request(url, { method, agent: pool, headers: flat as unknown as Record<string, string> }, resolve);
    asking.setTimeout(PATIENCE_MS, () => asking.destroy(new Error(`no answer within ${PATIENCE_MS / 1000} s`)));
    asking.once('error', reject).end(body);
  });
  const text = method === 'GET' ? await beginningOf(incoming) : (await buffer(incoming)).toString();
  return readAnswer(incoming.statusCode ?? 0, incoming.headers, text);
}

/** What comes on a stream within a moment: one that nobody should have been given has no end. */
async function beginningOf(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  const timer = setTimeout(() => incoming.destroy(), MOMENT_MS);
  try {
    for await (const piece of incoming) pieces.push(piece as Buffer);
  } catch {
    // It was left.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(pieces).toString();
}

/** What came back for bytes that were written as they are; status 0 where the connection was closed without a word. */
export async function sendBytes(url: string, bytes: string | Buffer): Promise<Answer> {
  const connection = await Connection.open(url);
  try {
    await connection.write([Buffer.from(bytes as string, 'latin1')]);
    const { status, headers, body } = await connection.read({ patienceMs: PATIENCE_MS });
    return readAnswer(status, Object.fromEntries(headers), body.toString());
  } finally {
    connection.close();
  }
}
