import { skipSpace } from '../json-members';

/** One pass over a JSON text (RFC 8259) that says whether it is one, and how large, before anything is made of it. */

/** What a text may hold. What exceeds it is refused before anything is allocated for it. */
export interface JsonBounds {
  /** Arrays and objects inside each other. serde_json stops at 128 as well, Jackson at 500. */
  readonly depth: number;
  /** Values of every kind, those inside others counted too. */
  readonly values: number;
  /** Characters of a member's name. */
  readonly nameLength: number;
  /** Characters of a number (Jackson: 1,000). */
  readonly numberLength: number;
  /** Whether parsers must agree on it: no lone surrogates, no number that a double cannot come near (RFC 7493, I-JSON). */
  readonly interoperable: boolean;
}

/** Of what an agent sends. */
export const REQUEST_BOUNDS: JsonBounds = { depth: 128, values: 250_000, nameLength: 8_192, numberLength: 1_000, interoperable: true };

/** Of what a server says: it passes as it was written, so parsers may differ on what nobody judges. */
export const ANSWER_BOUNDS: JsonBounds = { depth: 512, values: 2_000_000, nameLength: 65_536, numberLength: 1_000, interoperable: false };

/** What a well-formed text holds. */
export interface JsonExtent {
  /** Members of all objects, as they stand in the text. */
  readonly members: number;
  readonly values: number;
}

/** Why a text is not read. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
}

/** What needs no look within a string (RFC 8259 §7). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what JSON does not allow there
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /["\\/bfnrt]|u[\dA-Fa-f]{4}/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS = ['true', 'false', 'null'];

/**
 * Reads a text from end to end without making anything of it: linear in its length, and its depth is a list's length, not a stack of calls.
 * @throws JsonFault for what is no JSON text, or beyond the bounds
 */
export function scanJson(text: string, bounds: JsonBounds): JsonExtent {
  /** Whether what is open is an object, from the outermost inwards. */
  const open: boolean[] = [];
  let members = 0;
  let values = 0;
  let at = skipSpace(text, 0);
  for (;;) {
    if (++values > bounds.values) throw new JsonFault(`it holds more than ${bounds.values} values`);
    const char = text[at];
    if (char === '{' || char === '[') {
      if (open.length === bounds.depth) throw new JsonFault(`it is nested deeper than ${bounds.depth}`);
      open.push(char === '{');
      at = skipSpace(text, at + 1);
      if (text[at] !== (char === '{' ? '}' : ']')) {
        if (char === '{') at = behindName();
        continue;
      }
      open.pop();
      at++;
    } else {
      at = behindScalar(text, at, bounds);
    }
    for (;;) {
      at = skipSpace(text, at);
      if (open.length === 0) {
        if (at !== text.length) throw malformed();
        return { members, values };
      }
      const inObject = open[open.length - 1] as boolean;
      if (text[at] === ',') {
        at = skipSpace(text, at + 1);
        if (inObject) at = behindName();
        break;
      }
      if (text[at] !== (inObject ? '}' : ']')) throw malformed();
      open.pop();
      at++;
    }
  }

  /** Reads `"name":` and what space follows. */
  function behindName(): number {
    members++;
    if (text[at] !== '"') throw malformed();
    const close = behindString(text, at, bounds);
    if (close - at - 2 > bounds.nameLength) throw new JsonFault(`a member's name is longer than ${bounds.nameLength} characters`);
    const colon = skipSpace(text, close);
    if (text[colon] !== ':') throw malformed();
    return skipSpace(text, colon + 1);
  }
}

function behindScalar(text: string, at: number, bounds: JsonBounds): number {
  if (text[at] === '"') return behindString(text, at, bounds);
  const literal = LITERALS.find((word) => text.startsWith(word, at));
  if (literal !== undefined) return at + literal.length;
  const end = behind(NUMBER, text, at);
  if (end === at) throw malformed();
  if (end - at > bounds.numberLength) throw new JsonFault(`a number is longer than ${bounds.numberLength} characters`);
  if (bounds.interoperable) refuseInexact(Number(text.slice(at, end)));
  return end;
}

function behindString(text: string, quote: number, { interoperable }: JsonBounds): number {
  let escaped = false;
  for (let at = quote + 1; ; ) {
    at = behind(PLAIN, text, at);
    if (text[at] === '"') {
      if (interoperable && escaped) refuseIllFormed(text.slice(quote, at + 1));
      return at + 1;
    }
    if (text[at] !== '\\') throw malformed();
    const end = behind(ESCAPE, text, at + 1);
    if (end === at + 1) throw malformed();
    escaped ||= end - at === 6;
    at = end;
  }
}

/** Index behind what the sticky pattern matches at `at`. */
function behind(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function refuseInexact(value: number): void {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    throw new JsonFault('a number is beyond ±(2^53 − 1), which parsers round differently; send it as a string');
  }
}

function refuseIllFormed(literal: string): void {
  if (!(JSON.parse(literal) as string).isWellFormed()) throw new JsonFault('a string holds a lone surrogate');
}

function malformed(): JsonFault {
  return new JsonFault('it is not well-formed JSON');
}
