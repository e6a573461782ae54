import type { Dispatcher } from 'undici';
import { redirectOf } from '../core/redirect';

type Handler = Dispatcher.DispatchHandler;

export interface RedirectEvents {
  /** Sees the status of an answer that is passed on. */
  readonly onAnswer: (status: number) => void;
  /** Sends the request to where it belongs, once the answer that said so is over. */
  readonly follow: (target: URL) => void;
}

/**
 * Passes an answer on, but for one that sends the request elsewhere within the server's origin: nothing was executed, and it is sent
 * there instead. Many frameworks redirect from a path with a slash at its end to one without, or the other way round.
 */
export class Redirected implements Handler {
  /** Present once the answer has turned out to be a redirect that is followed. */
  #target?: URL;

  /** @param from URL that the request goes to; undefined where no more redirects are followed */
  constructor(
    private readonly next: Handler,
    private readonly from: URL | undefined,
    private readonly on: RedirectEvents,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController, context: object): void {
    this.next.onRequestStart?.(controller, context);
  }

  onResponseStart(...args: Parameters<NonNullable<Handler['onResponseStart']>>): void {
    const [, status, headers] = args;
    const target = this.from && redirectOf(status, headers.location, this.from);
    if (target instanceof URL) {
      this.#target = target;
      return;
    }
    if (status >= 200) this.on.onAnswer(status);
    this.next.onResponseStart?.(...args);
  }

  onResponseData(...args: Parameters<NonNullable<Handler['onResponseData']>>): void {
    if (this.#target === undefined) this.next.onResponseData?.(...args);
  }

  onResponseEnd(...args: Parameters<NonNullable<Handler['onResponseEnd']>>): void {
    if (this.#target === undefined) this.next.onResponseEnd?.(...args);
    else this.on.follow(this.#target);
  }

  onResponseError(...args: Parameters<NonNullable<Handler['onResponseError']>>): void {
    this.next.onResponseError?.(...args);
  }
}
