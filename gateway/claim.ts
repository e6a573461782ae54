import { FleetError } from '../core/errors';
import { isSettled, type LedgerRow } from '../core/ledger';
import type { Claimed, Routed, ToolCall } from './call';
import type { Gateway } from './gateway';
import { lookAgain, reconsider } from './ledger/outcome-watch';
import { resume } from './ledger/resume';
import { newRow } from './ledger/row';

/** How long a second caller waits for the first one's outcome, in milliseconds. */
export const DUPLICATE_WAIT_MS = 20_000;

/**
 * Writes a state-changing call down before a byte of it is sent; who finds the key taken gets that call's outcome instead.
 * Reads are not claimed: their row is written with their result.
 */
export async function claim(routed: Routed, gateway: Gateway): Promise<Claimed> {
  const { toolCall, resumes } = routed;
  if (resumes !== undefined) return { ...routed, replay: await resume(routed, resumes, gateway) };
  if (toolCall === undefined || toolCall.policy.effect === 'read_only') return routed;
  if (toolCall.policy.key === 'required' && toolCall.idempotencyKey === undefined) {
    throw new FleetError('KEY_REQUIRED', {
      reason: `"${toolCall.tool}" runs only with a key: send _meta["cdk-mcp-fleet/idempotencyKey"] or the header Idempotency-Key`,
      callId: toolCall.callId,
    });
  }
  const row = newRow({ ...routed, toolCall }, gateway, 'idempotencyKey');
  const standing = await gateway.ledger.claim(row);
  if (standing === undefined) return { ...routed, claim: row };
  if (standing.argumentsDigest !== row.argumentsDigest) {
    throw new FleetError('KEY_REUSED', {
      reason: `the key was first used for ${standing.tool === row.tool ? 'other arguments' : 'another tool'}; take a new key for a new call`,
      ...named(toolCall),
    });
  }
  const owned = await awaitDuplicate(standing, row, gateway);
  if (owned === 'ours') return { ...routed, claim: row };
  gateway.metrics.count(routed.server, 'ReplaysServed');
  return { ...routed, replay: owned };
}

/** Waits until the standing call is settled, or becomes ours because its owner died before it sent anything. */
async function awaitDuplicate(standing: LedgerRow, row: LedgerRow, gateway: Gateway): Promise<LedgerRow | 'ours'> {
  const deadline = gateway.now() + DUPLICATE_WAIT_MS;
  let current: LedgerRow | undefined = standing;
  while (current !== undefined) {
    if (current.state === 'unknown') current = await reconsider(current, gateway);
    if (current?.state === 'unknown') throw unknownOutcome(current);
    if (current.state === 'not_executed') current = await gateway.ledger.claim(row);
    else if (isSettled(current.state)) return current;
    else if (current.state === 'claimed' && gateway.now() > current.leaseUntil) current = await gateway.ledger.takeOver(row, current);
    else if (gateway.now() > deadline) throw inProgress(current);
    else current = await lookAgain(current, gateway);
  }
  return 'ours';
}
function inProgress(row: LedgerRow): FleetError {
  return new FleetError('IN_PROGRESS', {
    reason: 'ask again with the same key',
    callId: row.callId,
    ...(row.idempotencyKey !== undefined && { idempotencyKey: row.idempotencyKey }),
    retryAfterMs: 1_000,
  });
}

function unknownOutcome(row: LedgerRow): FleetError {
  return new FleetError('OUTCOME_UNKNOWN', {
    reason: 'this call was sent before and its answer was lost; it is not sent again',
    callId: row.callId,
    ...(row.idempotencyKey !== undefined && { idempotencyKey: row.idempotencyKey }),
  });
}

function named({ callId, idempotencyKey }: ToolCall): { callId: string; idempotencyKey?: string } {
  return { callId, ...(idempotencyKey !== undefined && { idempotencyKey }) };
}
