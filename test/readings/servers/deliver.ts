import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Delivery, Reply } from '../generator/reply';

/** Writes a reply as it says. @param listener the session's GET stream */
export async function deliver(response: ServerResponse, reply: Reply, listener: ServerResponse | undefined): Promise<void> {
  if (reply.viaGet) {
    response.writeHead(202).end();
    if (listener !== undefined) listener.write(`data: ${reply.envelope.text()}\n\n`);
    return;
  }
  const { coding, status, delivery } = reply;
  const bytes = coded(Buffer.from(bodyOf(reply)), coding);
  const headers = [...reply.headers];
  if (coding !== undefined) headers.push(['content-encoding', CODING_NAMES[coding]]);
  if (delivery.length !== undefined) headers.push(['content-length', String(bytes.length + delivery.length)]);
  if (delivery.end === 'cut' && delivery.share < 0) return void response.destroy();
  response.writeHead(status, headers.flat());
  if (status === 204 || bytes.length === 0) response.flushHeaders();
  // What is no stream ends.
  await write(response, bytes, delivery.end === 'open' && !isStream(reply) ? { ...delivery, end: 'closed' } : delivery);
}

const CODING_NAMES = { gzip: 'gzip', deflate: 'deflate', br: 'br', 'gzip-cut': 'gzip', 'gzip-twice': 'gzip, gzip', unknown: 'x-nobody' };

function coded(bytes: Buffer, coding: Reply['coding']): Buffer {
  if (coding === 'gzip') return gzipSync(bytes);
  if (coding === 'deflate') return deflateSync(bytes);
  if (coding === 'br') return brotliCompressSync(bytes);
  if (coding === 'gzip-twice') return gzipSync(gzipSync(bytes));
  const packed = coding === 'gzip-cut' ? gzipSync(bytes) : bytes;
  return coding === 'gzip-cut' ? packed.subarray(0, packed.length - 9) : packed;
}

function bodyOf({ text, framing, envelope, before, after, stream }: Reply): string {
  if (framing !== 'sse') return text ?? envelope.text();
  const { lead, event, eol, between, tail } = stream;
  const said = [...before, text ?? envelope.text(), ...after].map((data) => data.replace(/[\r\n]+/g, ' ')); // a line end would end the event's line
  return lead + said.map((data) => between + event(data, eol)).join('') + tail;
}

/** Milliseconds for which a server leaves its stream open: what has not come by then never comes. */
const LEFT_OPEN_MS = 5_000;

async function write(response: ServerResponse, bytes: Buffer, { pieces, end, share }: Delivery): Promise<void> {
  const whole = end === 'cut' ? bytes.subarray(0, Math.floor(bytes.length * share)) : bytes;
  for (const [index, piece] of cutUp(whole, pieces).entries()) {
    response.write(piece); // a chunk of its own, whatever packet it travels in
    if (pieces !== 'bytes' || index % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (end === 'cut') setImmediate(() => response.destroy());
  else if (end === 'closed') response.end();
  else setTimeout(() => response.end(), LEFT_OPEN_MS);
}

function isStream({ headers }: Reply): boolean {
  return headers.some(([name, value]) => name === 'content-type' && /^text\/event-stream *(;|$)/i.test(value));
}

/** Most pieces that one answer is cut into. */
const PIECES = 400;

function cutUp(bytes: Buffer, pieces: Delivery['pieces']): Buffer[] {
  if (bytes.length === 0) return [];
  if (pieces === 'whole') return [bytes];
  if (pieces === 'halves') return [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];
  const step = pieces === 'bytes' ? Math.ceil(bytes.length / PIECES) : bytes.length;
  const cuts = pieces === 'bytes' ? [] : evilCuts(bytes);
  for (let at = step; at < bytes.length; at += step) cuts.push(at);
  return [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length));
}

/** Between CR and LF, and within characters of several bytes. */
function evilCuts(bytes: Buffer): number[] {
  const cuts: number[] = [];
  for (let at = 1; at < bytes.length && cuts.length < PIECES; at++) {
    const within = (bytes[at] as number) >> 6 === 2;
    if (within || bytes[at] === 0x0a) cuts.push(at);
  }
  return cuts;
}
