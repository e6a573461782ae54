import type { Dispatcher } from 'undici';
import type { Departure } from '../departure';
import { IncomingBody } from './body';

/** Raised before a byte of the request was written. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
}

/** Raised in place of a request; nothing of it was sent. */
export class TooManyError extends Error {
  override readonly name = 'TooManyError';
}

/** What is known of one request on its way. */
export interface Delivery {
  /** Milliseconds since the epoch; the request must not be begun later. */
  readonly by?: number;
  /** A connection stands and the request is being written: from here on nobody knows how far it gets. */
  begun: boolean;
}

/** What began to come back. */
export interface Incoming {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: IncomingBody;
}

/**
 * The way to one origin. It refuses what would wait for a connection: undici queues without a bound, and behind streams that stay open
 * for hours a call would wait in vain. Counted by what has not ended, since a pool's own figures cost a walk over all its connections.
 */
export class Way {
  private readonly underWay = new Set<Sending>();

  /** @param limit requests and streams that may be under way */
  constructor(
    private readonly pool: Dispatcher,
    private readonly limit: number,
    private readonly now: () => number,
  ) {}

  /**
   * Sends a request and resolves when its answer begins. Rejects with undici's errors, or one of the above.
   * @param departure until when somebody waits for it, the answer included
   */
  send(options: Dispatcher.DispatchOptions, delivery: Delivery, departure?: Departure): Promise<Incoming> {
    const { underWay, limit, now } = this;
    if (underWay.size >= limit) return Promise.reject(new TooManyError(`${limit} requests to it are under way`));
    return new Promise((resolve, reject) => {
      const sending = new Sending(delivery, now, resolve, reject, underWay);
      underWay.add(sending);
      departure?.whenOver(() => sending.giveUp(departure.reason));
      this.pool.dispatch(options, sending);
    });
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }
}

type Handler = Dispatcher.DispatchHandler;
type Arguments<Event extends keyof Handler> = Parameters<NonNullable<Handler[Event]>>;

/**
 * One request. Notes the moment before its first byte, and gives it up there when it may no longer be delivered: it may have waited
 * for a connection, or this process may have been stopped, while its call was settled as not executed. A sidecar holds to the same
 * moment; a remote server has none.
 */
class Sending implements Handler {
  private controller: Dispatcher.DispatchController | undefined;
  private body: IncomingBody | undefined;
  private givenUp: Error | undefined;

  constructor(
    private readonly delivery: Delivery,
    private readonly now: () => number,
    private readonly resolve: (incoming: Incoming) => void,
    private readonly reject: (error: Error) => void,
    /** It leaves them when it has ended, in whatever way. */
    private readonly underWay: Set<Sending>,
  ) {}

  giveUp(reason: Error): void {
    this.givenUp = reason;
    if (this.controller !== undefined) this.controller.abort(reason);
    else this.reject(reason);
  }

  onRequestStart(...[controller]: Arguments<'onRequestStart'>): void {
    this.controller = controller;
    const { by } = this.delivery;
    if (this.givenUp !== undefined) controller.abort(this.givenUp);
    else if (by !== undefined && this.now() > by)
      controller.abort(new TooLateError('the moment by which it had to be delivered has passed'));
    else this.delivery.begun = true;
  }

  onResponseStart(...[controller, status, headers]: Arguments<'onResponseStart'>): void {
    if (status < 200) return;
    // Its fields by the byte, which nobody asks for: two KiB for as long as a stream is open.
    (controller as { rawHeaders?: unknown }).rawHeaders = undefined;
    this.body = new IncomingBody(controller);
    this.resolve({ status, headers, body: this.body });
  }

  onResponseData(...[, piece]: Arguments<'onResponseData'>): void {
    this.body?.push(piece);
  }

  onResponseEnd(): void {
    this.underWay.delete(this);
    this.body?.end();
  }

  onResponseError(...[, error]: Arguments<'onResponseError'>): void {
    this.underWay.delete(this);
    if (this.body === undefined) this.reject(error);
    else this.body.end(error);
  }
}
