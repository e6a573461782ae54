import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { FORBIDDEN } from '../servers/tools';
import { dimension } from './dimension';
import { addHeader, type Draft, setHeader, textOf } from './draft';

const RAW = { client: ['raw'], server: ['sdk-v1', 'sdk-v2', 'express', 'worst'] };

/** The charset that the body is said to have, and the one that it has. A JSON body is UTF-8 (RFC 8259 § 8.1). */
export const charset = dimension<Draft>(RAW, {
  'utf-8': { kind: 'A1', expect: 'same', act: (d) => typed(d, 'charset=utf-8') },
  'utf-8-upper': { kind: 'A1', expect: 'same', act: (d) => typed(d, 'Charset=UTF-8') },
  'utf-8-quoted': { kind: 'A1', expect: 'same', act: (d) => typed(d, 'charset="utf-8"') },
  utf8: { kind: 'A1', expect: 'either', act: (d) => typed(d, 'charset=utf8') },
  'us-ascii': { kind: 'A1', expect: 'refused', act: (d) => typed(d, 'charset=us-ascii') },
  'latin-1': { kind: 'A1', expect: 'refused', act: (d) => encoded(d, 'iso-8859-1', textOf(d)) },
  'utf-7': { kind: 'A1', expect: 'refused', act: (d) => encoded(d, 'utf-7', textOf(d)) },
  'utf-7-hides-another-call': { kind: 'A1', expect: 'refused', act: (d) => typedBytes(d, 'utf-7', Buffer.from(hiding(d))) },
  'utf-16': { kind: 'A1', expect: 'refused', act: (d) => encoded(d, 'utf-16', textOf(d)) },
  'utf-16le': { kind: 'A1', expect: 'refused', act: (d) => encoded(d, 'utf-16le', textOf(d)) },
  'utf-16be': { kind: 'A1', expect: 'refused', act: (d) => encoded(d, 'utf-16be', textOf(d)) },
  'utf-32': { kind: 'A1', expect: 'refused', act: (d) => encoded(d, 'utf-32', textOf(d)) },
  'utf-16-unsaid': {
    kind: 'A1',
    expect: 'refused',
    act: (d) => {
      d.bytes = iconv.encode(textOf(d), 'utf-16le');
    },
  },
  twice: { kind: 'A1', expect: 'refused', act: (d) => typed(d, 'charset=utf-8; charset=utf-7') },
  unknown: { kind: 'A1', expect: 'refused', act: (d) => typed(d, 'charset=klingon') },
  empty: { kind: 'A1', expect: 'either', act: (d) => typed(d, 'charset=') },
});

/** Content codings of the request. */
export const coding = dimension<Draft>(RAW, {
  gzip: { kind: 'A9', expect: 'refused', act: (d) => coded(d, 'gzip', gzipSync) },
  deflate: { kind: 'A9', expect: 'refused', act: (d) => coded(d, 'deflate', deflateSync) },
  br: { kind: 'A9', expect: 'refused', act: (d) => coded(d, 'br', brotliCompressSync) },
  'gzip-unsaid': {
    kind: 'A9',
    expect: 'refused',
    act: (d) => {
      d.bytes = gzipSync(bytesOf(d));
    },
  },
  'gzip-said-only': { kind: 'A9', expect: 'refused', act: (d) => addHeader(d, 'content-encoding', 'gzip') },
  identity: { kind: 'A9', expect: 'either', act: (d) => addHeader(d, 'content-encoding', 'identity') },
  unknown: { kind: 'A9', expect: 'refused', act: (d) => addHeader(d, 'content-encoding', 'x-nobody') },
});

