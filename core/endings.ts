import { ERRORS, type ErrorDetail, type ErrorName, FleetError } from './errors';
import type { Outcome } from './outcome';

interface Ending {
  /** What happened, in the words of the documentation. */
  readonly what: string;
  /** How the gateway knows. */
  readonly how: string;
  /** What it makes of a call that was to change something. */
  readonly outcome: Outcome;
  /** What the agent gets; the server's own answer where absent. */
  readonly error?: ErrorName;
}

/**
 * Every way in which a call can end once it has passed policy and claim: the one place where it is classified, from which
 * docs/outcomes.md has its table. Where none of these grounds is there, nothing is assumed.
 */
// biome-ignore format: one line per ending reads as the table it is
export const ENDINGS = {
  result: { what: 'the server executed it and said so', how: 'its result', outcome: 'confirmed' },
  tool_error: { what: 'a deterministic tool error', how: 'a JSON-RPC error, or `isError` in the result', outcome: 'failed' },
  input_required: { what: 'the server asks for input first', how: '`resultType: "input_required"`; the next round, or the same one begun again, goes on under the same key', outcome: 'input_required' },
  task: { what: 'the server goes on with it as a task', how: 'a result that names a task; the row stays `sent` until the end of the task is heard of', outcome: 'unknown' },

  not_connected: { what: 'not sent: no connection', how: 'no byte of it was written: refused, no name, no route, a certificate or handshake that does not fit', outcome: 'not_executed', error: 'NOT_DELIVERED' },
  no_target: { what: 'not sent: no instance', how: "the load balancer's own 503 or 4xx, but 408 and 460", outcome: 'not_executed', error: 'NOT_DELIVERED' },
  too_late: { what: 'not sent: too late', how: 'gateway or sidecar would have sent it after its `deliverBy`', outcome: 'not_executed', error: 'NOT_DELIVERED' },
  at_capacity: { what: 'the server said retry: full', how: "the sidecar's own word, before it gave the server a byte", outcome: 'not_executed', error: 'AT_CAPACITY' },
  rate_limited: { what: 'the server said retry: too many requests', how: '429 without a JSON-RPC response, of a server of the fleet, or of a remote one that is declared so', outcome: 'not_executed', error: 'AT_CAPACITY' },
  not_opened: { what: 'the server cannot be opened', how: "the sidecar's own word: its child ends at once, or does not start; or a session id that cannot be kept", outcome: 'not_executed', error: 'SERVER_UNAVAILABLE' },
  redirected: { what: 'the server says that it is elsewhere', how: '307 or 308, but not within its own origin, or without saying where', outcome: 'not_executed', error: 'SERVER_UNAVAILABLE' },
  no_credential: { what: 'not sent, or not taken: no credential', how: 'what the gateway is to show to the server cannot be read, or the server answers 401 to what has just been read anew', outcome: 'not_executed', error: 'SERVER_UNAVAILABLE' },
  refused: { what: 'the server said retry: draining, outdated, or not up', how: "the sidecar's own word, before it gave the server a byte", outcome: 'not_executed', error: 'NOT_DELIVERED' },
  not_taken: { what: 'the server does not take it', how: "the sidecar's own word: too large, not readable, or nothing that its server is sent", outcome: 'not_executed', error: 'INVALID_REQUEST' },
  unknown_session: { what: 'the session is not there', how: "the sidecar's own word, or a 404 of the server's to what is not claimed; to a claimed call, when the session itself says that it is gone", outcome: 'not_executed', error: 'UNKNOWN_SESSION' },

  connection_lost: { what: 'sent and lost: the connection broke', how: 'bytes may have left', outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },
  instance_lost: { what: 'sent and lost: the instance died', how: "the load balancer's 408, 460, 500, 502 or 504, or the sidecar's word that its server ended", outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },
  answer_lost: { what: 'sent and lost: the answer broke off', how: 'it ended before the response was whole, or is larger than may be held', outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },
  no_response: { what: 'sent, and the answer is none', how: 'it is no JSON-RPC response, or one that two readers could read differently', outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },
  uncertain_error: { what: 'sent, and the server answered with an error that bridges give for time-outs', how: 'JSON-RPC -32000, -32001 or -32603 to a call that is to change something, unless `finalErrors` names it', outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },
  peer_unknown: { what: 'sent, and the server itself does not know', how: '`error.data.outcome: "unknown"`: a peer may lower certainty, never raise it', outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },
  secret_told: { what: 'sent, and the answer told a secret of its server', how: 'the messages of its stream, or answers to its agent, did in pieces, and it was ended at the piece that made it whole', outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },
  cancelled: { what: 'cancelled by its caller', how: '`notifications/cancelled` for a read, or for a call of a `cancellable` tool that has not answered within 10 s', outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },
  server_error: { what: 'sent, and the server failed', how: "a status of 500 or more that is not the sidecar's own: nobody knows what it did before", outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },
  timeout: { what: 'timeout', how: 'no whole answer within the `longestCall` of its server, 15 minutes unless it is declared; the lease is a minute longer', outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },
  caller_left: { what: 'client gone, in the modern era', how: 'it closed the connection to a read, which cancels it', outcome: 'unknown', error: 'OUTCOME_UNKNOWN' },

  not_landed: { what: 'lost, and shown not to have happened', how: 'the declared read, once nothing of the call can be on its way', outcome: 'not_executed', error: 'NOT_DELIVERED' },
} as const satisfies Record<string, Ending>;

export type EndingName = keyof typeof ENDINGS;
/** Endings that the agent is told by an error of ours. */
export type LossName = { [Name in EndingName]: (typeof ENDINGS)[Name] extends { error: ErrorName } ? Name : never }[EndingName];

/** The error by which an agent is told how its call ended. @param reason one sentence of the case at hand */
export function endedBy(name: LossName, reason: string, detail: Omit<ErrorDetail, 'reason' | 'outcome'> = {}): FleetError {
  const { error, outcome } = ENDINGS[name];
  return new FleetError(error, { ...detail, ending: name, reason, ...(ERRORS[error].outcome !== outcome && { outcome }) });
}
