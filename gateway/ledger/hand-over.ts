import type { Logger } from 'pino';
import type { Ledger } from '../../ledger/ledger';
import type { LedgerRow } from '../../ledger/row';
import type { Metrics } from '../metrics';
import type { OpenRequests } from '../open-requests';
import type { Fences } from './fences';

export interface HandOverParts {
  readonly openRequests: OpenRequests;
  readonly ledger: Ledger;
  readonly fences: Fences;
  readonly metrics: Metrics;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Writes of every claimed call that still runs here that this replica will not tell how it ends: it is `unknown` from now on, and not only
 * when its lease is over. Whoever asks finds the evidence, first of all the answer that its instance keeps; one that comes here after
 * all settles it.
 * @returns how many there were
 */
export async function handOver(parts: HandOverParts): Promise<number> {
  const claims = [...parts.openRequests.claims()];
  await Promise.all(claims.map((claim) => handOverOne(claim, parts)));
  return claims.length;
}

async function handOverOne(claim: LedgerRow, { ledger, fences, metrics, now, log }: HandOverParts): Promise<void> {
  try {
    const reason = 'its gateway ended before its answer came';
    if (!(await ledger.advance(claim, 'unknown', { settledAt: now(), reason }))) return;
    metrics.count(claim.server, 'Calls');
    metrics.count(claim.server, 'OutcomeUnknown');
    if (claim.idempotencyKey === undefined) await fences.leaveUnresolved(claim);
  } catch (error) {
    // The janitor ends it when its lease is over.
    log.warn({ event: 'not_handed_over', callId: claim.callId, reason: (error as Error).message });
  }
}
