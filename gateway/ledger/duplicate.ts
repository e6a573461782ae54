import { FleetError } from '../../core/errors';
import { claimable, conclusiveFrom, type LedgerRow } from '../../core/ledger';
import type { Gateway } from '../gateway';
import { lookAgain, reconsider } from './outcome-watch';

/** How long a second caller waits for the first one's outcome, in milliseconds. */
export const DUPLICATE_WAIT_MS = 20_000;

/**
 * Waits until the standing call of the same key is settled, or becomes ours because nothing of it was sent.
 * @throws FleetError KEY_REUSED when it is another call, now or by the time it can be answered; OUTCOME_UNKNOWN when nobody
 *   can tell; IN_PROGRESS when it takes too long
 */
export async function awaitDuplicate(standing: LedgerRow, row: LedgerRow, gateway: Gateway): Promise<LedgerRow | 'ours'> {
  const deadline = gateway.now() + DUPLICATE_WAIT_MS;
  for (let current: LedgerRow | undefined = standing; current !== undefined; ) {
    if (claimable(current, gateway.now()) !== undefined) {
      current = await gateway.ledger.reclaim(row, current);
      continue;
    }
    if (current.argumentsDigest !== row.argumentsDigest) throw keyReused(current, row);
    if (current.state === 'confirmed' || current.state === 'failed') return current;
    if (current.state === 'unknown') current = await settleUnknown(current, gateway);
    else if (gateway.now() > deadline) throw inProgress(current);
    else current = await lookAgain(current, gateway);
  }
  return 'ours';
}

/** Settles an unknown outcome by evidence. @throws FleetError OUTCOME_UNKNOWN when there still is none */
export async function settleUnknown(unknown: LedgerRow, gateway: Gateway): Promise<LedgerRow> {
  const row = await reconsider(unknown, gateway);
  if (row.state === 'unknown') throw unknownOutcome(row, gateway);
  return row;
}

function keyReused(standing: LedgerRow, row: LedgerRow): FleetError {
  return new FleetError('KEY_REUSED', {
    reason: `the key was first used for ${standing.tool === row.tool ? 'other arguments' : 'another tool'}; take a new key for a new call`,
    ...named(row),
  });
}

export function inProgress(row: LedgerRow): FleetError {
  return new FleetError('IN_PROGRESS', { reason: 'ask again', ...named(row), retryAfterMs: 1_000 });
}

function unknownOutcome(row: LedgerRow, gateway: Gateway): FleetError {
  return new FleetError('OUTCOME_UNKNOWN', {
    reason: 'this call was sent before and its answer was lost; it is not sent again',
    ...named(row),
    ...retryAfter(row, gateway),
  });
}

/** When a read will be conclusive, where one is declared: asking again before that is of little use. */
export function retryAfter(row: LedgerRow, gateway: Gateway): { retryAfterMs?: number } {
  const config = gateway.config.servers[row.server]?.tools[row.tool]?.reconcile;
  const wait = config === undefined ? 0 : conclusiveFrom(row, config.effectSeconds * 1_000) - gateway.now();
  return wait > 0 ? { retryAfterMs: wait } : {};
}

function named({ callId, idempotencyKey }: LedgerRow): { callId: string; idempotencyKey?: string } {
  return { callId, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}
