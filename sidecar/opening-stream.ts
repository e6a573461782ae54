import { readMembers } from '../core/json-members';
import type { RequestId } from '../core/message';
import { EventReader, EventTooLarge, isMessageEvent } from '../core/reading/event-reader';
import { readServerMessage, type ServerResponse } from '../core/reading/server-message';
import type { BodyReader } from './body-reader';
import { type Opened, openedBy } from './opening-answer';
import { isSameId } from './response-reader';

export interface OpeningEvents {
  /** The server asks whether anybody is there. @param id JSON text of its id */
  readonly onPing: (id: string) => void;
  /** Something for the agent that is not the answer. */
  readonly onMessage: (text: string) => void;
  /** The answer to `initialize`, as the server wrote it. */
  readonly onResponse: (text: string, opened: Opened) => void;
  /** There will be no answer. */
  readonly onLost: (explanation: string) => void;
}

/**
 * The event stream with which a server answers `initialize`. Until the answer is there, nobody but the sidecar can say
 * anything to the server, and the agent can hear nothing but the answer.
 */
export class OpeningStream implements BodyReader {
  readonly #events: EventReader;
  #over = false;

  /** @param limit characters of one event */
  constructor(
    private readonly id: RequestId,
    limit: number,
    private readonly on: OpeningEvents,
  ) {
    this.#events = new EventReader(limit);
  }

  push(chunk: Buffer): void {
    try {
      for (const event of this.#events.push(chunk)) if (!this.#over && isMessageEvent(event)) this.#hear(event.data);
    } catch (error) {
      if (!(error instanceof EventTooLarge)) throw error;
      this.#end(() => this.on.onLost('the server answered initialize with more than may be read'));
    }
  }

  end(): void {
    this.#end(() => this.on.onLost('the server ended its answer to initialize before the result'));
  }

  #hear(text: string): void {
    const message = readServerMessage(text);
    if (message.kind === 'response' && isSameId(message.id, this.id)) this.#answer(text, message);
    else if (message.kind === 'request' && message.method === 'ping') this.on.onPing(readMembers(text.trim()).get('id') as string);
    else if (message.kind === 'request' || message.kind === 'notification') this.on.onMessage(text);
  }

  #answer(text: string, message: ServerResponse): void {
    const opened = openedBy(message);
    if (opened === undefined) this.#end(() => this.on.onLost('the server answered initialize with what is no answer to it'));
    else this.#end(() => this.on.onResponse(text, opened));
  }

  #end(tell: () => void): void {
    if (this.#over) return;
    this.#over = true;
    tell();
  }
}
