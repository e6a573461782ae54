import type { RequestId } from '../core/message';
import { EventReader, EventTooLarge, isMessageEvent } from '../core/reading/event-reader';
import { readServerMessage } from '../core/reading/server-message';
import type { Holding } from './budget';
import { isEventStream } from './event-stream';
import { LargeResponse } from './large-response';

/** Finds the JSON-RPC response in an answer that passes by. Holds a bounded part of it, and nothing once it is found. */
export class ResponseReader {
  /** The response as the server wrote it, as soon as it is whole. */
  response?: string;
  /** More came than may be held; what the rest says is not known. */
  tooLarge = false;
  /** The response has passed, whether or not it could be held. */
  passed = false;
  #events?: EventReader;
  /** Goes on where an event is too large. */
  #large?: LargeResponse;
  #body?: Buffer[];
  /** The status says that the request was not taken. */
  #refused = false;
  #size = 0;

  /**
   * @param id of the request
   * @param limit bytes of a body, or of one event
   * @param holding room for what is held of it
   */
  constructor(
    private readonly id: RequestId,
    private readonly limit: number,
    private readonly holding: Holding,
  ) {}

  begin(status: number, headers: readonly string[]): void {
    // What a server had done before a 5xx nobody can tell; the gateway reads it so too.
    if (status >= 500) return;
    this.#refused = status >= 400;
    if (!isEventStream(headers)) {
      this.#body = [];
      return;
    }
    this.#events = new EventReader(this.limit);
    this.#large = new LargeResponse(this.id);
  }

  push(chunk: Buffer | string): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const answered = this.#large?.push(bytes) === true;
    this.#hold(bytes);
    if (this.tooLarge && answered) this.passed = true;
  }

  /** The answer is over. */
  end(): void {
    const text = this.#body === undefined ? undefined : Buffer.concat(this.#body).toString();
    if (text !== undefined && this.#isResponse(text, true)) this.#found(text);
    else this.#stop();
    this.#large = undefined;
  }

  #hold(bytes: Buffer): void {
    if (this.#events === undefined && this.#body === undefined) return;
    this.#size += bytes.length;
    if (this.#size > this.limit || !this.holding.grow(bytes.length)) this.#giveUp();
    if (this.#events !== undefined) this.#read(this.#events, bytes);
    this.#body?.push(bytes);
  }

  #read(events: EventReader, bytes: Buffer): void {
    try {
      for (const event of events.push(bytes)) {
        // Of the chunk what is behind the event is held, and it is not worth more than an event's bound.
        this.#size = 0;
        this.holding.release();
        if (this.response === undefined && isMessageEvent(event) && this.#isResponse(event.data, false)) this.#found(event.data);
      }
    } catch (error) {
      if (!(error instanceof EventTooLarge)) throw error;
      this.#giveUp();
    }
  }

  /**
   * On a stream, the response is the one with this id, as a request of the server's may carry the same; a body is the answer
   * to its request, and an error in it may have no id where the server did not take what it could not read.
   */
  #isResponse(text: string, alone: boolean): boolean {
    const message = readServerMessage(text);
    if (message.kind !== 'response') return false;
    return isSameId(message.id, this.id) || (alone && this.#refused && message.id === null && message.member === 'error');
  }

  #found(response: string): void {
    this.response = response;
    this.passed = true;
    this.#large = undefined;
    this.#stop();
  }

  #giveUp(): void {
    this.tooLarge = true;
    this.#stop();
  }

  #stop(): void {
    this.#events = undefined;
    this.#body = undefined;
    this.holding.release();
  }
}

/** Some servers keep ids as text. */
export function isSameId(heard: RequestId | null, sent: RequestId): boolean {
  return heard === sent || (heard !== null && typeof heard !== typeof sent && String(heard) === String(sent));
}
