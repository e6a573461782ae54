import type { Dispatcher } from 'undici';

/** Takes one piece of a body. `true`: what follows is not wanted. A promise keeps the next piece back, and with it the server. */
export type Take = (piece: Buffer) => true | undefined | Promise<true | undefined>;

/** The body of an answer while it comes. */
export interface Body {
  /** Whether all of it has come, or no more will. */
  readonly over: boolean;
  /** Gives each piece in order until the body ends, or its reader has enough. Rejects when it was cut, or with what its reader throws. */
  read(take: Take): Promise<void>;
  /** Lets what is left run out, so that its connection serves again; a body that does not end is closed. */
  letGo(): void;
  /** Closes it. */
  destroy(): void;
}

/** How long what is let go may take to end, in milliseconds. */
export const END_PATIENCE_MS = 1_000;

/** Bytes that may wait for a reader before the server has to. */
const AHEAD_BYTES = 64 * 1024;

type Controller = Pick<Dispatcher.DispatchController, 'abort' | 'pause' | 'resume'>;

interface Reader {
  readonly take: Take;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const CLOSED = Object.assign(new Error('the answer was not wanted any more'), { name: 'AbortError' });

/** A body as its connection gives it. No stream lies between: most answers are one piece. */
export class IncomingBody implements Body {
  private waiting: Buffer[] = [];
  private ahead = 0;
  private reader: Reader | undefined;
  private busy = false;
  private dropping: NodeJS.Timeout | undefined;
  private ended = false;
  private error: Error | undefined;

  constructor(private readonly controller: Controller) {}

  get over(): boolean {
    return this.ended;
  }

  read(take: Take): Promise<void> {
    return new Promise((resolve, reject) => {
      this.reader = { take, resolve, reject };
      this.giveWaiting();
    });
  }

  letGo(): void {
    this.waiting = [];
    if (this.ended || this.dropping !== undefined) return;
    this.dropping = setTimeout(() => this.destroy(), END_PATIENCE_MS);
    this.dropping.unref();
    this.controller.resume();
  }

  destroy(): void {
    this.waiting = [];
    if (!this.ended) this.controller.abort(CLOSED);
  }

  /** One more piece has come. */
  push(piece: Buffer): void {
    // Each time that reading goes on undici begins with an empty piece.
    if (this.dropping !== undefined || piece.length === 0) return;
    if (this.reader !== undefined && !this.busy) {
      this.give(piece, this.reader);
      return;
    }
    this.waiting.push(piece);
    this.ahead += piece.length;
    if (this.ahead > AHEAD_BYTES) this.controller.pause();
  }

  /** No more will come. @param error absent where it is whole */
  end(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    clearTimeout(this.dropping);
    this.giveWaiting();
  }

  private giveWaiting(): void {
    while (this.reader !== undefined && !this.busy) {
      const piece = this.waiting.shift();
      if (piece === undefined) break;
      this.ahead -= piece.length;
      this.give(piece, this.reader);
    }
    if (this.reader === undefined || this.busy) return;
    if (this.ended) this.finish(this.error);
    else this.controller.resume();
  }

  private give(piece: Buffer, { take }: Reader): void {
    try {
      const taken = take(piece);
      if (taken === true) this.finish();
      else if (taken !== undefined) void this.holdBack(taken);
    } catch (error) {
      this.finish(error);
    }
  }

  /** Keeps the next piece back until the last one is done with. */
  private async holdBack(taken: Promise<true | undefined>): Promise<void> {
    this.busy = true;
    this.controller.pause();
    try {
      if ((await taken) === true) this.finish();
    } catch (error) {
      this.finish(error);
    }
    this.busy = false;
    this.giveWaiting();
  }

  private finish(error?: unknown): void {
    const { reader } = this;
    this.reader = undefined;
    if (error === undefined) reader?.resolve();
    else reader?.reject(error);
  }
}
