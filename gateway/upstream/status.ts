import { endedBy, type LossName } from '../../core/endings';
import { FleetError } from '../../core/errors';
import type { ServerConfig } from '../../core/fleet-config';
import { isSidecarReason, SIDECAR_REASONS, type SidecarReason } from '../../core/headers';
import { readMembers } from '../../core/json-members';
import type { RequestId } from '../../core/message';
import type { SidecarBond } from './sidecar-keys';

/** The head of an answer. */
interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** ECS task id of the instance that gave it; undefined where no sidecar has stamped it. */
  readonly instance: string | undefined;
  /** The sidecar's reason, where it gave the answer itself. */
  readonly reason: string | undefined;
}

const REASON_ENDINGS: Readonly<Record<SidecarReason, LossName>> = {
  at_capacity: 'at_capacity',
  draining: 'refused',
  outdated: 'refused',
  unknown_session: 'unknown_session',
  unauthenticated: 'refused',
  server_unavailable: 'refused',
  server_ended: 'refused',
  too_late: 'too_late',
  rate_limited: 'rate_limited',
  unknown_call: 'refused',
  not_taken: 'not_taken',
  server_lost: 'instance_lost',
  secret_told: 'secret_told',
};

/** What a sidecar says of a request that its server was sent. */
const DELIVERED: Readonly<Record<string, string>> = {
  server_lost: 'the server ended after it was sent the request',
  secret_told: 'a secret of the server was told in pieces, and the answer was ended',
};

/** An answer that the server did not give; undefined for any that it did. A server outside the fleet gives all of its own. */
export function failureOf({ status, headers, instance, reason }: Head, { remoteUrl }: ServerConfig): FleetError | undefined {
  if (remoteUrl !== undefined) return undefined;
  if (reason !== undefined && isSidecarReason(reason)) return sidecarFailure(reason, headers, instance);
  return instance === undefined ? balancerFailure(status) : undefined;
}

/** What a sidecar says in the place of a response, on a stream that its server writes on too. @param error JSON text of a JSON-RPC error */
export function wordInStream(error: string, id: RequestId, bond: Pick<SidecarBond, 'openWord'> | undefined): FleetError | undefined {
  const word = readMembers(readMembers(error).get('data')).get('sidecar');
  const reason = word === undefined ? undefined : bond?.openWord(JSON.parse(word), id);
  return reason === undefined ? undefined : sidecarFailure(reason, {});
}

function sidecarFailure(reason: SidecarReason, headers: Head['headers'], instance?: string): FleetError {
  const { delivered } = SIDECAR_REASONS[reason];
  const said = delivered ? (DELIVERED[reason] as string) : `the instance said ${reason}; nothing was executed`;
  const wait = REASON_ENDINGS[reason] === 'at_capacity' || REASON_ENDINGS[reason] === 'rate_limited';
  return endedBy(REASON_ENDINGS[reason], said, {
    sidecar: reason,
    ...(instance !== undefined && { instance }),
    ...(wait && { retryAfterMs: retryAfterMs(headers['retry-after']) }),
  });
}

/** A 429 without a JSON-RPC response, of a server that is declared to say so before it executes anything; a sidecar says so itself. */
export function rateLimit({ status, headers }: Pick<Head, 'status' | 'headers'>, { remote }: ServerConfig): FleetError | undefined {
  if (status !== 429 || remote?.rateLimitsBeforeExecution !== true) return undefined;
  return endedBy('rate_limited', 'the server answered 429', { retryAfterMs: retryAfterMs(headers['retry-after']) });
}

/** Statuses that a load balancer gives to a request that it may have forwarded: time-outs of either side, and a target that broke. */
const MAY_BE_FORWARDED = [408, 460];

/** The load balancer's own answer: it has no target, no rule, or does not take the request; or it has lost the target. */
function balancerFailure(status: number): FleetError {
  const notForwarded = status === 503 || (status >= 400 && status < 500 && !MAY_BE_FORWARDED.includes(status));
  if (notForwarded) {
    const reason = `the load balancer answered ${status} itself; it did not forward the request`;
    return endedBy('no_target', reason, { untargeted: status === 503 });
  }
  return endedBy('instance_lost', `the load balancer lost the instance (${status})`);
}

/** Whether the load balancer had no target for a request to a server that may have no instance: then it has none. */
export function hadNoInstance(error: unknown, { scalesToZero }: Pick<ServerConfig, 'scalesToZero'>): boolean {
  return scalesToZero === true && FleetError.is(error) && error.detail.untargeted === true;
}

const LONGEST_RETRY_MS = 3_600_000;

/** `Retry-After` in seconds (RFC 9110 § 10.2.3); one second where it says nothing usable. */
function retryAfterMs(value: string | string[] | undefined): number {
  const seconds = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : 1;
  return Math.min(Math.max(seconds, 1) * 1_000, LONGEST_RETRY_MS);
}
