import { createParser, type EventSourceParser } from 'eventsource-parser';
import { isObject, type RequestId } from '../core/message';
import type { Json } from '../core/strict-json';
import { isEventStream } from './event-stream';

/** Finds the JSON-RPC response in an answer that passes by. Holds a bounded part of it, and nothing once it is found. */
export class ResponseReader {
  /** The response as the server wrote it, as soon as it is whole. */
  response?: string;
  /** More came than may be held; what the rest says is not known. */
  tooLarge = false;
  #events?: EventSourceParser;
  #body?: Buffer[];
  #size = 0;
  readonly #decoder = new TextDecoder();

  /**
   * @param id of the request
   * @param limit bytes of a body, or of one event
   */
  constructor(
    private readonly id: RequestId,
    private readonly limit: number,
  ) {}

  begin(status: number, headers: readonly string[]): void {
    // What a server had done before a 5xx nobody can tell; the gateway reads it so too.
    if (status >= 500) return;
    if (!isEventStream(headers)) {
      this.#body = [];
      return;
    }
    this.#events = createParser({
      maxBufferSize: this.limit,
      onEvent: ({ data }) => {
        if (isResponse(data, this.id)) this.#found(data);
      },
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded') this.#giveUp();
      },
    });
  }

  push(chunk: Buffer | string): void {
    if (chunk.length > this.limit) this.#giveUp();
    this.#events?.feed(typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true }));
    if (this.#body !== undefined) this.#hold(this.#body, Buffer.from(chunk));
  }

  /** The answer is over. */
  end(): void {
    const text = this.#body === undefined ? undefined : Buffer.concat(this.#body).toString();
    if (text !== undefined && isResponse(text)) this.#found(text);
  }

  #hold(body: Buffer[], chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.limit) this.#giveUp();
    else body.push(chunk);
  }

  #found(response: string): void {
    this.response ??= response;
    this.#stop();
  }

  #giveUp(): void {
    this.tooLarge = true;
    this.#stop();
  }

  #stop(): void {
    this.#events = undefined;
    this.#body = undefined;
  }
}

/** Whether the text is a response; on a stream, the one with this id, as a request of the server's may carry the same. */
function isResponse(text: string, id?: RequestId): boolean {
  let message: Json;
  try {
    message = JSON.parse(text) as Json;
  } catch {
    return false;
  }
  if (!isObject(message) || message.method !== undefined) return false;
  return (message.result !== undefined || message.error !== undefined) && (id === undefined || message.id === id);
}
