import { dimension } from './dimension';
import { addHeader, type Draft, dropHeader, header, setHeader } from './draft';

const RAW = { client: ['raw'], server: ['sdk-v1', 'sdk-v2', 'express', 'worst'] };
const MODERN = { era: ['modern'] };
const CALL = { message: ['call'] };

const accepting = (expect: 'same' | 'accepted' | 'either' | 'refused', value: string) =>
  ({ kind: 'A8', expect, act: (d: Draft) => setHeader(d, 'accept', value) }) as const;

/** `Accept`, as RFC 9110 § 12.5.1 reads it. */
export const accept = dimension<Draft>(RAW, {
  anything: accepting('accepted', '*/*'),
  ranges: accepting('accepted', 'application/*, text/*'),
  weights: accepting('accepted', 'application/json;q=0.9, text/event-stream;q=0.1'),
  upper: accepting('accepted', 'Application/JSON, Text/Event-Stream'),
  spaces: accepting('accepted', 'application/json\t,  text/event-stream '),
  parameters: accepting('either', 'application/json;charset=utf-8, text/event-stream'),
  'json-only': accepting('either', 'application/json'),
  'without-stream': accepting('either', 'application/json, text/event-stream;q=0'),
  lookalike: accepting('refused', 'xapplication/json, xtext/event-stream'),
  absent: { kind: 'A8', expect: 'accepted', act: (d) => dropHeader(d, 'accept') },
  'two-lines': {
    kind: 'A8',
    expect: 'accepted',
    act: (d) => {
      setHeader(d, 'accept', 'application/json');
      addHeader(d, 'accept', 'text/event-stream');
    },
  },
});

/** `Authorization`; a server that is called directly asks for none. */
export const authorization = dimension<Draft>(
  { client: ['raw'] },
  {
    'two-spaces': { kind: 'A8', expect: 'accepted', act: (d) => bearer(d, (token) => `Bearer  ${token}`) },
    lower: { kind: 'A8', expect: 'accepted', act: (d) => bearer(d, (token) => `bearer ${token}`) },
    upper: { kind: 'A8', expect: 'accepted', act: (d) => bearer(d, (token) => `BEARER ${token}`) },
    twice: { kind: 'A9', expect: 'refused', act: (d) => addHeader(d, 'authorization', header(d, 'authorization')) },
    'twice-another': { kind: 'A9', expect: 'refused', act: (d) => addHeader(d, 'authorization', 'Bearer x') },
    joined: { kind: 'A9', expect: 'refused', act: (d) => bearer(d, (token) => `Bearer ${token}, Bearer ${token}`) },
    basic: { expect: 'refused', act: (d) => setHeader(d, 'authorization', 'Basic YTpi') },
    none: { expect: 'refused', act: (d) => dropHeader(d, 'authorization') },
    'wrong-signature': { expect: 'refused', act: (d) => bearer(d, (token) => `Bearer ${token.slice(0, -6)}AAAAAA`) },
    'no-scheme': { expect: 'refused', act: (d) => bearer(d, (token) => token) },
    'more-behind': { expect: 'refused', act: (d) => bearer(d, (token) => `Bearer ${token} more`) },
  },
);

