import type { Dispatcher } from 'undici';

/** Raised in place of a request; nothing of it was sent. */
export class TooManyError extends Error {
  override readonly name = 'TooManyError';
}

/**
 * Refuses what would wait for a connection: undici queues without a bound, and behind streams that stay open for hours a call
 * would wait in vain. Counted by what has not ended, since a pool's own figures cost a walk over all its connections.
 * @param limit requests and streams that may be under way
 */
export function bounded(limit: number): Dispatcher.DispatcherComposeInterceptor {
  const underWay = new Set<Handler>();
  return (dispatch) => (options, handler) => {
    if (underWay.size >= limit) throw new TooManyError(`${limit} requests to it are under way`);
    underWay.add(handler);
    return dispatch(options, {
      onRequestStart: (...args) => handler.onRequestStart?.(...args),
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => {
        underWay.delete(handler);
        handler.onResponseEnd?.(...args);
      },
      onResponseError: (...args) => {
        underWay.delete(handler);
        handler.onResponseError?.(...args);
      },
    });
  };
}

type Handler = Dispatcher.DispatchHandler;
