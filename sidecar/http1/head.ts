/** Longest head of a message, in bytes: what Node takes, too. */
export const HEAD_BYTES = 16 * 1024;

/** What a peer sent is no HTTP/1.1, or could be read in two ways. */
export class MalformedMessage extends Error {
  readonly code = 'MALFORMED_MESSAGE';
}

/** Status and fields of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** Flat name–value pairs, names in lower case. */
  readonly fields: string[];
  /** `HTTP/1.0`: its connection ends with it unless it says otherwise. */
  readonly old: boolean;
}

/** RFC 9112 § 4. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?\r\n/;
/** RFC 9112 § 5: no space before the colon, no line that goes on in the next, no lone CR or LF. */
const FIELD_LINES = /(?:[!#$%&'*+\-.^`|~\w]+:[\t\x20-\x7e\x80-\xff]*\r\n)*/y;

/**
 * @param text of a head, one character a byte, without the empty line behind it
 * @throws MalformedMessage
 */
export function readAnswerHead(text: string): AnswerHead {
  const line = STATUS_LINE.exec(text);
  if (line === null) throw new MalformedMessage('the answer does not begin with a status line');
  return { status: Number(line[2]), old: line[1] === '0', fields: readFields(text, line[0].length) };
}

function readFields(text: string, from: number): string[] {
  FIELD_LINES.lastIndex = from;
  FIELD_LINES.test(text);
  if (FIELD_LINES.lastIndex !== text.length) throw new MalformedMessage('the head of the answer holds a line that is no field');
  const fields: string[] = [];
  for (let at = from; at < text.length; ) {
    const colon = text.indexOf(':', at);
    const end = text.indexOf('\r\n', colon);
    fields.push(text.slice(at, colon).toLowerCase(), withoutSpace(text, colon + 1, end));
    at = end + 2;
  }
  return fields;
}

function withoutSpace(text: string, from: number, to: number): string {
  let [start, end] = [from, to];
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** @param fields flat name–value pairs, names in lower case; the first value counts */
export function fieldValue(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
}

/** Whether the connection serves another request behind this answer, as far as it says (RFC 9112 § 9.3). */
export function staysOpen({ fields, old }: AnswerHead): boolean {
  const said = fieldValue(fields, 'connection')?.toLowerCase();
  if (said === undefined) return !old;
  return old ? said.includes('keep-alive') : !said.includes('close');
}
