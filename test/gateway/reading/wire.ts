import { once } from 'node:events';
import { connect } from 'node:net';
import type { Rig } from '../rig';

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

export interface WireRequest {
  /** Default `POST`. */
  readonly method?: string;
  /** Default `/payments/mcp`. */
  readonly path?: string;
  /** Header lines byte by byte, after those that every request has; latin1. */
  readonly lines?: readonly string[];
  /** Takes the place of the right `Authorization`, which is the first line else. */
  readonly authorization?: readonly string[];
  /** Takes the place of `Content-Type: application/json`. */
  readonly contentType?: readonly string[];
  /** Takes the place of an `Accept` of both media types. */
  readonly accept?: readonly string[];
  readonly body?: string | Buffer;
}

/** Sends a request byte by byte, which no client library has put in order, and reads the whole answer. */
export async function sendOverWire(rig: Rig, subject: string, request: WireRequest): Promise<WireAnswer> {
  const {
    method = 'POST',
    path = '/payments/mcp',
    lines = [],
    authorization = [`Authorization: Bearer ${await rig.token(subject)}`],
    contentType = ['Content-Type: application/json'],
    accept = ['Accept: application/json, text/event-stream'],
    body = '',
  } = request;
  const { hostname, port, host } = new URL(rig.url);
  const socket = connect(Number(port), hostname);
  const bytes = Buffer.from(body);
  const length = bytes.length === 0 ? [] : [`Content-Length: ${bytes.length}`];
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: close',
    ...authorization,
    ...contentType,
    ...accept,
    ...length,
    ...lines,
  ];
  socket.write(Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'));
  socket.write(bytes);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  await once(socket, 'close');
  return parse(Buffer.concat(chunks));
}

function parse(bytes: Buffer): WireAnswer {
  const end = bytes.indexOf('\r\n\r\n');
  const [statusLine = '', ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  const rest = bytes.subarray(end + 4);
  const whole = headers.get('transfer-encoding') === 'chunked' ? unchunked(rest) : rest;
  return { status: Number(statusLine.split(' ')[1]), headers, text: whole.toString() };
}

function unchunked(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, end).toString(), 16);
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(chunks);
}
