import type { LedgerRow, LedgerState } from '../core/ledger';
import { type Paint, seconds } from './terminal';

/** The newest rows, oldest of them first. */
export function newest(rows: readonly LedgerRow[], limit: number): readonly LedgerRow[] {
  const ordered = [...rows].sort((a, b) => a.claimedAt - b.claimedAt);
  return limit < ordered.length ? ordered.slice(-limit) : ordered;
}

/** One call on one line. */
export function line(row: LedgerRow, paint: Paint): string {
  const { claimedAt, subject, server, tool, state, settledAt, idempotencyKey, callId, resolutionReason } = row;
  const reason = resolutionReason ?? row.reason;
  const took = settledAt === undefined ? '' : seconds(Math.max(0, settledAt - claimedAt));
  const name = idempotencyKey === undefined ? callId : `key ${idempotencyKey}`;
  const cells = [clock(claimedAt), subject.padEnd(12), `${server}.${tool}`.padEnd(30), tint(state, paint), took.padStart(8), name];
  return [...cells, ...(reason === undefined ? [] : [paint.dim(reason)])].join('  ');
}

/** What the ledger holds under a key or call id, oldest first. */
export interface KeyRows {
  /** The calls of that name: of one key, each in place of the one before it. */
  readonly calls: readonly LedgerRow[];
  /** Calls that were answered with the outcome of one of them, and reads that were made to find it out. */
  readonly references: readonly LedgerRow[];
}

/** @param key idempotency key or call id */
export function ofKey(rows: readonly LedgerRow[], key: string): KeyRows {
  const named = newest(rows, Number.POSITIVE_INFINITY).filter(({ callId, idempotencyKey }) => callId === key || idempotencyKey === key);
  const ids = new Set(named.map(({ callId }) => callId));
  const calls = named.filter((row) => row.callId === key || !ids.has(referredTo(row)?.callId ?? ''));
  const references = newest(rows, Number.POSITIVE_INFINITY).filter((row) => !calls.includes(row) && ids.has(referredTo(row)?.callId ?? ''));
  return { calls, references };
}

/** How a row refers to another call: its caller was given that one's outcome, or it is a read made to find it out. */
export interface Reference {
  readonly how: 'asked' | 'looked';
  readonly callId: string;
}

export function referredTo({ reason }: LedgerRow): Reference | undefined {
  const [, word, callId] = /^(REPLAYED|FENCED|RECONCILE): (.+)$/.exec(reason ?? '') ?? [];
  return callId === undefined ? undefined : { how: word === 'RECONCILE' ? 'looked' : 'asked', callId };
}

export function tint(state: LedgerState, paint: Paint): string {
  const word = state.padEnd(12);
  if (state === 'confirmed') return paint.green(word);
  return state === 'unknown' ? paint.red(word) : paint.yellow(word);
}

/** Time of day in UTC, with milliseconds. */
function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}
