import { gunzipSync, gzipSync } from 'node:zlib';
import type { LedgerRow } from '../../core/ledger';
import { isObject, type JsonObject } from '../../core/message';
import type { Json } from '../../core/strict-json';

/** Texts up to this many bytes are kept as they are; longer ones compressed. */
const PLAIN_LIMIT_BYTES = 32 * 1024;
/** Compressed texts beyond this are left out: two of them must fit into an item of 400 KB (DynamoDB limit). */
const STORED_LIMIT_BYTES = 180 * 1024;

export interface EncodedText {
  readonly text: string;
  readonly encoding?: 'gzip' | 'omitted';
}

/** Fits a text into a row: as it is, compressed, or left out. */
export function encodeText(text: string): EncodedText {
  if (Buffer.byteLength(text) <= PLAIN_LIMIT_BYTES) return { text };
  const compressed = gzipSync(text).toString('base64');
  return compressed.length <= STORED_LIMIT_BYTES ? { text: compressed, encoding: 'gzip' } : { text: '', encoding: 'omitted' };
}

/** The text that was encoded; undefined when it was left out. */
export function decodeText({ text, encoding }: EncodedText): string | undefined {
  if (encoding === 'omitted') return undefined;
  return encoding === 'gzip' ? gunzipSync(Buffer.from(text, 'base64')).toString('utf8') : text;
}

/** The arguments of a recorded call; undefined where they were too large to be kept. */
export function argumentsOf(row: LedgerRow): JsonObject | undefined {
  const text = decodeText({ text: row.arguments, ...(row.argumentsEncoding !== undefined && { encoding: row.argumentsEncoding }) });
  const value = text === undefined ? undefined : (JSON.parse(text) as Json);
  return isObject(value) ? value : undefined;
}
