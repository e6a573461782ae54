import { between, randomOf } from '../../chaos/random';
import { MARK_HEADER } from '../servers/journal';
import { type Case, REQUEST_DIMENSIONS } from './case';
import type { Value } from './dimension';
import { type Draft, textOf } from './draft';
import { bytesOf } from './encodings';
import { Members } from './members';

/** How a request of a case is addressed on one of its two ways. */
export interface Way {
  readonly mark: string;
  readonly path: string;
  /** Absent where nobody asks who calls. */
  readonly token?: string;
  readonly session?: string;
}

/** A request as it goes on the wire. */
export interface WireRequest {
  /** Text of the message, as far as it is one. */
  readonly text: string;
  readonly pieces: readonly Buffer[];
  /** Whether the connection ends with what was written. */
  readonly ends: boolean;
}

export const REVISIONS: Readonly<Record<string, string>> = { legacy: '2025-11-25', batches: '2025-03-26', modern: '2026-07-28' };
const TOOL_NAMES: Readonly<Record<string, string>> = { read: 'balance', write: 'pay', keyed: 'transfer', slash: 'files/read' };

export function toolOf({ values }: Case): string {
  return TOOL_NAMES[values.tool ?? ''] ?? 'balance';
}

/** The requests of a case on one way, in order: one, or more where it comes again. */
export function requestsOf(subject: Case, way: Way): WireRequest[] {
  const first = draftOf(subject, way);
  return [first, ...first.repeats.map((change) => draftOf(subject, way, change))].map(wireOf);
}

/** @param change what is different this time; made on the message, before text and bytes are */
function draftOf(subject: Case, way: Way, change?: (draft: Draft) => void): Draft {
  const draft = plainDraft(subject, way);
  for (const [name, table] of Object.entries(REQUEST_DIMENSIONS) as [string, Readonly<Record<string, Value<Draft>>>][]) {
    if (name === 'text') change?.(draft);
    // Nobody asks for a token on the direct way, and the path is the server's own.
    if (way.token === undefined && (name === 'authorization' || name === 'path')) continue;
    table[subject.values[name] ?? '']?.act(draft);
  }
  return draft;
}

function plainDraft(subject: Case, { mark, token, session, path }: Way): Draft {
  const { era = 'legacy' } = subject.values;
  const modern = era === 'modern';
  const revision = REVISIONS[era] as string;
  const tool = toolOf(subject);
  const message = Members.of({
    jsonrpc: '2.0',
    id: 7,
    method: 'tools/call',
    params: {
      name: tool,
      arguments: { mark, amount: 1, ...(tool === 'transfer' && { reference: `ref-${mark}` }) },
      ...(modern && { _meta: modernMeta(mark) }),
    },
  });
  const headers: Draft['headers'] = [
    ['host', '127.0.0.1'],
    ['content-type', 'application/json'],
    ['accept', 'application/json, text/event-stream'],
    ['mcp-protocol-version', revision],
    [MARK_HEADER, mark],
  ];
  if (token !== undefined) headers.push(['authorization', `Bearer ${token}`]);
  if (session !== undefined) headers.push(['mcp-session-id', session]);
  if (modern) headers.push(['mcp-method', 'tools/call'], ['mcp-name', tool]);
  return {
    random: randomOf(`${subject.seed}/${subject.index}/bytes`),
    modern,
    tool,
    mark,
    path,
    message,
    headers,
    rawHeaders: '',
    wire: { framing: 'length', pieces: 'whole' },
    repeats: [],
  };
}

export function modernMeta(mark: string): object {
  return {
    'io.modelcontextprotocol/protocolVersion': REVISIONS.modern,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: mark, version: '1' },
  };
}

function wireOf(draft: Draft): WireRequest {
  const body = bytesOf(draft);
  const { framing, pieces } = draft.wire;
  const { lines, framed, ends = false } = FRAMINGS[framing](body, draft);
  const head = [`POST ${draft.path} HTTP/1.1`, ...draft.headers.map(([name, value]) => `${name}: ${value}`), ...lines].join('\r\n');
  const bytes = Buffer.concat([Buffer.from(`${head}\r\n${draft.rawHeaders}\r\n`, 'latin1'), framed]);
  return { text: textOf(draft), pieces: inPieces(bytes, pieces, draft), ends };
}

interface Framed {
  readonly lines: readonly string[];
  readonly framed: Buffer;
  readonly ends?: boolean;
}

const FRAMINGS: Readonly<Record<Draft['wire']['framing'], (body: Buffer, draft: Draft) => Framed>> = {
  length: (body) => ({ lines: [`content-length: ${body.length}`], framed: body }),
  expect: (body) => ({ lines: [`content-length: ${body.length}`, 'expect: 100-continue'], framed: body }),
  chunked: (body, draft) => ({ lines: CHUNKED, framed: chunks(cutAt(body, between(draft.random, 1, Math.max(2, body.length)))) }),
  'chunk-bytes': (body) => ({
    lines: CHUNKED,
    framed: chunks(body.length > 4_000 ? [body] : Array.from(body, (_, at) => body.subarray(at, at + 1))),
  }),
  'chunk-extension': (body) => ({ lines: CHUNKED, framed: chunks([body], ';name="a;b"') }),
  'chunk-trailer': (body) => ({ lines: CHUNKED, framed: chunks([body], '', 'content-type: text/plain\r\nmcp-name: admin\r\n') }),
  'length-twice': (body) => ({ lines: [`content-length: ${body.length}`, `content-length: ${body.length + 5}`], framed: body }),
  'length-and-chunked': (body) => ({ lines: [`content-length: ${body.length}`, ...CHUNKED], framed: chunks([body]) }),
  short: (body) => ({ lines: [`content-length: ${body.length + 5}`], framed: body, ends: true }),
  long: (body) => ({ lines: [`content-length: ${body.length}`], framed: Buffer.concat([body, Buffer.from('POST /hidden HTTP/1.1\r\n')]) }),
};

const CHUNKED = ['transfer-encoding: chunked'];

function chunks(parts: readonly Buffer[], extension = '', trailer = ''): Buffer {
  const sized = parts.filter(({ length }) => length > 0).flatMap((part) => [`${part.length.toString(16)}${extension}\r\n`, part, '\r\n']);
  return Buffer.concat([...sized, `0\r\n${trailer}\r\n`].map((part) => Buffer.from(part as string, 'latin1')));
}

function cutAt(bytes: Buffer, at: number): Buffer[] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

/** Most pieces of one request. */
const PIECES = 300;

function inPieces(bytes: Buffer, pieces: Draft['wire']['pieces'], { random }: Draft): Buffer[] {
  if (pieces === 'whole') return [bytes];
  if (pieces === 'halves') return cutAt(bytes, between(random, 1, bytes.length));
  const step = Math.ceil(bytes.length / PIECES);
  return Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) => bytes.subarray(at * step, (at + 1) * step));
}
