import { FleetError } from '../../core/errors';
import { isSettled, type LedgerRow } from '../../core/ledger';
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
  let current: LedgerRow | undefined = standing;
  while (current !== undefined) {
    if (current.argumentsDigest !== row.argumentsDigest) throw keyReused(current, row);
    if (current.state === 'unknown') current = await reconsider(current, gateway);
    if (current.state === 'unknown') throw unknownOutcome(current);
    if (current.state === 'not_executed') current = await gateway.ledger.claim(row);
    else if (isSettled(current.state)) return current;
    else if (current.state === 'claimed' && gateway.now() > current.leaseUntil) current = await gateway.ledger.takeOver(row, current);
    else if (gateway.now() > deadline) throw inProgress(current);
    else current = await lookAgain(current, gateway);
  }
  return 'ours';
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

export function unknownOutcome(row: LedgerRow): FleetError {
  return new FleetError('OUTCOME_UNKNOWN', {
    reason: 'this call was sent before and its answer was lost; it is not sent again',
    ...named(row),
  });
}

function named({ callId, idempotencyKey }: LedgerRow): { callId: string; idempotencyKey?: string } {
  return { callId, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}
