import type { Era } from '../../core/era';
import type { AwaitedRequest } from '../../core/sealed-event';
import type { Held } from '../holdings';
import type { UpstreamResponse } from './upstreams';

/** Largest answer that is held, in bytes. */
export const ANSWER_LIMIT_BYTES = 64 * 1024 * 1024;

/** What grows beyond this waits until there is room for the largest answer: two that grow beside each other would both find none. */
export const SMALL_BYTES = 1024 * 1024;

/** What comes before the response on a stream, as its agent may see it. */
export interface PassedEvent {
  /** Empty for one that only has an id. */
  readonly text: string;
  /** The server's own id of it. */
  readonly id?: string;
  readonly method?: string;
  /** JSON text of its params as the server wrote them. */
  readonly params?: string;
}

/** How an answer is read. */
export interface Reading {
  readonly held: Pick<Held, 'add' | 'drop' | 'reserve'>;
  /** The request that it answers; absent for the standalone stream of a session, which holds no response for anybody. */
  readonly awaited?: AwaitedRequest;
  /** In which its agent speaks; legacy where absent. */
  readonly era?: Era;
  /** Gets what comes before the response, at once. */
  readonly pass?: (event: PassedEvent) => Promise<void>;
  /** Told what is dropped: a message that nobody may be given. */
  readonly drop?: (because: string) => void;
  /** Opens a stream again behind an event; for servers that let their streams be resumed. */
  readonly reopen?: (lastEventId: string) => Promise<UpstreamResponse>;
}

export function tooLarge(limit = ANSWER_LIMIT_BYTES): string {
  return `the answer is larger than ${limit} bytes`;
}
