import type { AnswerHandler, Flow } from './answer-handler';

/** What a request goes out on, and its answer comes in on. */
export interface Carrier {
  pause(): void;
  resume(): void;
  /** Ends it, and what it carries. */
  break(error: Error): void;
}

/** One request on its way, as long as its answer is not whole. */
export class ServerRequest implements Flow {
  #carrier?: Carrier;
  #aborted?: Error;

  /**
   * @param head with the empty line behind it
   * @param handler of its answer; hears of its end once
   */
  constructor(
    readonly head: string,
    readonly body: Buffer | undefined,
    readonly handler: AnswerHandler,
  ) {}

  pause(): void {
    this.#carrier?.pause();
  }

  resume(): void {
    this.#carrier?.resume();
  }

  abort(error: Error): void {
    this.#aborted ??= error;
    this.#carrier?.break(error);
  }

  /** @returns why it must not be sent, where it must not */
  begin(carrier: Carrier): Error | undefined {
    this.handler.onSending(this);
    if (this.#aborted === undefined) this.#carrier = carrier;
    return this.#aborted;
  }

  end(): void {
    this.#carrier = undefined;
    this.handler.onEnd();
  }

  fail(error: Error): void {
    this.#carrier = undefined;
    this.handler.onError(error);
  }
}
