import type { Cancel, Clock } from './clock';
import type { AnswerHandler, Flow } from './http1/answer-handler';

/** What a server answered to a question of the sidecar's own. */
export interface OwnAnswer {
  readonly status: number;
  /** Beginning of the body of a 400, of which the status alone says nothing; else empty. */
  readonly start: string;
}

/** Takes the answer to a question of the sidecar's own, and no more of it than is read. */
export class OwnQuestion implements AnswerHandler {
  readonly #chunks: Buffer[] = [];
  readonly #giveUp: Cancel;
  #flow?: Flow;
  #status = 0;
  #size = 0;

  /**
   * @param limit bytes of the body
   * @param patience milliseconds from now until it is given up
   * @param onAnswer is told at most once; what is told behind it counts no more
   */
  constructor(
    private readonly limit: number,
    patience: number,
    clock: Clock,
    private readonly onAnswer: (answer: OwnAnswer) => void,
    private readonly onNone: (error: Error) => void,
  ) {
    this.#giveUp = clock.after(patience, () => this.#end('no whole answer in time'));
  }

  onSending(flow: Flow): void {
    this.#flow = flow;
  }

  onHead(_flow: Flow, status: number): void {
    this.#status = status;
    if (status !== 400) this.onAnswer({ status, start: '' });
  }

  onBytes(_flow: Flow, chunk: Buffer): void {
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (this.#size > this.limit) this.#end('it is longer than is read');
  }

  onEnd(): void {
    this.#giveUp();
    this.onAnswer({ status: this.#status, start: Buffer.concat(this.#chunks).toString() });
  }

  onError(error: Error): void {
    this.#giveUp();
    this.onNone(error);
  }

  /** A connection that is broken is no loss here, a server that goes on for ever would be. */
  #end(why: string): void {
    if (this.#size > this.limit) this.onEnd();
    if (this.#flow === undefined) this.onError(new Error(why));
    else this.#flow.abort(new Error(why));
  }
}
