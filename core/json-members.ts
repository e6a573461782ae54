/** Where a value stands in a JSON text: from its first character to behind its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds one member of the object that begins at `start` in well-formed JSON, without parsing what it passes over,
 * so that a result can be stamped by inserting text and every byte that the server sent stays as it was.
 */
export function findMember(text: string, start: number, name: string): Span | undefined {
  for (const walk = new Walk(text, start); walk.next(); ) if (walk.name === name) return { start: walk.start, end: walk.end };
  return undefined;
}

/** The text of one member of an object; the first one, of a text that names none twice and spells them plainly. */
export function memberText(text: string, name: string): string | undefined {
  const span = text[0] === '{' ? findMember(text, 0, name) : undefined;
  return span === undefined ? undefined : text.slice(span.start, span.end);
}

/** The members of an object, each value as it stands in the text. */
export type Members = ReadonlyMap<string, string>;

/** Takes an object apart, so that parts of it can be written anew and all others stay as they were. What is no object has no members. */
export function readMembers(text = ''): Map<string, string> {
  return takeApart(text).members;
}

/** An object in parts. Of a name that comes twice, or is spelt with escapes, the last one counts, as for JSON.parse. */
interface Parts {
  readonly members: Map<string, string>;
  /** A name that comes twice, however it is spelt. */
  readonly twice: string | undefined;
}

/** {@link readMembers}, in the same pass with what others could read differently in it. */
export function takeApart(text: string): Parts {
  const members = new Map<string, string>();
  let twice: string | undefined;
  if (text[0] !== '{') return { members, twice };
  for (const walk = new Walk(text, 0); walk.next(); ) {
    const name = walk.name.includes('\\') ? (JSON.parse(`"${walk.name}"`) as string) : walk.name;
    if (members.has(name)) twice ??= name;
    members.set(name, text.slice(walk.start, walk.end));
  }
  return { members, twice };
}

export function writeMembers(members: Members): string {
  let written = '';
  for (const [name, value] of members) written += `${written === '' ? '{' : ','}${JSON.stringify(name)}:${value}`;
  return written === '' ? '{}' : `${written}}`;
}

/** Whether the object that begins at `start` has no member. */
export function isEmptyObject(text: string, start: number): boolean {
  return text[skipSpace(text, start + 1)] === '}';
}

/** Where the elements of the array that begins at `start` stand. */
export function findElements(text: string, start: number): Span[] {
  const elements: Span[] = [];
  let at = skipSpace(text, start + 1);
  while (at < text.length && text[at] !== ']') {
    const end = endOfValue(text, at);
    elements.push({ start: at, end });
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return elements;
}

/** Goes through the members of an object; itself says where it is, for every message is gone through and an object for each member costs. */
class Walk {
  /** As it is spelt. */
  name = '';
  /** Where the value stands. */
  start = 0;
  end: number;

  /** @param brace where the object begins */
  constructor(
    private readonly text: string,
    brace: number,
  ) {
    this.end = brace + 1;
  }

  /** Goes on to the next member; false behind the last one. */
  next(): boolean {
    const { text } = this;
    let at = skipSpace(text, this.end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
    if (text[at] !== '"') return false;
    const close = endOfString(text, at);
    this.name = text.slice(at + 1, close);
    this.start = skipSpace(text, skipSpace(text, close + 1) + 1);
    this.end = endOfValue(text, this.start);
    return true;
  }
}

export function skipSpace(text: string, at: number): number {
  let next = at;
  for (let char = text.charCodeAt(next); char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09; char = text.charCodeAt(next))
    next++;
  return next;
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start) + 1;
  if (first !== '{' && first !== '[') return endOfLiteral(text, start);
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) at = endOfString(text, at);
    else if (char === 0x7b || char === 0x5b) depth++;
    else if ((char === 0x7d || char === 0x5d) && --depth === 0) return at + 1;
  }
  return text.length;
}

function endOfLiteral(text: string, start: number): number {
  let at = start;
  while (at < text.length && !',]} \n\r\t'.includes(text[at] as string)) at++;
  return at;
}

/** Index of the quote that closes the string opened at `open`. */
export function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); ; close = text.indexOf('"', close + 1)) {
    let escapes = 0;
    while (text.charCodeAt(close - 1 - escapes) === 0x5c) escapes++;
    if (escapes % 2 === 0) return close;
  }
}
