import type { Dispatcher } from 'undici';

/** Raised before a byte of the request was written. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
}

/** What is known of one request on its way. */
export interface Delivery {
  /** Milliseconds since the epoch; the request must not be begun later. */
  readonly by?: number;
  /** A connection stands and the request is being written: from here on nobody knows how far it gets. */
  begun: boolean;
}

/**
 * Notes the moment before a request's first byte, and gives the request up there when it may no longer be delivered: it may have waited
 * for a connection, or this process may have been stopped, while its call was settled as not executed. A sidecar holds to the same
 * moment; a remote server has none.
 * @param now milliseconds since the epoch
 */
export function delivered(now: () => number): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const { delivery } = options as { readonly delivery?: Delivery };
    return dispatch(options, delivery === undefined ? handler : new DeliveryHandler(handler, delivery, now));
  };
}

type Handler = Dispatcher.DispatchHandler;

class DeliveryHandler implements Handler {
  constructor(
    private readonly next: Handler,
    private readonly delivery: Delivery,
    private readonly now: () => number,
  ) {}

  onRequestStart(...[controller, context]: Parameters<NonNullable<Handler['onRequestStart']>>): void {
    this.next.onRequestStart?.(controller, context);
    const { by } = this.delivery;
    if (by !== undefined && this.now() > by) controller.abort(new TooLateError('the moment by which it had to be delivered has passed'));
    else this.delivery.begun = true;
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
