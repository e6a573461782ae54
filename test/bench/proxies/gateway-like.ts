import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import { listen } from '../listen';

/**
 * The least that a gateway does in Node, without a ledger: it parses the message, verifies a signature and writes a line for the
 * audit, on undici's `dispatch`. Sessions are the server's own: what it verifies is a constant.
 */
const pool = new Pool(process.env.UPSTREAM as string, { connections: null, pipelining: 1 });
const key = createSecretKey(Buffer.from('the key of this process'));
const audit = createWriteStream(process.env.AUDIT as string);
const SIGNED = 'a session and where it is';
const SIGNATURE = mac(SIGNED);

/** Of one connection; neither is passed on. */
const OF_CONNECTION = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding']);

interface Message {
  readonly method: string;
  readonly params?: { readonly name?: string };
}

const server = createServer({ noDelay: true, keepAliveTimeout: 600_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => receive(request, response, Buffer.concat(chunks)));
});

function receive(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const message = body.length === 0 ? undefined : (JSON.parse(body.toString()) as Message);
  if (!timingSafeEqual(mac(SIGNED), SIGNATURE)) return void response.writeHead(404).end();
  const options: Dispatcher.DispatchOptions = {
    method: request.method as Dispatcher.HttpMethod,
    path: request.url as string,
    headers: passed(request.rawHeaders, 'content-length'),
    body: body.length === 0 ? null : body,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  pool.dispatch(
    options,
    answering(response, (status) => note(message, status)),
  );
}

/** Head and body leave together, unless the answer is a stream. */
function answering(response: ServerResponse, done: (status: number) => void): Dispatcher.DispatchHandler {
  let head: readonly string[] = [];
  let streams = false;
  const begin = () => {
    if (!response.headersSent) response.writeHead(response.statusCode, head as string[]);
  };
  return {
    onConnect: (abort) => void response.on('close', () => response.writableFinished || abort()),
    onHeaders: (status, raw) => {
      response.statusCode = status;
      head = passed(raw.map(String));
      streams = head.includes('text/event-stream');
      if (streams) {
        begin();
        response.flushHeaders();
      }
      return true;
    },
    onData: (chunk) => {
      begin();
      response.write(chunk);
      return true;
    },
    onComplete: () => {
      begin();
      response.end();
      done(response.statusCode);
    },
    onError: () => void response.destroy(),
  };
}

function passed(raw: readonly string[], but?: string): string[] {
  const headers: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    if (name !== but && !OF_CONNECTION.has(name)) headers.push(name, raw[at + 1] as string);
  }
  return headers;
}

function note(message: Message | undefined, status: number): void {
  if (message !== undefined)
    audit.write(`${JSON.stringify({ at: Date.now(), method: message.method, tool: message.params?.name, status })}\n`);
}

function mac(text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

listen(server);
