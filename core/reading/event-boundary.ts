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
