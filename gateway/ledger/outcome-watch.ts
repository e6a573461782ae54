import { setTimeout as delay } from 'node:timers/promises';
import { FleetError } from '../../core/errors';
import type { LedgerRow } from '../../core/ledger';
import type { Answer } from '../call';
import type { Gateway } from '../gateway';
import { askInstance } from '../upstream/kept-answer';
import { judge } from './settlement';

/** How often a row is read, and its instance asked, while another replica works on it; in milliseconds. */
const POLL_MS = 150;
/** How long after it was sent a call is left to its owner although its instance knows nothing of it, in milliseconds. */
const OWNER_PATIENCE_MS = 5_000;

/**
 * Looks again at a row that is `claimed` or `sent` by somebody. A replica that died leaves it so; then the instance has
 * the answer, or it still runs there, or nobody can tell and the row becomes `unknown`. That a lease ran out never means
 * that nothing happened. An owner that lives after all still settles an `unknown` row with what it has.
 */
export async function lookAgain(row: LedgerRow, gateway: Gateway): Promise<LedgerRow> {
  await delay(POLL_MS);
  const current = (await gateway.ledger.read(row.pk)) ?? row;
  if (current.state !== 'sent') return current;
  const evidence = await askInstance(current, gateway);
  if (evidence.kind === 'answer') return settleBy(evidence.answer, current, gateway);
  if (evidence.kind === 'running' && gateway.now() <= current.leaseUntil) return current;
  if (gateway.now() <= Math.min(current.leaseUntil, (current.sentAt ?? 0) + OWNER_PATIENCE_MS)) return current;
  await gateway.ledger.advance(current, 'unknown', { settledAt: gateway.now(), reason: 'neither its gateway nor its instance can tell' });
  return (await gateway.ledger.read(row.pk)) ?? current;
}

/** Asks once more for a call whose outcome is unknown: its instance may be reachable again, or have finished since. */
export async function reconsider(row: LedgerRow, gateway: Gateway): Promise<LedgerRow> {
  const evidence = await askInstance(row, gateway);
  return evidence.kind === 'answer' ? settleBy(evidence.answer, row, gateway) : row;
}

async function settleBy(answer: Pick<Answer, 'text' | 'instance'>, row: LedgerRow, gateway: Gateway): Promise<LedgerRow> {
  const { outcome, settlement } = judge(answer, gateway.now());
  await gateway.ledger.advance(row, outcome, settlement);
  gateway.log.info({ event: 'settled_by_instance', callId: row.callId, server: row.server, outcome });
  return (await gateway.ledger.read(row.pk)) ?? row;
}

/**
 * The answer of a call of our own whose connection broke after it was sent: the instance may have it, or be about to.
 * @throws FleetError the error as it came, where the instance cannot tell either
 */
export async function awaitKeptAnswer(claim: LedgerRow, error: unknown, gateway: Gateway): Promise<Pick<Answer, 'text' | 'instance'>> {
  if (!FleetError.is(error) || error.kind !== 'OUTCOME_UNKNOWN') throw error;
  while (gateway.now() < claim.leaseUntil) {
    const evidence = await askInstance(claim, gateway);
    if (evidence.kind === 'answer') return evidence.answer;
    if (evidence.kind === 'none') throw error;
    await delay(POLL_MS);
  }
  throw error;
}
