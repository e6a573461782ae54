import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { FleetError } from '../../core/errors';
import { ALL_WAYS, type EvidenceSearch } from '../../ledger/evidence';
import type { Finding } from '../../ledger/finding';
import type { Ledger } from '../../ledger/ledger';
import type { LedgerRow } from '../../ledger/row';
import type { Recovery } from '../recovery';
import { retryAfter, type UnknownParts } from './duplicate';
import { POLL_MS } from './outcome-watch';

/** What settles a call. */
export type Evidence = Extract<Finding, { kind: 'answer' | 'not_landed' }>;

export interface RecoveryParts extends UnknownParts {
  readonly ledger: Ledger;
  readonly evidence: EvidenceSearch;
  readonly log: Logger;
}

/**
 * Finds out what became of a call of our own whose connection broke after it was sent. While its instance works on it, it
 * is waited for; evidence that may still turn up is looked for within the budget.
 * @param lost the error with which it was lost
 * @throws FleetError that one, with what was tried, where nothing was found
 */
export async function awaitEvidence(claim: LedgerRow, recovery: Recovery, lost: FleetError, parts: RecoveryParts): Promise<Evidence> {
  while (parts.now() < claim.leaseUntil) {
    const steps: [string, string][] = [];
    const finding = await parts.evidence.seek(claim, ALL_WAYS, (way, found) => steps.push([way, found]));
    if (finding.kind === 'running') {
      await delay(POLL_MS);
      continue;
    }
    for (const [way, found] of steps) recovery.note(way, found);
    if (finding.kind === 'answer' || (finding.kind === 'not_landed' && (await release(claim, finding, parts)))) return finding;
    const until = finding.kind === 'none' ? finding.until : undefined;
    if (until === undefined || !(await recovery.pause(until))) break;
  }
  throw recovery.spent(lost, retryAfter(claim, parts));
}

/** Frees the key of a call that did not happen; false where that cannot be written, or somebody else has settled it meanwhile. */
async function release(claim: LedgerRow, finding: Finding, { ledger, outcomes, now, log }: RecoveryParts): Promise<boolean> {
  try {
    await ledger.advance(claim, 'unknown', { settledAt: now(), reason: 'its answer was lost' });
    const { state, fence } = await outcomes.settleBy(finding, claim);
    return state === 'not_executed' && fence === claim.fence;
  } catch (error) {
    log.warn({ event: 'not_released', callId: claim.callId, reason: (error as Error).message });
    return false;
  }
}
