/** How much of a line's beginning is looked at, in characters. */
const BEGINNING = 4 * 1024;

const NAME = /\s*"([^"\\]*)"\s*:\s*/y;
const SCALAR = /"[^"\\]*"|[^\s"{}[\],]+/y;
const NEXT = /\s*,/y;
/** The last member of a response, as the SDKs write it. What stands within a string has its quotes escaped. */
const LAST_ID = /[,{]\s*"id"\s*:\s*(\d+|"[^"\\]{1,100}")\s*\}$/;

/** What a text that cannot be read says of itself where it can only be a response. */
export interface BrokenAnswer {
  /** JSON text of its id, where that stands in what can be read. */
  readonly id?: string;
}

/**
 * Whether a line that is no message was meant for a response. Somebody may wait for it, and will get no other.
 * @param beginning of the line, or all of it
 * @param ending its last characters, where it is over
 * @returns undefined for what can be something else: a log line, a message with a method
 */
export function brokenAnswer(beginning: string, ending = beginning): BrokenAnswer | undefined {
  const whole = beginning.length < BEGINNING && beginning.endsWith(ending) && ending !== '';
  const members = readableMembers(beginning.slice(0, BEGINNING));
  const version = members.get('jsonrpc');
  if (members.has('method') || (version !== undefined && version !== '"2.0"')) return undefined;
  const answers = members.has('result') || members.has('error');
  if (whole ? !answers || version === undefined : !answers && version === undefined) return undefined;
  const id = members.get('id') || LAST_ID.exec(ending)?.[1];
  return id ? { id } : {};
}

/** The members of the outermost object as far as they can be read, each with its text where that is short. */
function readableMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = text.startsWith('{') ? 1 : text.length;
  while (at < text.length) {
    NAME.lastIndex = at;
    const name = NAME.exec(text)?.[1];
    if (name === undefined) break;
    const start = NAME.lastIndex;
    SCALAR.lastIndex = start;
    const scalar = SCALAR.exec(text)?.[0];
    const end = scalar === undefined ? behindNested(text, start) : start + scalar.length;
    // Of what is cut off nobody knows the rest.
    members.set(name, scalar !== undefined && end < text.length ? scalar : '');
    NEXT.lastIndex = end;
    if (!NEXT.test(text)) break;
    at = NEXT.lastIndex;
  }
  return members;
}

function behindNested(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (inString && char === '\\') at++;
    else if (char === '"') inString = !inString;
    else if (!inString && (char === '{' || char === '[')) depth++;
    else if (!inString && (char === '}' || char === ']') && --depth <= 0) return at + 1;
    else if (!inString && depth === 0) return at;
  }
  return text.length;
}
