import type { SidecarReason } from './headers';
import type { Outcome } from './outcome';

/** What the caller may do next; a program can branch on it. */
export type Retry = 'never' | 'safe' | 'later' | 'same_key' | 'with_key' | 'with_token' | 'reinitialize' | 'fix_request';

/** What each of them means, for whoever is shown the message only. */
const ADVICE: Readonly<Record<Retry, string>> = {
  never: 'do not send it again as it is',
  safe: 'send it again',
  later: 'send it again later',
  same_key: 'do not repeat it with a new key; ask for its outcome, or send it again with the same key',
  with_key: 'send it again with an idempotency key',
  with_token: 'get a new access token and send it again',
  reinitialize: 'initialize again',
  fix_request: 'correct it and send it again',
};

interface ErrorKind {
  /** JSON-RPC error code. Ours lie outside -32768..-32000 (MCP 2026-07-28, basic § Error Codes). */
  readonly code: number;
  /** HTTP status; 200 unless the protocol wants another, because SDKs drop the body of any other. */
  readonly status: number;
  readonly outcome: Outcome;
  readonly retry: Retry;
  readonly message: string;
}

/** The only place where an error that a caller sees is born. */
// biome-ignore format: one line per error reads as the table it is
export const ERRORS = {
  // What the protocol wants as an HTTP status.
  PARSE_ERROR: { code: -32700, status: 400, outcome: 'not_executed', retry: 'fix_request', message: 'The body is not one unambiguous JSON text (RFC 7493)' },
  INVALID_REQUEST: { code: -32600, status: 400, outcome: 'not_executed', retry: 'fix_request', message: 'The message is not a valid JSON-RPC message' },
  METHOD_NOT_FOUND: { code: -32601, status: 404, outcome: 'not_executed', retry: 'never', message: 'Method not found' },
  INVALID_PARAMS: { code: -32602, status: 400, outcome: 'not_executed', retry: 'fix_request', message: 'The parameters are not valid' },
  HEADER_MISMATCH: { code: -32020, status: 400, outcome: 'not_executed', retry: 'fix_request', message: 'A header and the body disagree' },
  UNSUPPORTED_VERSION: { code: -32022, status: 400, outcome: 'not_executed', retry: 'fix_request', message: 'The protocol version is not supported' },
  UNAUTHENTICATED: { code: 401, status: 401, outcome: 'not_executed', retry: 'with_token', message: 'A valid access token is needed' },
  SERVER_DENIED: { code: 403, status: 403, outcome: 'not_executed', retry: 'never', message: 'This agent may not use this server' },
  INSUFFICIENT_SCOPE: { code: 403, status: 403, outcome: 'not_executed', retry: 'with_token', message: 'The access token lacks a scope' },
  ORIGIN_DENIED: { code: 403, status: 403, outcome: 'not_executed', retry: 'never', message: 'The Origin is not allowed' },
  /** The answer to who asks for an outcome; a request that is still on its way may yet begin the call. */
  UNKNOWN_CALL: { code: 404, status: 404, outcome: 'unknown', retry: 'same_key', message: 'The ledger has no such call of this agent' },
  UNKNOWN_SERVER: { code: 404, status: 404, outcome: 'not_executed', retry: 'never', message: 'There is no such server' },
  /** -32001 "Session not found" is what SDK servers say and clients look for. */
  UNKNOWN_SESSION: { code: -32001, status: 404, outcome: 'not_executed', retry: 'reinitialize', message: 'Session not found' },
  METHOD_NOT_ALLOWED: { code: 405, status: 405, outcome: 'not_executed', retry: 'never', message: 'The HTTP method is not allowed here' },
  NOT_ACCEPTABLE: { code: 406, status: 406, outcome: 'not_executed', retry: 'fix_request', message: 'Accept must list application/json and text/event-stream' },
  PAYLOAD_TOO_LARGE: { code: 413, status: 413, outcome: 'not_executed', retry: 'fix_request', message: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { code: 415, status: 415, outcome: 'not_executed', retry: 'fix_request', message: 'The body must be plain application/json in UTF-8' },
  INTERNAL: { code: 500, status: 500, outcome: 'not_executed', retry: 'safe', message: 'The gateway failed before anything was sent' },

  // Ours: JSON-RPC errors on HTTP 200.
  DENIED: { code: 403, status: 200, outcome: 'not_executed', retry: 'never', message: 'This agent has no grant for this' },
  /** The answer to who asks again for a result that a stand-in could not take the place of. */
  RESULT_NOT_KEPT: { code: 410, status: 200, outcome: 'confirmed', retry: 'never', message: 'The call was executed; its result is not kept' },
  IN_PROGRESS: { code: 409, status: 200, outcome: 'unknown', retry: 'same_key', message: 'The call is still running' },
  SESSION_STATE_LOST: { code: 410, status: 200, outcome: 'not_executed', retry: 'reinitialize', message: "The session's state was lost with its instance" },
  KEY_REUSED: { code: 422, status: 200, outcome: 'not_executed', retry: 'never', message: 'This key was used for another call' },
  KEY_REQUIRED: { code: 428, status: 200, outcome: 'not_executed', retry: 'with_key', message: 'This tool needs an idempotency key' },
  CALL_LIMIT: { code: 429, status: 200, outcome: 'not_executed', retry: 'later', message: 'This agent has made as many of these calls as it may' },
  /** Reads go on, and so do the answers to who asks again for what was done before. */
  FROZEN: { code: 423, status: 200, outcome: 'not_executed', retry: 'later', message: 'An operator has stopped calls that change state' },
  TASK_BUDGET: { code: 429, status: 200, outcome: 'not_executed', retry: 'later', message: 'The task holds as many sessions as it may' },
  NOT_DELIVERED: { code: 502, status: 200, outcome: 'not_executed', retry: 'safe', message: 'The call did not reach the server' },
  AT_CAPACITY: { code: 503, status: 200, outcome: 'not_executed', retry: 'safe', message: 'The server has no free slot' },
  SERVER_UNAVAILABLE: { code: 503, status: 200, outcome: 'not_executed', retry: 'later', message: 'The server cannot be opened' },
  OUTCOME_UNKNOWN: { code: 504, status: 200, outcome: 'unknown', retry: 'same_key', message: 'It may have happened: it was sent and its answer was lost' },
  AUTHORIZER_UNAVAILABLE: { code: 521, status: 200, outcome: 'not_executed', retry: 'safe', message: 'The authorizer gave no decision' },
  LEDGER_UNAVAILABLE: { code: 507, status: 200, outcome: 'not_executed', retry: 'safe', message: 'The ledger cannot be written' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorName = keyof typeof ERRORS;

/** What an error tells beyond its kind. */
export interface ErrorDetail {
  /** One sentence: what was wrong, the value got, what is allowed. Never a token, secret or argument value. */
  readonly reason: string;
  readonly callId?: string;
  readonly idempotencyKey?: string;
  readonly retryAfterMs?: number;
  /** Replaces the kind's outcome, where the same error can stand for another one. */
  readonly outcome?: Outcome;
  /** Replaces the kind's advice, where a lost read may simply be sent again. */
  readonly retry?: Retry;
  /** Replaces the kind's HTTP status, where the two eras of the protocol differ. */
  readonly status?: number;
  /** Members of `error.data` that the protocol itself defines for this code. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** How its call ended (core/endings.ts), where it had been begun; not told to callers. */
  readonly ending?: string;
  /** ECS task id of the instance that said so; not told to callers. */
  readonly instance?: string;
  /** The load balancer had no target for it; not told to callers. */
  readonly untargeted?: boolean;
  /** A sidecar's own word, where one gave the answer; not told to callers. */
  readonly sidecar?: SidecarReason;
  /** HTTP headers that belong to the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

const BRAND = Symbol.for('cdk-mcp-fleet.FleetError');

/** A refusal or failure that the caller sees as a JSON-RPC error. */
export class FleetError extends Error {
  readonly [BRAND] = true;

  constructor(
    readonly kind: ErrorName,
    readonly detail: ErrorDetail,
  ) {
    super(`${ERRORS[kind].message}: ${detail.reason}`);
    this.name = kind;
  }

  /** Holds also across two copies of this package. */
  static is(error: unknown): error is FleetError {
    return typeof error === 'object' && error !== null && BRAND in error;
  }

  get status(): number {
    return this.detail.status ?? ERRORS[this.kind].status;
  }

  get outcome(): Outcome {
    return this.detail.outcome ?? ERRORS[this.kind].outcome;
  }

  /** The JSON-RPC `error` member. */
  toJsonRpc(): { code: number; message: string; data: Record<string, unknown> } {
    const { code, message } = ERRORS[this.kind];
    const { reason, callId, idempotencyKey, retryAfterMs, data } = this.detail;
    const retry = this.detail.retry ?? ERRORS[this.kind].retry;
    return {
      code,
      // Many clients show the message and nothing else.
      message: `${this.kind}: ${message}: ${reason}; ${ADVICE[retry]}`,
      data: {
        ...data,
        error: this.kind,
        outcome: this.outcome,
        retry,
        reason,
        ...(callId !== undefined && { callId }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      },
    };
  }
}