/** The text of the JSON. */
export const text = dimension<Draft>(RAW, {
  pretty: { expect: 'same', act: (d) => spell(d, spacedOut(textOf(d))) },
  spaces: { expect: 'same', act: (d) => spell(d, `\r\n\t ${textOf(d)} \r\n`) },
  'escaped-values': { expect: 'same', act: (d) => spell(d, textOf(d).replace('"tools/call"', '"tools\\/c\\u0061ll"')) },
  'escaped-names': { expect: 'same', act: (d) => spell(d, textOf(d).replace('"params"', '"p\\u0061rams"')) },
  bom: { kind: 'A8', expect: 'accepted', act: (d) => spell(d, `\ufeff${textOf(d)}`) },
  'form-feed': { expect: 'refused', act: (d) => spell(d, `\f${textOf(d)}`) },
  'trailing-comma': { expect: 'refused', act: (d) => spell(d, `${textOf(d).slice(0, -1)},}`) },
  comment: { expect: 'refused', act: (d) => spell(d, `/* call */${textOf(d)}`) },
  nan: { expect: 'refused', act: (d) => spell(d, `${textOf(d).slice(0, -1)},"n":NaN}`) },
  'trailing-text': { expect: 'refused', act: (d) => spell(d, `${textOf(d)} true`) },
  'two-texts': { expect: 'refused', act: (d) => spell(d, textOf(d) + textOf(d)) },
  'two-lines': { expect: 'refused', act: (d) => spell(d, `${textOf(d)}\n${textOf(d)}`) },
  cut: { expect: 'refused', act: (d) => spell(d, textOf(d).slice(0, -1)) },
  empty: { expect: 'refused', act: (d) => spell(d, '') },
  scalar: { expect: 'refused', act: (d) => spell(d, '"tools/call"') },
  null: { expect: 'refused', act: (d) => spell(d, 'null') },
  'single-quotes': { expect: 'refused', act: (d) => spell(d, textOf(d).replaceAll('"', "'")) },
  'invalid-utf8': { kind: 'A6', expect: 'refused', act: (d) => spliced(d, [0xff]) },
  overlong: { kind: 'A6', expect: 'refused', act: (d) => spliced(d, [0xc0, 0xa2]) },
  'surrogate-bytes': { kind: 'A6', expect: 'refused', act: (d) => spliced(d, [0xed, 0xa0, 0x80]) },
  'cut-character': { kind: 'A6', expect: 'refused', act: (d) => spliced(d, [0xe2, 0x82]) },
  'nul-behind': { expect: 'refused', act: (d) => spell(d, `${textOf(d)}\u0000`) },
});

export function bytesOf(draft: Draft): Buffer {
  return draft.bytes ?? Buffer.from(textOf(draft));
}

function typed(draft: Draft, parameter: string): void {
  setHeader(draft, 'content-type', `application/json; ${parameter}`);
}

function encoded(draft: Draft, name: string, words: string): void {
  typedBytes(draft, name, iconv.encode(words, name));
}

function typedBytes(draft: Draft, name: string, bytes: Buffer): void {
  typed(draft, `charset=${name}`);
  draft.bytes = bytes;
}

/** In UTF-8 a call of the agent's tool with a strange argument; in UTF-7 that argument ends early, and another call follows. */
function hiding(draft: Draft): string {
  const quote = '+ACI-';
  const hidden = [
    `${quote}+AH0-,${quote}name${quote}:${quote}${FORBIDDEN}${quote}`,
    `,${quote}arguments${quote}:+AHs-${quote}mark${quote}:${quote}${draft.mark}`,
  ].join('');
  return textOf(draft).replace('"mark":', `"x":${JSON.stringify(`a${hidden}`)},"mark":`);
}

function coded(draft: Draft, name: string, encode: (bytes: Buffer) => Buffer): void {
  addHeader(draft, 'content-encoding', name);
  draft.bytes = encode(bytesOf(draft));
}

function spell(draft: Draft, words: string): void {
  draft.text = words;
}

/** White space around every token but strings and numbers, which stay as they are spelled: a parser would round their digits. */
function spacedOut(words: string): string {
  return words.replace(/"(?:[^"\\]|\\.)*"|[{}[\]:,]/gs, (token) => (token.startsWith('"') ? token : `\n  ${token}\t `));
}

/** Puts bytes into a string value. */
function spliced(draft: Draft, bytes: number[]): void {
  const words = textOf(draft);
  const at = words.indexOf('"mark":"') + '"mark":"'.length;
  draft.bytes = Buffer.concat([Buffer.from(words.slice(0, at)), Buffer.from(bytes), Buffer.from(words.slice(at))]);
}
