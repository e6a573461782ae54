import { findElements, readMembers, writeMembers } from './json-members';

/** A JSON pointer to something within a document (RFC 6901 §3). */
export const JSON_POINTER = /^(\/([^~/]|~[01])*)+$/;

/** RFC 6901 §4. */
export function segmentsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export interface Redacted {
  readonly text: string;
  /** The pointers at which something stood. */
  readonly redacted: readonly string[];
}

/**
 * Takes values out of a JSON text and leaves every other byte as it was: numbers that JavaScript cannot hold stay what they are.
 * @param text of the arguments of a call, in canonical spelling
 * @param standIn what takes the place of a value, from its text; a string
 */
export function redact(text: string, pointers: readonly string[], standIn: (value: string) => string): Redacted {
  let written = text;
  const redacted: string[] = [];
  for (const pointer of pointers) {
    const next = replaced(written, segmentsOf(pointer), standIn);
    if (next === undefined) continue;
    written = next;
    redacted.push(pointer);
  }
  return { text: written, redacted };
}

/** @returns undefined where nothing stands there */
function replaced(text: string, [segment, ...rest]: readonly string[], standIn: (value: string) => string): string | undefined {
  if (segment === undefined) return JSON.stringify(standIn(text));
  if (text[0] === '{') {
    const members = readMembers(text);
    const next = members.has(segment) ? replaced(members.get(segment) as string, rest, standIn) : undefined;
    return next === undefined ? undefined : writeMembers(members.set(segment, next));
  }
  const span = text[0] === '[' && /^(0|[1-9]\d*)$/.test(segment) ? findElements(text, 0)[Number(segment)] : undefined;
  if (span === undefined) return undefined;
  const next = replaced(text.slice(span.start, span.end), rest, standIn);
  return next === undefined ? undefined : `${text.slice(0, span.start)}${next}${text.slice(span.end)}`;
}
