import type { AwaitedRequest } from '../core/sealed-event';
import { derivedUpstreamId, freshUpstreamId } from '../core/upstream-id';
import type { LedgerRow } from '../ledger/row';
import type { Claimed } from './call';
import { Departure } from './departure';

/** A request that its server has not answered. */
export interface OpenRequest {
  readonly awaited: AwaitedRequest;
  /** Session id that its agent holds; empty without one. */
  readonly session: string;
  /** Row of a claimed call. */
  readonly claim: LedgerRow | undefined;
  /** A cancellation reaches its server. */
  readonly cancellable: boolean;
  /** Over when it is given up because its caller has cancelled it. */
  readonly cancelled: Departure;
}

/** The requests under way at this replica, by the session and the id that their agent knows them by. */
export class OpenRequests {
  private readonly upstreamIds = new Set<number>();
  private readonly sessions = new Map<string, Set<OpenRequest>>();

  /** Counts a request and gives it the id under which it goes to its server. */
  begin({ exchange, message, sessionId = '', toolCall, claim }: Claimed): OpenRequest | undefined {
    if (message?.kind !== 'request' || exchange.requestId === null) return undefined;
    const { requestId } = exchange;
    // Any replica can cancel a request by the id that it derives; what must not be cancelled is never found so.
    const cancellable = claim === undefined || toolCall?.policy.cancellable === true;
    const derived = derivedUpstreamId(sessionId, plain(requestId));
    const takesDerived = sessionId !== '' && cancellable && !this.upstreamIds.has(derived);
    const upstreamId = takesDerived ? derived : freshUpstreamId();
    const continued = (message.params.cursor ?? null) !== null;
    const awaited = { method: message.method, requestId, upstreamId, ...(continued && { continued: true as const }) };
    const request: OpenRequest = { awaited, session: sessionId, claim, cancellable, cancelled: new Departure() };
    this.upstreamIds.add(upstreamId);
    const requests = this.sessions.get(sessionId);
    if (requests === undefined) this.sessions.set(sessionId, new Set([request]));
    else requests.add(request);
    return request;
  }

  /** It has been answered, or will not be. */
  end(request: OpenRequest): void {
    this.upstreamIds.delete(request.awaited.upstreamId);
    const requests = this.sessions.get(request.session);
    if (requests?.delete(request) && requests.size === 0) this.sessions.delete(request.session);
  }

  /** @param requestId JSON text of the id, as JavaScript writes it; the latest where several carry it */
  find(session: string, requestId: string): OpenRequest | undefined {
    return [...(this.sessions.get(session) ?? [])].findLast(({ awaited }) => plain(awaited.requestId) === requestId);
  }

  /** Whether claimed calls of a session are under way here. */
  hasClaimed(session: string): boolean {
    return [...(this.sessions.get(session) ?? [])].some(({ claim }) => claim !== undefined);
  }

  /** The claims of all calls that are under way. */
  *claims(): Generator<LedgerRow> {
    for (const requests of this.sessions.values()) for (const { claim } of requests) if (claim !== undefined) yield claim;
  }
}

/** An id as JavaScript writes it: `1.0` and `1e0` are `1`. */
function plain(requestId: string): string {
  return JSON.stringify(JSON.parse(requestId));
}
