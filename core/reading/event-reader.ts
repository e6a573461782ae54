import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** More was sent in one event, or one line, than may be held. */
export class EventTooLarge extends Error {
  override readonly name = 'EventTooLarge';
}

/**
 * Reads an event stream (WHATWG HTML § 9.2.6) from its bytes, cut anywhere: UTF-8 with or without a byte order mark, and lines that
 * end in LF, CR or CRLF. The library waits behind a CR for what comes next, and an event that is whole would wait with it.
 */
export class EventReader {
  private readonly decoder = new TextDecoder();
  private readonly events: EventSourceMessage[] = [];
  private readonly parser;
  private behindReturn = false;
  private tooLarge = false;
  /** Wait before the stream is opened again, where the server has named one; in milliseconds. */
  retryMs: number | undefined;

  /** @param limit characters of one event */
  constructor(limit: number) {
    this.parser = createParser({
      maxBufferSize: limit,
      onEvent: (event) => this.events.push(event),
      onRetry: (milliseconds) => {
        this.retryMs = milliseconds;
      },
      onError: ({ type }) => {
        this.tooLarge ||= type === 'max-buffer-size-exceeded';
      },
    });
  }

  /** The events that are whole with these bytes. @throws EventTooLarge; the stream cannot be read any further */
  push(bytes: Uint8Array): EventSourceMessage[] {
    const lines = this.unixLines(this.decoder.decode(bytes, { stream: true }));
    if (lines !== '' && !this.tooLarge) this.parser.feed(lines);
    if (this.tooLarge && this.events.length === 0) throw new EventTooLarge();
    return this.events.splice(0);
  }

  private unixLines(text: string): string {
    const rest = this.behindReturn && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') this.behindReturn = text.endsWith('\r');
    return rest.includes('\r') ? rest.replaceAll('\r\n', '\n').replaceAll('\r', '\n') : rest;
  }
}

/** Whether SDK clients read an event: one of another type than `message` is nobody's. */
export function isMessageEvent({ event }: EventSourceMessage): boolean {
  return event === undefined || event === 'message';
}
