import { FleetError } from './errors';

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses one JSON text as I-JSON (RFC 7493): what two parsers could read differently is refused, because policy is
 * decided here and the bytes are executed elsewhere.
 * @throws FleetError PARSE_ERROR for malformed JSON or UTF-8, duplicate member names, lone surrogates, and integers that a double cannot hold
 */
export function parseStrictly(bytes: Uint8Array): Json {
  let text: string;
  let value: Json;
  try {
    text = decoder.decode(bytes);
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw refuse(error instanceof SyntaxError ? 'it is not well-formed JSON' : 'it is not valid UTF-8');
  }
  const seen = count(value);
  if (seen.members !== membersIn(text)) throw refuse('an object holds the same member name twice');
  return value;
}

/** Members of all objects in the parsed value; every duplicate in the text is missing here. */
function count(root: Json): { members: number } {
  let members = 0;
  const open: Json[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === 'number') refuseInexact(value);
    else if (typeof value === 'string') refuseMalformed(value);
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (value !== null && typeof value === 'object') {
      for (const name of Object.keys(value)) {
        members++;
        refuseMalformed(name);
        open.push(value[name] as Json);
      }
    }
  }
  return { members };
}

/** Colons outside strings: exactly one per member of a well-formed text. */
function membersIn(text: string): number {
  let colons = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) at = endOfString(text, at);
    else if (char === 0x3a) colons++;
  }
  return colons;
}

/** Index of the quote that closes the string opened at `open`. */
export function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); ; close = text.indexOf('"', close + 1)) {
    let escapes = 0;
    while (text.charCodeAt(close - 1 - escapes) === 0x5c) escapes++;
    if (escapes % 2 === 0) return close;
  }
}

function refuseInexact(value: number): void {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    throw refuse('a number is beyond ±(2^53 − 1), which parsers round differently; send it as a string');
  }
}

function refuseMalformed(text: string): void {
  if (!text.isWellFormed()) throw refuse('a string holds a lone surrogate');
}

function refuse(reason: string): FleetError {
  return new FleetError('PARSE_ERROR', { reason });
}
