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
  /** Who settled an unknown outcome by hand ({@link mayResolve}); `reason` then stays the one of the unknown outcome. */
  readonly resolvedBy?: string;
  /** Milliseconds since the epoch. */
  readonly resolvedAt?: number;
  /** What that person has seen. */
  readonly resolutionReason?: string;
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

/** The states a row must be in for `next` to be written by a program; used as the write's condition, beside the fence. */
export function statesBefore(next: LedgerState): readonly LedgerState[] {
  return ENTERED_FROM[next];
}

/** What a person may say of a call whose outcome is unknown. */
export type Resolution = Exclude<Outcome, 'unknown'>;

export const RESOLUTIONS: readonly Resolution[] = ['confirmed', 'failed', 'not_executed'];

/**
 * Whether a person may settle a row now. A program can only find that something happened; a person, who can look into the
 * system behind the server, may also say that nothing did, and then the key is free again. So no owner may be left who
 * could still send; none begins to after its lease has ended.
 * @param now milliseconds since the epoch
 */
export function mayResolve({ state, leaseUntil }: Pick<LedgerRow, 'state' | 'leaseUntil'>, now: number): boolean {
  return state === 'unknown' && now > leaseUntil;
}

/** What must stand in the table for a write to be done. As data, so that the table and the model of the protocol obey the same. */
export interface WriteCondition {
  /** The states that the row may be in. */
  readonly states: readonly LedgerState[];
  /** The fence that the row must carry; any where absent. */
  readonly fence?: string;
  /** It is done as well where there is no row. */
  readonly orAbsent?: true;
}

type Fenced = Pick<LedgerRow, 'fence'>;

/** The condition of every write that the ledger knows; all but the ones that begin a row name the fence of whom they move. */
export const CONDITIONS = {
  /** A key is free where there is no row, or nothing happened under it. */
  claim: (): WriteCondition => ({ orAbsent: true, states: ['not_executed'] }),
  /** A claim whose owner died can be taken from it as long as it has sent nothing. */
  takeOver: ({ fence }: Fenced): WriteCondition => ({ states: ['claimed'], fence }),
  /** Whoever ends another's claim must find it unsent at the very moment of the write, not only when it was read. */
  endUnsent: ({ fence }: Fenced): WriteCondition => ({ states: ['claimed'], fence }),
  advance: ({ fence }: Fenced, next: LedgerState): WriteCondition => ({ states: statesBefore(next), fence }),
  /** A row that is settled from the start, or that nobody else can ever claim. */
  append: (): WriteCondition => ({ orAbsent: true, states: [] }),
  /** A person's word. */
  resolve: ({ fence }: Fenced): WriteCondition => ({ states: ['unknown'], fence }),
} as const;

/** Whether a write may be done on what stands there; the table decides the same by its condition expression. */
export function permits({ states, fence, orAbsent }: WriteCondition, standing: Pick<LedgerRow, 'state' | 'fence'> | undefined): boolean {
  if (standing === undefined) return orAbsent === true;
  return states.includes(standing.state) && (fence === undefined || fence === standing.fence);
}

/** Whether a write that was refused has been done before: its first answer was lost, and the SDK sent it again. */
export function isWritten(standing: Pick<LedgerRow, 'state' | 'fence'> | undefined, fence: string, state: LedgerState): boolean {
  return standing?.fence === fence && standing.state === state;
}

export function isSettled(state: LedgerState): state is Outcome {
  return state !== 'claimed' && state !== 'sent';
}
