import type { Place } from '../core/place';
import { REDIRECT_LIMIT, redirectOf } from '../core/redirect';
import { Decoding } from './decoding';
import type { AnswerHandler, Flow } from './http1/answer-handler';
import type { Connections } from './http1/connections';
import { fieldValue } from './http1/head';

/** What is sent, wherever it is sent to. */
export interface Asking {
  readonly method: string;
  /** Flat name–value pairs. */
  readonly fields: readonly string[];
  readonly body?: Buffer;
}

/**
 * One request to a server, and its answer as it is meant: without a coding that nobody asked for, and from where the server is.
 * Many frameworks redirect from a path with a slash at its end to one without, or the other way round: nothing was executed, and
 * within the server's origin the request is sent there instead.
 */
export class Asked implements AnswerHandler {
  #next: AnswerHandler;
  /** Present once the answer has turned out to be a redirect that is followed. */
  #target?: URL;

  /**
   * @param way places that it is sent to, one after the other: the last is next
   * @param decodedBytes that an answer may become
   */
  constructor(
    private readonly asking: Asking,
    private readonly handler: AnswerHandler,
    private readonly connections: Connections,
    private readonly place: Place,
    private readonly way: readonly URL[],
    private readonly decodedBytes: number,
  ) {
    this.#next = handler;
  }

  send(): void {
    const { pathname, search } = this.way.at(-1) as URL;
    const { method, fields, body } = this.asking;
    this.connections.send(method, pathname + search, fields, body, this);
  }

  onSending(flow: Flow): void {
    this.handler.onSending(flow);
  }

  onHead(flow: Flow, status: number, fields: readonly string[]): void {
    this.#target = this.#targetOf(status, fields);
    if (this.#target !== undefined) return;
    this.place.note(this.way, this.asking.method, status);
    if (fieldValue(fields, 'content-encoding') !== undefined) this.#next = new Decoding(this.handler, this.decodedBytes);
    this.#next.onHead(flow, status, fields);
  }

  onBytes(flow: Flow, chunk: Buffer): void {
    if (this.#target === undefined) this.#next.onBytes(flow, chunk);
  }

  onEnd(): void {
    if (this.#target === undefined) this.#next.onEnd();
    else this.#follow(this.#target);
  }

  onError(error: Error): void {
    this.#next.onError(error);
  }

  #targetOf(status: number, fields: readonly string[]): URL | undefined {
    if (this.way.length > REDIRECT_LIMIT) return undefined;
    const target = redirectOf(status, fieldValue(fields, 'location'), this.way.at(-1) as URL);
    return target instanceof URL ? target : undefined;
  }

  #follow(target: URL): void {
    new Asked(this.asking, this.handler, this.connections, this.place, [...this.way, target], this.decodedBytes).send();
  }
}
