import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerRow } from '../../core/ledger';
import type { Gateway } from '../gateway';
import { askInstance } from '../upstream/kept-answer';
import { ALL_WAYS, seekEvidence } from './evidence';
import type { Finding } from './finding';
import { judge } from './settlement';

/** How often a row is read, and its instance asked, while another replica works on it; in milliseconds. */
export const POLL_MS = 150;
/** How long after it was sent a call is left to its owner although its instance knows nothing of it, in milliseconds. */
const OWNER_PATIENCE_MS = 5_000;
/**
 * How long a claim may stand unsent before whoever waits for it ends it, in milliseconds. Its owner sends at once, or has
 * died: if it was only slow, its `sent` is refused. A call without a key waits behind its fence first.
 */
const UNSENT_PATIENCE_MS = { withKey: 5_000, withoutKey: 60_000 };

/**
 * Looks again at a row that is `claimed` or `sent` by somebody. A replica that died leaves it so; then the instance has
 * the answer, or it still runs there, or nobody can tell and the row becomes `unknown`. That a lease ran out never means
 * that nothing happened. An owner that lives after all still settles an `unknown` row with what it has.
 */
export async function lookAgain(row: LedgerRow, gateway: Gateway): Promise<LedgerRow> {
  await delay(POLL_MS);
  const current = (await gateway.ledger.read(row.pk)) ?? row;
  if (isAbandoned(current, gateway.now())) return (await endUnsent(current, gateway)) ?? current;
  if (current.state !== 'sent') return current;
  const finding = await askInstance(current, gateway);
  if (finding.kind === 'answer') return settleBy(finding, current, gateway);
  if (finding.kind === 'running' && gateway.now() <= current.leaseUntil) return current;
  if (gateway.now() <= Math.min(current.leaseUntil, (current.sentAt ?? 0) + OWNER_PATIENCE_MS)) return current;
  await gateway.ledger.advance(current, 'unknown', { settledAt: gateway.now(), reason: 'neither its gateway nor its instance can tell' });
  return (await gateway.ledger.read(row.pk)) ?? current;
}

function isAbandoned({ state, claimedAt, idempotencyKey }: LedgerRow, now: number): boolean {
  const patience = idempotencyKey === undefined ? UNSENT_PATIENCE_MS.withoutKey : UNSENT_PATIENCE_MS.withKey;
  return state === 'claimed' && now > claimedAt + patience;
}

/** Looks for evidence of a call whose outcome is unknown, and settles it by what is found. */
export async function reconsider(row: LedgerRow, gateway: Gateway, ways = ALL_WAYS): Promise<LedgerRow> {
  return settleBy(await seekEvidence(row, gateway, ways), row, gateway);
}

/** Writes down what was found; the row as it stands then. */
export async function settleBy(finding: Finding, row: LedgerRow, gateway: Gateway): Promise<LedgerRow> {
  if (finding.kind === 'none' || finding.kind === 'running') return row;
  const { by, because } = finding;
  if (finding.kind === 'not_landed') {
    await gateway.ledger.notLanded(row, { settledAt: gateway.now(), reason: because }, because);
  } else {
    const { outcome, settlement } = judge(finding.answer, gateway.now());
    await gateway.ledger.advance(row, outcome, settlement, because);
  }
  const settled = (await gateway.ledger.read(row.pk)) ?? row;
  gateway.log.info({ event: `settled_by_${by}`, callId: row.callId, server: row.server, state: settled.state });
  return settled;
}

/** Ends a claim that its owner left without having sent anything; one that is only slow cannot send any more. */
export async function endUnsent(row: LedgerRow, gateway: Gateway): Promise<LedgerRow | undefined> {
  await gateway.ledger.endUnsent(row, { settledAt: gateway.now(), reason: 'its gateway died before it was sent' });
  return gateway.ledger.read(row.pk);
}
