import { randomUUID } from 'node:crypto';
import { isDigestOf } from '../../core/call-digest';
import { FleetError } from '../../core/errors';
import type { FleetConfig } from '../../core/fleet-config';
import { ALL_WAYS } from '../../ledger/evidence';
import type { Ledger } from '../../ledger/ledger';
import { claimable, conclusiveFrom } from '../../ledger/protocol';
import type { LedgerRow } from '../../ledger/row';
import type { ToolCall } from '../call';
import { forgottenRow, whyForgotten } from './forgotten';
import type { OutcomeWatch } from './outcome-watch';
import type { StandingOrders } from './standing-orders';

/** How long a second caller waits for the first one's outcome, in milliseconds. */
export const DUPLICATE_WAIT_MS = 20_000;

/** What tells when a read will be conclusive. */
export interface ReadTimes {
  readonly config: Pick<FleetConfig, 'servers'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface UnknownParts extends ReadTimes {
  readonly outcomes: OutcomeWatch;
}

export interface DuplicateParts extends UnknownParts {
  readonly ledger: Ledger;
  readonly orders: Pick<StandingOrders, 'refusalOf' | 'forgottenIn'>;
}

/**
 * Waits until the standing call of the same key is settled, or becomes ours: because nothing of it was sent, or because its server has
 * asked for input and this is the same intent, whichever round of it. Each attempt at the key has a fence of its own: what was written
 * about one, and comes late, must not meet the next.
 * @param row of the attempt that found the key taken
 * @throws FleetError KEY_REUSED when it is another call, now or by the time it can be answered; OUTCOME_UNKNOWN when nobody
 *   can tell; IN_PROGRESS when it takes too long; FROZEN when it could become ours, and may not begin now
 */
export async function awaitDuplicate(
  standing: LedgerRow,
  row: LedgerRow,
  { tool, argumentsText }: ToolCall,
  parts: DuplicateParts,
): Promise<{ readonly claim: LedgerRow } | { readonly replay: LedgerRow }> {
  const { ledger, outcomes, orders, now } = parts;
  const deadline = now() + DUPLICATE_WAIT_MS;
  for (let current = standing; ; ) {
    const recorded = { digest: current.argumentsDigest, ...(current.digestVersion !== undefined && { version: current.digestVersion }) };
    const sameIntent = isDigestOf(recorded, tool, argumentsText);
    const condition = claimable(current, now(), sameIntent);
    if (condition !== undefined) {
      const refusal = orders.refusalOf(row);
      if (refusal !== undefined) throw refusal;
      const epoch = orders.forgottenIn(row, current);
      const claim = epoch === undefined ? { ...row, fence: randomUUID() } : forgottenRow(row, epoch);
      const taken = await ledger.reclaim(claim, current, condition);
      if (taken === undefined && epoch === undefined) return { claim };
      current = taken ?? claim;
      continue;
    }
    if (!sameIntent) throw keyReused(current, row);
    if (current.state === 'confirmed' || current.state === 'failed' || current.openTask !== undefined) return { replay: current };
    if (current.state === 'unknown')
      current = await (current.fence === row.fence ? takeBack(current, parts) : settleUnknown(current, parts));
    else if (now() > deadline) throw inProgress(current);
    else current = await outcomes.lookAgain(current);
  }
}

/** Our own attempt, which was answered so late that somebody has given it up: nothing of it was sent. */
async function takeBack(own: LedgerRow, { ledger, now }: DuplicateParts): Promise<LedgerRow> {
  await ledger.retract(own, { settledAt: now(), reason: 'given up by others before it was sent' });
  return (await ledger.read(own.pk)) ?? own;
}

/** Settles an unknown outcome by evidence. @throws FleetError OUTCOME_UNKNOWN when there still is none */
export async function settleUnknown(unknown: LedgerRow, parts: UnknownParts): Promise<LedgerRow> {
  const deadline = parts.now() + DUPLICATE_WAIT_MS;
  const row = await parts.outcomes.reconsider(unknown, ALL_WAYS, () => parts.now() < deadline);
  if (row.state === 'unknown') throw unknownOutcome(row, parts);
  return row;
}

function keyReused(standing: LedgerRow, row: LedgerRow): FleetError {
  return new FleetError('KEY_REUSED', {
    reason: `the key was first used for ${standing.tool === row.tool ? 'other arguments' : 'another tool'}; take a new key for a new call`,
    ...named(row),
  });
}

/** What a claim's owner is told whose claim does not stand any more when he is about to send. */
export function endedByOthers({ callId }: LedgerRow): FleetError {
  return new FleetError('NOT_DELIVERED', {
    reason: 'whoever waited for this call ended its claim before anything was sent; send it again',
    callId,
  });
}

export function inProgress(row: LedgerRow): FleetError {
  const reason =
    row.idempotencyKey === undefined ? 'an identical call without a key has not reached its caller yet' : 'a call with this key runs';
  return new FleetError('IN_PROGRESS', { reason, ...named(row), retryAfterMs: 1_000 });
}

function unknownOutcome(row: LedgerRow, times: ReadTimes): FleetError {
  return new FleetError('OUTCOME_UNKNOWN', {
    reason: `${whyForgotten(row) ?? 'this call was sent before and its answer was lost'}; it is not sent again`,
    ...named(row),
    ...retryAfter(row, times),
  });
}

/** When a read will be conclusive, where one is declared: asking again before that is of little use. */
export function retryAfter(row: LedgerRow, { config, now }: ReadTimes): { retryAfterMs?: number } {
  const read = config.servers[row.server]?.tools[row.tool]?.reconcile;
  const wait = read === undefined ? 0 : conclusiveFrom(row, read.effectSeconds * 1_000) - now();
  return wait > 0 ? { retryAfterMs: wait } : {};
}

function named({ callId, idempotencyKey }: LedgerRow): { callId: string; idempotencyKey?: string } {
  return { callId, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}
