import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gunzipSync, gzip } from 'node:zlib';
import { isObject, type JsonObject } from '../core/message';
import type { Json } from '../core/strict-json';
import type { LedgerRow } from './row';

/** Texts up to this many bytes are kept as they are; longer ones compressed. */
const PLAIN_LIMIT_BYTES = 32 * 1024;
/** Compressed texts beyond this are left out: two of them must fit into an item of 400 KB (DynamoDB limit). */
const STORED_LIMIT_BYTES = 180 * 1024;
/** Texts beyond this are left out however small they become: whoever asks for one makes its replica hold it whole. */
const TEXT_LIMIT_BYTES = 4 * 1024 * 1024;

/** The fastest level: a third of the time of the default one for rows that are a seventh larger. */
const FASTEST = { level: 1, memLevel: 9, chunkSize: 64 * 1024 };

const compress = promisify<string, object, Buffer>(gzip);
const decompress = promisify(gunzip);

export interface EncodedText {
  readonly text: string;
  readonly encoding?: 'gzip' | 'omitted';
}

/** Characters that are hashed at once: others get their turn between. */
const HASHED_AT_ONCE = 512 * 1024;

/** Fits a text into a row: as it is, compressed outside of the event loop, or left out, and its SHA-256 in its place. */
export async function encodeText(text: string): Promise<EncodedText> {
  // No character has more than three bytes.
  if (text.length * 3 <= PLAIN_LIMIT_BYTES) return { text };
  const size = Buffer.byteLength(text);
  if (size <= PLAIN_LIMIT_BYTES) return { text };
  if (size > TEXT_LIMIT_BYTES) return await omitted(text);
  const compressed = (await compress(text, FASTEST)).toString('base64');
  return compressed.length <= STORED_LIMIT_BYTES ? { text: compressed, encoding: 'gzip' } : await omitted(text);
}

/** In place of a text its digest: who has kept it can show that it is the one. */
async function omitted(text: string): Promise<EncodedText> {
  const digest = createHash('sha256');
  for (let from = 0; from < text.length; ) {
    const end = wholeUntil(text, from + HASHED_AT_ONCE);
    digest.update(text.slice(from, end));
    from = end;
    await setImmediate();
  }
  return { text: `sha256:${digest.digest('hex')}`, encoding: 'omitted' };
}

/** A place near this one at which no character is cut in two. */
function wholeUntil(text: string, end: number): number {
  const isCut = /[\ud800-\udbff]/.test(text[end - 1] ?? '') && end < text.length;
  return isCut ? end + 1 : end;
}

/** The text that was encoded; undefined when it was left out. */
export async function decodeText({ text, encoding }: EncodedText): Promise<string | undefined> {
  if (encoding === 'omitted') return undefined;
  if (encoding !== 'gzip') return text;
  return (await decompress(Buffer.from(text, 'base64'), { maxOutputLength: OLD_LIMIT_BYTES })).toString('utf8');
}

/** Rows of before there was a bound may hold more. */
const OLD_LIMIT_BYTES = 64 * 1024 * 1024;

/** The result or error of a settled call; undefined where it is not kept. */
export async function resultOf({ result = '', resultEncoding }: Pick<LedgerRow, 'result' | 'resultEncoding'>): Promise<string | undefined> {
  const kept = await decodeText({ text: result, ...(resultEncoding !== undefined && { encoding: resultEncoding }) });
  return kept === '' ? undefined : kept;
}

/** The same at once, for who prints or checks rows and keeps nobody waiting. */
export function resultTextOf({ result, resultEncoding }: Pick<LedgerRow, 'result' | 'resultEncoding'>): string | undefined {
  if (resultEncoding === 'omitted') return undefined;
  return resultEncoding === 'gzip' ? gunzipSync(Buffer.from(result ?? '', 'base64')).toString() : result;
}

/** JSON text of the arguments of a recorded call; undefined where they were too large to be kept. */
export function argumentsTextOf(row: Pick<LedgerRow, 'arguments' | 'argumentsEncoding'>): Promise<string | undefined> {
  return decodeText({ text: row.arguments, ...(row.argumentsEncoding !== undefined && { encoding: row.argumentsEncoding }) });
}

/** The arguments of a recorded call; undefined where they were too large to be kept. */
export async function argumentsOf(row: Pick<LedgerRow, 'arguments' | 'argumentsEncoding'>): Promise<JsonObject | undefined> {
  const text = await argumentsTextOf(row);
  const value = text === undefined ? undefined : (JSON.parse(text) as Json);
  return isObject(value) ? value : undefined;
}