/** Headers that come twice, are lists, are not ASCII, or do not say what the body says. */
export const repeated = dimension<Draft>(RAW, {
  'content-type-twice': { kind: 'A9', expect: 'refused', act: (d) => addHeader(d, 'content-type', 'application/json') },
  'content-type-twice-other': {
    kind: 'A9',
    expect: 'refused',
    act: (d) => addHeader(d, 'content-type', 'application/json; charset=utf-7'),
  },
  'content-type-joined': { kind: 'A9', expect: 'refused', act: (d) => setHeader(d, 'content-type', 'application/json, application/json') },
  'content-type-absent': { kind: 'A9', expect: 'refused', act: (d) => dropHeader(d, 'content-type') },
  'content-type-text': { kind: 'A9', expect: 'refused', act: (d) => setHeader(d, 'content-type', 'text/plain') },
  'content-type-like': { kind: 'A9', expect: 'refused', act: (d) => setHeader(d, 'content-type', 'application/jsonp') },
  'content-type-upper': {
    kind: 'A8',
    expect: 'same',
    act: (d) => retyped(d, (type) => type.replace('application/json', 'Application/JSON')),
  },
  'content-type-parameter': { kind: 'A8', expect: 'either', act: (d) => retyped(d, (type) => `${type}; profile=x`) },
  'session-twice': {
    kind: 'A9',
    expect: 'refused',
    needs: { era: ['legacy', 'batches'] },
    act: (d) => addHeader(d, 'mcp-session-id', header(d, 'mcp-session-id')),
  },
  'session-joined': {
    kind: 'A9',
    expect: 'refused',
    needs: { era: ['legacy', 'batches'] },
    act: (d) => setHeader(d, 'mcp-session-id', `${header(d, 'mcp-session-id')}, x`),
  },
  'session-empty': { kind: 'A8', expect: 'accepted', needs: MODERN, act: (d) => setHeader(d, 'mcp-session-id', '') },
  'session-other-bits': {
    kind: 'A6',
    expect: 'refused',
    needs: { era: ['legacy', 'batches'] },
    act: (d) => setHeader(d, 'mcp-session-id', otherBits(header(d, 'mcp-session-id'))),
  },
  'version-twice': { kind: 'A9', expect: 'refused', act: (d) => addHeader(d, 'mcp-protocol-version', header(d, 'mcp-protocol-version')) },
  'version-unknown': { kind: 'A9', expect: 'refused', act: (d) => setHeader(d, 'mcp-protocol-version', '1999-01-01') },
  'key-twice': { kind: 'A9', expect: 'refused', needs: CALL, act: (d) => twice(d, 'idempotency-key', '"k1"', '"k1"') },
  'key-twice-other': { kind: 'A9', expect: 'refused', needs: CALL, act: (d) => twice(d, 'idempotency-key', 'k1', 'k2') },
  'key-non-ascii': { kind: 'A9', expect: 'refused', needs: CALL, act: (d) => addHeader(d, 'idempotency-key', 'k\u00e9') },
  'task-twice': { kind: 'A9', expect: 'either', act: (d) => twice(d, 'mcp-fleet-task', 't1', 't2') },
  'method-twice': { kind: 'A9', expect: 'refused', needs: MODERN, act: (d) => addHeader(d, 'mcp-method', header(d, 'mcp-method')) },
  'method-other': { kind: 'A9', expect: 'refused', needs: MODERN, act: (d) => setHeader(d, 'mcp-method', 'tools/other') },
  'name-twice': {
    kind: 'A9',
    expect: 'refused',
    needs: { ...MODERN, ...CALL },
    act: (d) => addHeader(d, 'mcp-name', header(d, 'mcp-name')),
  },
  'name-other': { kind: 'A9', expect: 'refused', needs: { ...MODERN, ...CALL }, act: (d) => setHeader(d, 'mcp-name', 'admin') },
  'name-base64': {
    kind: 'A9',
    expect: 'same',
    needs: { ...MODERN, ...CALL },
    act: (d) => setHeader(d, 'mcp-name', `=?base64?${Buffer.from(header(d, 'mcp-name')).toString('base64')}?=`),
  },
  folded: { kind: 'A9', expect: 'refused', act: (d) => raw(d, 'x-folded: a\r\n b\r\n') },
  'folded-type': { kind: 'A9', expect: 'refused', act: (d) => raw(d, 'x-a: b\r\n content-type: text/plain\r\n') },
  'non-ascii-name': { kind: 'A9', expect: 'refused', needs: { ...MODERN, ...CALL }, act: (d) => setHeader(d, 'mcp-name', 'balanc\u00e9') },
  'space-before-colon': { kind: 'A9', expect: 'refused', act: (d) => raw(d, 'x-a : b\r\n') },
  'bare-line-feed': { kind: 'A9', expect: 'either', act: (d) => raw(d, 'x-a: b\n') },
});

/** Where the request goes. */
export const path = dimension<Draft>(RAW, {
  slash: { kind: 'A8', expect: 'accepted', act: (d) => along(d, (to) => `${to}/`) },
  query: { kind: 'A8', expect: 'either', act: (d) => along(d, (to) => `${to}?a=b`) },
  dots: { expect: 'either', act: (d) => along(d, (to) => `/x/..${to}`) },
  encoded: { expect: 'either', act: (d) => along(d, (to) => to.replace('/mcp', '/%6dcp')) },
  doubled: { expect: 'either', act: (d) => along(d, (to) => `/${to}`) },
  absolute: { expect: 'either', act: (d) => along(d, (to) => `http://127.0.0.1${to}`) },
  fragment: { expect: 'either', act: (d) => along(d, (to) => `${to}#x`) },
});

const WIRE = { client: ['raw'] };
const framed = (expect: 'same' | 'refused' | 'either', framing: Draft['wire']['framing']) =>
  ({
    expect,
    act: (d: Draft) => {
      d.wire.framing = framing;
    },
  }) as const;

/** How the body is framed (RFC 9112 § 6). */
export const framing = dimension<Draft>(WIRE, {
  chunked: framed('same', 'chunked'),
  'chunk-bytes': framed('same', 'chunk-bytes'),
  'chunk-extension': framed('same', 'chunk-extension'),
  'chunk-trailer': framed('same', 'chunk-trailer'),
  expect: framed('same', 'expect'),
  'length-twice': framed('refused', 'length-twice'),
  'length-and-chunked': framed('refused', 'length-and-chunked'),
  short: framed('refused', 'short'),
  long: framed('either', 'long'),
});

/** In which pieces the bytes come. */
export const writes = dimension<Draft>(WIRE, {
  halves: {
    expect: 'same',
    act: (d) => {
      d.wire.pieces = 'halves';
    },
  },
  bytes: {
    expect: 'same',
    act: (d) => {
      d.wire.pieces = 'bytes';
    },
  },
});

function bearer(draft: Draft, write: (token: string) => string): void {
  const standing = header(draft, 'authorization');
  if (standing !== '') setHeader(draft, 'authorization', write(standing.replace('Bearer ', '')));
}

function twice(draft: Draft, name: string, one: string, other: string): void {
  setHeader(draft, name, one);
  addHeader(draft, name, other);
}

function retyped(draft: Draft, change: (type: string) => string): void {
  setHeader(draft, 'content-type', change(header(draft, 'content-type')));
}

function raw(draft: Draft, lines: string): void {
  draft.rawHeaders += lines;
}

function along(draft: Draft, change: (path: string) => string): void {
  draft.path = change(draft.path);
}

/** The same bytes with other spare bits in the last character (RFC 4648 § 3.5), where it has any. */
function otherBits(id: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const spare = [0, 0, 4, 2][id.length % 4] as number;
  if (spare === 0) return `${id}=`;
  const last = alphabet.indexOf(id.at(-1) as string);
  return id.slice(0, -1) + alphabet[last ^ 1];
}
