/** One row of the ledger: one tool call or other request that was granted by name, at once idempotency record and audit row. */

import type { Era } from '../core/era';
import { DEFAULT_KEY_LIFETIME_SECONDS } from '../core/fleet-config';
import type { Outcome } from '../core/outcome';

/**
 * States of a row. `claimed`: written, nothing sent. `sent`: bytes may have reached the server.
 * The others are outcomes; `not_executed` is a claim that was released before anything was sent.
 */
export type LedgerState = 'claimed' | 'sent' | Outcome;

/** One step in the life of a row. */
export interface LedgerEvent {
  /** Milliseconds since the epoch, by the clock of who wrote it. */
  readonly at: number;
  readonly state: LedgerState;
  /** Who wrote it: a gateway replica, `janitor`, or a person's name. */
  readonly by: string;
  /** On what grounds, where they are not plain from the state. */
  readonly because?: string;
}

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
  /** Name of the tool; of a request that is no `tools/call`, its method. */
  readonly tool: string;
  /** Method of a request that is no `tools/call`, GET or DELETE where it had no message; what it names is in `arguments`. */
  readonly method?: string;
  /** What the call asks for: tool and arguments in canonical form, base64url of SHA-256. */
  readonly argumentsDigest: string;
  /** How the digest was made; absent in rows of before there were two ways. */
  readonly digestVersion?: 1 | 2;
  /** The arguments as JSON text. */
  readonly arguments: string;
  /** Like `resultEncoding`; an omitted text is still bound by `argumentsDigest`. */
  readonly argumentsEncoding?: 'gzip' | 'omitted';
  /** JSON pointers at which a keyed digest stands in `arguments`; `argumentsDigest` is that of the true ones. */
  readonly redacted?: readonly string[];
  /** Era of the request: in the legacy one a result's `resultType` says nothing. Absent in rows of before it was kept. */
  readonly era?: Era;
  /** It answers what the server asked for first; those answers are not kept. */
  readonly continuation?: true;
  readonly stateChanging: boolean;
  readonly state: LedgerState;
  /** Random token of the claim's owner; every later write carries it in its condition. */
  readonly fence: string;
  /** Every state that the row has been in, oldest first. */
  readonly history?: readonly LedgerEvent[];
  /** {@link unsettledPartition}; absent once the row is settled, so that an index holds only what is not. */
  readonly unsettled?: string;
  /** Gateway replica that owns the claim. */
  readonly owner: string;
  /** Stickiness cookie that leads to the instance to which the call goes; absent where it goes to any. */
  readonly route?: string;
  /** Id of the MCP task by which its server goes on with it: its outcome is still to come. */
  readonly openTask?: string;
  /** ECS task id of the instance that answered. */
  readonly instance?: string;
  /** Milliseconds since the epoch. */
  readonly claimedAt: number;
  readonly sentAt?: number;
  readonly settledAt?: number;
  /** Milliseconds since the epoch; a row still `claimed` or `sent` after it has lost its owner. */
  readonly leaseUntil: number;
  /** Milliseconds since the epoch; from then on a settled row's key may be claimed for another call. Absent: never. */
  readonly keyExpiresAt?: number;
  /** {@link expiryOf}; absent as long as the row is open or unknown. */
  readonly expiresAt?: number;
  /** JSON text of the JSON-RPC `result` or `error` that the server gave. */
  readonly result?: string;
  /** `gzip` when `result` is compressed and base64-encoded; `omitted` when it was too large to keep, and `sha256:` and its digest in hex stands there. */
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
  /** Of a row from the archive: why what is personal in it cannot be read. Never in the table. */
  readonly unread?: 'shredded' | 'unreadable';
}

/**
 * Partition key of a row: `{server}#{agentId}#{key}`. Server names hold no `#` and agent ids have a fixed length,
 * so any key is unambiguous.
 * @param key the caller's idempotency key prefixed `k:`, else the call id prefixed `c:`, so that no caller can name another call's row
 */
export function ledgerKey(server: string, agent: string, key: string): string {
  return `${server}#${agent}#${key}`;
}

/** Under which key a row stands when a later call has taken its idempotency key. */
export function ownKey({ server, agent, callId }: Pick<LedgerRow, 'server' | 'agent' | 'callId'>): string {
  return ledgerKey(server, agent, `c:${callId}`);
}

/** Partitions that a server's open rows are spread over: one partition of an index takes 1,000 writes a second (DynamoDB quotas). */
export const OPEN_SHARDS = 16;

/**
 * Where a row stands in the index: open rows spread over shards, unknown ones together, settled ones nowhere. Nor reads, which
 * are not claimed: a read whose answer was lost has moved nothing, and nobody needs to look into it.
 */
export function unsettledPartition(row: Pick<LedgerRow, 'server' | 'pk' | 'state' | 'stateChanging'>): string | undefined {
  const { server, pk, state, stateChanging } = row;
  if (!stateChanging) return undefined;
  if (state === 'unknown') return unknownPartition(server);
  return isSettled(state) ? undefined : openPartition(server, shardOf(pk));
}

export function unknownPartition(server: string): string {
  return `${server}#unknown`;
}

export function openPartition(server: string, shard: number): string {
  return `${server}#open#${shard}`;
}

/** How long a row is kept after its key has expired, in milliseconds: 7 days, for who looks into it late. */
const KEPT_MS = 7 * 24 * 3_600_000;

/**
 * From when on a row may be deleted, in seconds since the epoch, as DynamoDB's TTL has it: a key's lifetime and 7 days after its call was
 * settled. Nothing else is decided by it; whether a key may be claimed anew its own `keyExpiresAt` says, which is over before. Undefined
 * for a row that is open or unknown: that is kept for good.
 * @param at when it is settled, in milliseconds since the epoch
 */
export function expiryOf(
  { claimedAt, keyExpiresAt }: Pick<LedgerRow, 'claimedAt' | 'keyExpiresAt'>,
  state: LedgerState,
  at: number,
): number | undefined {
  if (!isSettled(state) || state === 'unknown') return undefined;
  const lifetime = keyExpiresAt === undefined ? DEFAULT_KEY_LIFETIME_SECONDS * 1_000 : keyExpiresAt - claimedAt;
  return Math.ceil((at + lifetime + KEPT_MS) / 1_000);
}

export function isSettled(state: LedgerState): state is Outcome {
  return state !== 'claimed' && state !== 'sent';
}

function shardOf(pk: string): number {
  let sum = 0;
  for (let at = 0; at < pk.length; at++) sum = (sum * 31 + pk.charCodeAt(at)) >>> 0;
  return sum % OPEN_SHARDS;
}
