/** What is asked and what is answered: known to the load generator, which checks it, and to the servers at the other end. */

/** The first server's name. */
export const SERVER = 'bench';
export const PATH = pathOf(0);
export const REVISION = '2025-11-25';

/** @param number of the server */
export function serverOf(number: number): string {
  return number === 0 ? SERVER : `${SERVER}-${number}`;
}

export function pathOf(server: number): string {
  return `/${serverOf(server)}/mcp`;
}

/** Declared as a read. */
export const READ_TOOL = 'look';
/** State-changing; with a key or without. */
export const WRITE_TOOL = 'note';

/** Arguments of both tools. */
export interface CallArguments {
  /** Of this very call. */
  readonly marker: string;
  /** Characters of the result's padding. */
  readonly size: number;
  readonly text: string;
}

export const TOOL_LIST = [READ_TOOL, WRITE_TOOL].map((name) => ({
  name,
  inputSchema: {
    type: 'object' as const,
    properties: { marker: { type: 'string' }, size: { type: 'number' }, text: { type: 'string' } },
  },
  annotations: { readOnlyHint: name === READ_TOOL },
}));

/** What a result begins with: the session as its opener named it, and the call. Whoever mixes up either is seen. */
export function resultHead(session: string, marker: string): string {
  return `${session}:${marker}:`;
}

export function resultText(session: string, { marker, size }: CallArguments): string {
  return resultHead(session, marker) + padding(size);
}

const paddings = new Map<number, string>();

export function padding(size: number): string {
  const known = paddings.get(size) ?? drawn(size);
  paddings.set(size, known);
  return known;
}

const LETTERS = 'abcdefghijklmnop';

/** Always the same, and no easier to compress than text is. */
function drawn(size: number): string {
  let [text, state] = ['', 1];
  while (text.length < size) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += LETTERS[state >>> 28];
  }
  return text;
}
