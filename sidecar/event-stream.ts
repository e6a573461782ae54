/** Head of an event stream that the sidecar itself writes. `x-accel-buffering` is for proxies that would hold events back. */
export const EVENT_STREAM_HEADERS: readonly string[] = [
  'content-type',
  'text/event-stream',
  'cache-control',
  'no-cache, no-transform',
  'x-accel-buffering',
  'no',
];

/** A comment, which every reader of an event stream ignores (WHATWG HTML § 9.2.6). */
export const COMMENT = ': keep-alive\n\n';

/** What event ids of the sidecar's own begin with: those of events to which a server gives none. */
export const OWN_EVENT_ID = 'fleet.';

/** One JSON-RPC message as an event. The text must hold no line break, as a line of a stdio server does not. */
export function messageEvent(json: string, id?: string): string {
  return `event: message\n${id === undefined ? '' : `id: ${id}\n`}data: ${json}\n\n`;
}

/** @param flatHeaders name–value pairs */
export function isEventStream(flatHeaders: readonly string[]): boolean {
  for (let i = 0; i < flatHeaders.length; i += 2) {
    if (flatHeaders[i]?.toLowerCase() === 'content-type') return /^\s*text\/event-stream\s*(;|$)/i.test(flatHeaders[i + 1] ?? '');
  }
  return false;
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** What becomes of the bytes of an answer on their way. */
export interface Passage {
  /** @returns what may pass now */
  pass(chunk: Buffer): Buffer;
  /** What is left to pass when the answer is whole. */
  rest(): Buffer;
}

/**
 * Leaves out the byte order mark with which a stream may begin (WHATWG HTML § 9.2.6): behind a comment of ours it would
 * become part of the first field's name.
 */
export class LeadingMark implements Passage {
  /** Bytes that may be the beginning of a mark, and pass where they are none; undefined once something else has passed. */
  #held: Buffer | undefined = Buffer.alloc(0);

  pass(chunk: Buffer): Buffer {
    if (this.#held === undefined) return chunk;
    const start = Buffer.concat([this.#held, chunk]);
    if (start.length < BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.subarray(0, start.length).equals(start)) {
      this.#held = start;
      return Buffer.alloc(0);
    }
    this.#held = undefined;
    return start.subarray(0, 3).equals(BYTE_ORDER_MARK) ? start.subarray(3) : start;
  }

  rest(): Buffer {
    const held = this.#held ?? Buffer.alloc(0);
    this.#held = undefined;
    return held;
  }
}

const EVENT_BEGINS = Buffer.from('event: message\ndata: ');
const EVENT_ENDS = Buffer.from('\n\n');

/**
 * Makes one event of a JSON text, in the pieces in which it comes. Between its tokens may stand line breaks, which would end the line of an
 * event; within its strings JSON escapes them.
 */
export class JsonEvent implements Passage {
  readonly #mark = new LeadingMark();
  #begun = false;

  pass(chunk: Buffer): Buffer {
    return this.#inEvent(this.#mark.pass(chunk));
  }

  rest(): Buffer {
    return Buffer.concat([this.#inEvent(this.#mark.rest()), this.#begun ? EVENT_ENDS : Buffer.alloc(0)]);
  }

  #inEvent(text: Buffer): Buffer {
    if (text.length === 0) return text;
    const line = Buffer.from(text);
    for (let at = 0; at < line.length; at++) if (line[at] === 0x0a || line[at] === 0x0d) line[at] = 0x20;
    if (this.#begun) return line;
    this.#begun = true;
    return Buffer.concat([EVENT_BEGINS, line]);
  }
}
