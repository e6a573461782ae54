import type { Dispatcher } from 'undici';

/** Raised before a byte of the request was written. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
}

interface PunctualOptions {
  /** Milliseconds since the epoch. */
  readonly deliverBy?: number;
}

/**
 * Gives a request up at the last moment before its first byte, when it may no longer be delivered: it may have waited for a
 * connection, or this process may have been stopped, while its call was settled as not executed. A sidecar holds to the same
 * moment; a remote server has none.
 * @param now milliseconds since the epoch
 */
export function punctual(now: () => number): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const { deliverBy } = options as PunctualOptions;
    return dispatch(options, deliverBy === undefined ? handler : new PunctualHandler(handler, deliverBy, now));
  };
}

type Handler = Dispatcher.DispatchHandler;

class PunctualHandler implements Handler {
  constructor(
    private readonly next: Handler,
    private readonly deliverBy: number,
    private readonly now: () => number,
  ) {}

  onRequestStart(...[controller, context]: Parameters<NonNullable<Handler['onRequestStart']>>): void {
    this.next.onRequestStart?.(controller, context);
    if (this.now() > this.deliverBy) controller.abort(new TooLateError('the moment by which it had to be delivered has passed'));
  }

  onResponseStart(...args: Parameters<NonNullable<Handler['onResponseStart']>>): void {
    this.next.onResponseStart?.(...args);
  }

  onResponseData(...args: Parameters<NonNullable<Handler['onResponseData']>>): void {
    this.next.onResponseData?.(...args);
  }

  onResponseEnd(...args: Parameters<NonNullable<Handler['onResponseEnd']>>): void {
    this.next.onResponseEnd?.(...args);
  }

  onResponseError(...args: Parameters<NonNullable<Handler['onResponseError']>>): void {
    this.next.onResponseError?.(...args);
  }
}
