import { endedBy, type LossName } from '../../core/endings';
import type { FleetError } from '../../core/errors';
import type { ServerConfig } from '../../core/fleet-config';
import { isSidecarReason, SIDECAR_REASONS, type SidecarReason } from '../../core/headers';

/** The head of an answer. */
interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** ECS task id of the instance that gave it; absent where none did. */
  readonly instance: string | undefined;
  /** The sidecar's reason, where it gave the answer itself. */
  readonly reason: string | undefined;
}

const REASON_ENDINGS: Readonly<Record<SidecarReason, LossName>> = {
  at_capacity: 'at_capacity',
  draining: 'refused',
  unknown_session: 'unknown_session',
  unauthenticated: 'refused',
  server_unavailable: 'refused',
  too_late: 'too_late',
  rate_limited: 'rate_limited',
  unknown_call: 'refused',
  server_lost: 'instance_lost',
};

/** An answer that the server did not give, or that says by its status alone what became of the request; undefined for any other. */
export function failureOf({ status, headers, instance, reason }: Head, { remoteUrl, remote }: ServerConfig): FleetError | undefined {
  if (remoteUrl !== undefined) {
    const limited = status === 429 && remote?.rateLimitsBeforeExecution === true;
    return limited ? endedBy('rate_limited', 'the server answered 429', { retryAfterMs: retryAfterMs(headers['retry-after']) }) : undefined;
  }
  if (reason !== undefined && isSidecarReason(reason)) return sidecarFailure(reason, headers);
  return instance === undefined ? balancerFailure(status) : undefined;
}

function sidecarFailure(reason: SidecarReason, headers: Head['headers']): FleetError {
  const { delivered } = SIDECAR_REASONS[reason];
  const said = delivered ? 'the server ended after it was sent the request' : `the instance said ${reason}; nothing was executed`;
  const wait = REASON_ENDINGS[reason] === 'at_capacity' || REASON_ENDINGS[reason] === 'rate_limited';
  return endedBy(REASON_ENDINGS[reason], said, { sidecar: reason, ...(wait && { retryAfterMs: retryAfterMs(headers['retry-after']) }) });
}

/** Statuses that a load balancer gives to a request that it may have forwarded: time-outs of either side, and a target that broke. */
const MAY_BE_FORWARDED = [408, 460];

/** The load balancer's own answer: it has no target, no rule, or does not take the request; or it has lost the target. */
function balancerFailure(status: number): FleetError {
  const notForwarded = status === 503 || (status >= 400 && status < 500 && !MAY_BE_FORWARDED.includes(status));
  if (notForwarded) return endedBy('no_target', `the load balancer answered ${status} itself; it did not forward the request`);
  return endedBy('instance_lost', `the load balancer lost the instance (${status})`);
}

/**
 * Where a 307 or 308 sends the very same request (RFC 9110 § 15.4.8): a URL within the origin, words for any other, undefined for an
 * answer that is no redirect. Those of other statuses change the method: they may come after something was executed.
 */
export function redirectOf({ status, headers }: Pick<Head, 'status' | 'headers'>, from: URL): URL | string | undefined {
  if (status !== 307 && status !== 308) return undefined;
  const { location } = headers;
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) return 'without saying where';
  const target = new URL(location, from);
  return target.origin === from.origin ? target : `to another origin, ${target.origin}`;
}

const LONGEST_RETRY_MS = 3_600_000;

/** `Retry-After` in seconds (RFC 9110 § 10.2.3); one second where it says nothing usable. */
function retryAfterMs(value: string | string[] | undefined): number {
  const seconds = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : 1;
  return Math.min(Math.max(seconds, 1) * 1_000, LONGEST_RETRY_MS);
}
