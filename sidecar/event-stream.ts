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

export function isEventStream(flatHeaders: readonly string[]): boolean {
  for (let i = 0; i < flatHeaders.length; i += 2) {
    if (flatHeaders[i]?.toLowerCase() === 'content-type') return /^text\/event-stream\b/i.test(flatHeaders[i + 1] ?? '');
  }
  return false;
}

/** Knows whether bytes that passed end behind a whole event, where something can be put in. */
export class EventBoundary {
  #tail = '';

  pass(chunk: Buffer | string): void {
    const end = typeof chunk === 'string' ? chunk.slice(-4) : chunk.toString('latin1', Math.max(0, chunk.length - 4));
    this.#tail = (this.#tail + end).slice(-4);
  }

  get reached(): boolean {
    return this.#tail === '' || this.#tail.endsWith('\n\n') || this.#tail.endsWith('\r\r') || this.#tail === '\r\n\r\n';
  }
}
