import { FleetError } from '../core/errors';
import type { Authorized } from './call';
import type { Metrics } from './metrics';

export interface AdmitParts {
  readonly admission: Admission;
  readonly metrics: Metrics;
}

/** Most requests to one server that a replica has under way; what is above would only wait in memory. */
export const IN_FLIGHT_LIMIT = 2_000;

const RETRY_AFTER_MS = 1_000;

/** Requests under way by server: a set of what is open, so that no exit can leave a count behind. */
export class Admission {
  private readonly open = new Map<string, Set<Authorized>>();

  /** False when the server has as many under way as it may. */
  enter(server: string, request: Authorized): boolean {
    const requests = this.open.get(server) ?? new Set();
    this.open.set(server, requests);
    if (requests.size >= IN_FLIGHT_LIMIT) return false;
    requests.add(request);
    request.exchange.gone.whenOver(() => requests.delete(request));
    return true;
  }

  /** Requests under way, of all servers. */
  get underWay(): readonly Authorized[] {
    return [...this.open.values()].flatMap((requests) => [...requests]);
  }
}

/** Lets a request in, or says when to come again. */
export function admit(authorized: Authorized, { admission, metrics }: AdmitParts): Authorized {
  const { server } = authorized;
  if (admission.enter(server, authorized)) return authorized;
  metrics.count(server, 'Rejected');
  throw new FleetError('AT_CAPACITY', { reason: `${IN_FLIGHT_LIMIT} requests to "${server}" are under way`, retryAfterMs: RETRY_AFTER_MS });
}
