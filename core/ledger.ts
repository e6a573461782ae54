/** The ledger: one item per tool call, at once idempotency record and audit row. */

/** What became of a call. */
export type Outcome = 'confirmed' | 'failed' | 'not_executed' | 'unknown';

/**
 * States of a row. `claimed`: written, nothing sent. `sent`: bytes may have reached the server.
 * The other four are outcomes; `not_executed` is a claim that was released before anything was sent.
 */
export type LedgerState = 'claimed' | 'sent' | Outcome;

/** One row, as stored (an absent attribute is an absent property). Key: `pk`. */
export interface LedgerRow {
  /** {@link ledgerKey}. */
  readonly pk: string;
  readonly callId: string;
  /** The caller's idempotency key; absent when the call had none. */
  readonly idempotencyKey?: string;
  readonly server: string;
  /** agentId of the caller. */
  readonly agent: string;
  readonly issuer: string;
  readonly subject: string;
  readonly task?: string;
  /** Digest of the session id that the agent holds ({@link sessionKey}); absent in the modern era. */
  readonly session?: string;
  readonly tool: string;
  /** SHA-256 of tool and canonical arguments (RFC 8785), base64url. */
  readonly argumentsDigest: string;
  /** The arguments as JSON text. */
  readonly arguments: string;
  /** Like `resultEncoding`; an omitted text is still bound by `argumentsDigest`. */
  readonly argumentsEncoding?: 'gzip' | 'omitted';
  readonly stateChanging: boolean;
  readonly state: LedgerState;
  /** Random token of the claim's owner; every later write carries it in its condition. */
  readonly fence: string;
  /** Gateway replica that owns the claim. */
  readonly owner: string;
  /** Stickiness cookie that leads to the instance to which the call goes; absent where it goes to any. */
  readonly route?: string;
  /** ECS task id of the instance that answered. */
  readonly instance?: string;
  /** Milliseconds since the epoch. */
  readonly claimedAt: number;
  readonly sentAt?: number;
  readonly settledAt?: number;
  /** Milliseconds since the epoch; a row still `claimed` or `sent` after it has lost its owner. */
  readonly leaseUntil: number;
  /** JSON text of the JSON-RPC `result` or `error` that the server gave. */
  readonly result?: string;
  /** `gzip` when `result` is compressed and base64-encoded; `omitted` when it was too large to keep. */
  readonly resultEncoding?: 'gzip' | 'omitted';
  /** Whether `result` holds a JSON-RPC `error`. */
  readonly resultIsError?: boolean;
  /** Why, where the outcome is not `confirmed`: a word of the error registry or one sentence. */
  readonly reason?: string;
}

/**
 * Partition key of a row: `{server}#{agentId}#{key}`. Server names hold no `#` and agent ids have a fixed length,
 * so any key is unambiguous.
 * @param key the caller's idempotency key prefixed `k:`, else the call id prefixed `c:`, so that no caller can name another call's row
 */
export function ledgerKey(server: string, agent: string, key: string): string {
  return `${server}#${agent}#${key}`;
}

/** From which states a row may enter a state. A total table: what is not listed cannot happen. */
const ENTERED_FROM: Readonly<Record<LedgerState, readonly LedgerState[]>> = {
  claimed: [],
  sent: ['claimed'],
  // An unknown outcome is settled when evidence turns up; no other outcome is ever left.
  confirmed: ['sent', 'unknown'],
  failed: ['sent', 'unknown'],
  not_executed: ['claimed', 'sent'],
  unknown: ['sent'],
};

/** The states a row must be in for `next` to be written; used as the write's condition, beside the fence. */
export function statesBefore(next: LedgerState): readonly LedgerState[] {
  return ENTERED_FROM[next];
}

export function isSettled(state: LedgerState): state is Outcome {
  return state !== 'claimed' && state !== 'sent';
}
