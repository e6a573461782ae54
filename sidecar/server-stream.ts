import { EventReader, EventTooLarge, isMessageEvent } from '../core/reading/event-reader';
import type { Holding } from './budget';
import type { AnswerHandler, Flow } from './http1/answer-handler';
import type { SessionStream, StreamSource } from './session-stream';

/**
 * The stream on which a server answers the GET of a session. It goes on while nobody listens to it outside, and no faster than it is
 * heard or held.
 */
export class ServerStream implements AnswerHandler, StreamSource {
  readonly #events: EventReader;
  #flow?: Flow;
  #paused = false;

  /**
   * @param limit characters of one event
   * @param holding room for the event that is not whole yet
   */
  constructor(
    private readonly stream: SessionStream,
    limit: number,
    private readonly holding: Holding,
  ) {
    this.#events = new EventReader(limit);
  }

  onSending(flow: Flow): void {
    this.#flow = flow;
  }

  onHead(flow: Flow): void {
    this.#flow = flow;
  }

  onBytes(flow: Flow, chunk: Buffer): void {
    this.holding.add(chunk.length);
    try {
      for (const event of this.#events.push(chunk)) {
        this.holding.release();
        if (isMessageEvent(event)) this.stream.tell(event.data.replace(/[\r\n]+/g, ' '), event.id);
      }
    } catch (error) {
      if (!(error instanceof EventTooLarge)) throw error;
      this.stream.tellLost(1, 'it is larger than may be read');
      this.end('an event of it is larger than may be read');
    }
    if (!this.stream.isFull || this.#paused) return;
    this.#paused = true;
    flow.pause();
  }

  onEnd(): void {
    this.#over();
  }

  onError(): void {
    this.#over();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#flow?.resume();
  }

  end(why: string): void {
    this.#flow?.abort(new Error(why));
    this.#over();
  }

  #over(): void {
    this.#flow = undefined;
    this.holding.release();
    this.stream.sourceEnded(this);
  }
}
