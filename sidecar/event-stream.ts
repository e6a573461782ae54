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

/** One JSON-RPC message as an event. The text must hold no line break, as a line of a stdio server does not. */
export function messageEvent(json: string): string {
  return `event: message\ndata: ${json}\n\n`;
}

/** @param flatHeaders name–value pairs */
export function isEventStream(flatHeaders: readonly string[]): boolean {
  for (let i = 0; i < flatHeaders.length; i += 2) {
    if (flatHeaders[i]?.toLowerCase() === 'content-type') return /^\s*text\/event-stream\s*(;|$)/i.test(flatHeaders[i + 1] ?? '');
  }
  return false;
}

/** An empty line behind a line, or at the start. The `\r\n` of one line's end is no empty line; a `\r` behind a `\n` may be the half of one. */
const EMPTY_LINE = /((^|[\r\n])\r\n|(^|\n)\n|(^|\r)\r)$/;

/** Knows whether bytes that passed end behind a whole event, where something can be put in. */
export class EventBoundary {
  #tail = '';

  pass(chunk: Buffer | string): void {
    const end = typeof chunk === 'string' ? chunk.slice(-4) : chunk.toString('latin1', Math.max(0, chunk.length - 4));
    this.#tail = (this.#tail + end).slice(-4);
  }

  get reached(): boolean {
    return this.#tail === '' || EMPTY_LINE.test(this.#tail);
  }
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Leaves out the byte order mark with which a stream may begin (WHATWG HTML § 9.2.6): behind a comment of ours it would
 * become part of the first field's name.
 */
export class LeadingMark {
  /** Bytes that may be the beginning of a mark; undefined once something else has passed. */
  #held: Buffer | undefined = Buffer.alloc(0);

  /** @returns what may pass now */
  strip(chunk: Buffer): Buffer {
    if (this.#held === undefined) return chunk;
    const start = Buffer.concat([this.#held, chunk]);
    if (start.length < BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.subarray(0, start.length).equals(start)) {
      this.#held = start;
      return Buffer.alloc(0);
    }
    this.#held = undefined;
    return start.subarray(0, 3).equals(BYTE_ORDER_MARK) ? start.subarray(3) : start;
  }

  /** What was held back and turned out to be no mark. */
  rest(): Buffer {
    const held = this.#held ?? Buffer.alloc(0);
    this.#held = undefined;
    return held;
  }
}
