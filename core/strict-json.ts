import { FleetError } from './errors';
import { canonicalText } from './reading/canonical-text';
import { type JsonBounds, JsonFault, REQUEST_BOUNDS, scanJson } from './reading/json-scan';

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

/** A JSON text that every parser reads alike. */
export interface StrictText {
  readonly value: Json;
  /** The text in canonical spelling: without space, escapes that need not be, and a byte order mark; numbers as they were written. */
  readonly text: string;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads one JSON text as I-JSON (RFC 7493): what two parsers could read differently is refused, because policy is decided here and
 * the text is executed elsewhere. Bounded before anything is made of it.
 * @throws FleetError PARSE_ERROR for malformed JSON or UTF-8, duplicate member names, lone surrogates, numbers that a double cannot come
 *   near, and whatever exceeds the bounds
 */
export function readStrictly(bytes: Uint8Array, bounds: JsonBounds = REQUEST_BOUNDS): StrictText {
  const source = decode(bytes);
  const { members } = scan(source, bounds);
  const value = JSON.parse(source) as Json;
  if (countMembers(value) !== members) throw refuse('an object holds the same member name twice');
  return { value, text: canonicalText(source) };
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw refuse('it is not valid UTF-8');
  }
}

function scan(source: string, bounds: JsonBounds): ReturnType<typeof scanJson> {
  try {
    return scanJson(source, bounds);
  } catch (error) {
    throw error instanceof JsonFault ? refuse(error.message) : error;
  }
}

/** Members of all objects in the parsed value; every duplicate in the text is missing here. */
function countMembers(root: Json): number {
  let members = 0;
  const open: Json[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (value !== null && typeof value === 'object') {
      for (const name in value) {
        members++;
        const inner = value[name] as Json;
        if (typeof inner === 'object') open.push(inner);
      }
    }
  }
  return members;
}

function refuse(reason: string): FleetError {
  return new FleetError('PARSE_ERROR', { reason });
}
