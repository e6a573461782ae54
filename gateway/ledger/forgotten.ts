import { randomUUID } from 'node:crypto';
import type { Epoch } from '../../core/orders';
import type { LedgerRow } from '../../ledger/row';
import { leaseMs } from './new-row';

/** How the reason of such a row begins. */
const RESTORED = 'the ledger was restored to';

/** Why nobody can tell of a call that the table may have forgotten; undefined for any other. */
export function whyForgotten({ reason }: LedgerRow): string | undefined {
  return reason?.startsWith(RESTORED) ? reason : undefined;
}

/**
 * The row of a call that a restored table may have forgotten: it may have happened, so it stands as unknown until evidence or a person
 * says more, and nothing is sent. Whoever begun it may have worked on it for a lease after the last moment in which it can have begun.
 * @param row of the call that comes now with the same key, or without one and from the same intent
 */
export function forgottenRow(row: LedgerRow, { from, until }: Epoch): LedgerRow {
  const [restored, ordered] = [from, until].map((at) => new Date(at).toISOString());
  return {
    ...row,
    callId: randomUUID(),
    fence: randomUUID(),
    state: 'unknown',
    settledAt: row.claimedAt,
    leaseUntil: until + leaseMs(),
    reason: `${RESTORED} ${restored}: this key may have been used between then and ${ordered}`,
  };
}
