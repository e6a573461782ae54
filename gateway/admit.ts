import { FleetError } from '../core/errors';
import type { Authorized } from './call';
import type { Metrics } from './metrics';

export interface AdmitParts {
  readonly admission: Admission;
  readonly metrics: Metrics;
}

/** Most requests to one server that a replica has under way; what is above would only wait in memory. */
export const IN_FLIGHT_LIMIT = 2_000;
/** Most streams to one server that stay open for as long as their agents listen: each holds two connections, and some 35 KiB. */
export const STREAM_LIMIT = 4_000;

const RETRY_AFTER_MS = 1_000;

/** Requests under way by server: sets of what is open, so that no exit can leave a count behind. Who only listens takes no call's place. */
export class Admission {
  private readonly calls = new Map<string, Set<Authorized>>();
  private readonly streams = new Map<string, Set<Authorized>>();

  /** False when the server has as many of its kind under way as it may. */
  enter(request: Authorized): boolean {
    const [kind, limit] = listens(request) ? [this.streams, STREAM_LIMIT] : [this.calls, IN_FLIGHT_LIMIT];
    const requests = kind.get(request.server) ?? new Set();
    kind.set(request.server, requests);
    if (requests.size >= limit) return false;
    requests.add(request);
    request.exchange.gone.whenOver(() => requests.delete(request));
    return true;
  }

  /** Requests under way, of all servers. */
  get underWay(): readonly Authorized[] {
    return [...this.calls.values(), ...this.streams.values()].flatMap((requests) => [...requests]);
  }
}

/** Whether a request is a stream of the server's own, which ends when its agent leaves. */
function listens({ lane, message }: Pick<Authorized, 'lane' | 'message'>): boolean {
  return lane === 'stream' || (message?.kind === 'request' && message.method === 'subscriptions/listen');
}

/** Lets a request in, or says when to come again. */
export function admit(authorized: Authorized, { admission, metrics }: AdmitParts): Authorized {
  if (admission.enter(authorized)) return authorized;
  const { server } = authorized;
  metrics.count(server, 'Rejected');
  const [limit, what] = listens(authorized) ? [STREAM_LIMIT, 'streams'] : [IN_FLIGHT_LIMIT, 'requests'];
  throw new FleetError('AT_CAPACITY', { reason: `${limit} ${what} to "${server}" are under way`, retryAfterMs: RETRY_AFTER_MS });
}
