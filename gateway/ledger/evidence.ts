import type { LedgerRow } from '../../core/ledger';
import type { Gateway } from '../gateway';
import { askInstance } from '../upstream/kept-answer';
import type { Finding, Seek, Way } from './finding';
import { reconcile } from './reconcile';
import { repeatWithKey } from './repeat-with-key';

type Ways = readonly (readonly [way: Way, seek: Seek])[];

/** For who wants the call to have happened, in this order; what is never done is to assume. */
export const ALL_WAYS: Ways = [
  ['instance', askInstance],
  ['same_key', repeatWithKey],
  ['reconcile', reconcile],
];

/** For who only asks: a call that is sent again with its key is executed if it never arrived. */
export const LOOKING: Ways = ALL_WAYS.filter(([, seek]) => seek !== repeatWithKey);

/**
 * Looks for evidence of a call whose answer was lost, and stops at the first that is found.
 * @param note told what each way has shown
 */
export async function seekEvidence(
  row: LedgerRow,
  gateway: Gateway,
  ways: Ways = ALL_WAYS,
  note?: (way: Way, found: string) => void,
): Promise<Finding> {
  const looksAgain: number[] = [];
  for (const [way, seek] of ways) {
    const finding = await seek(row, gateway);
    if (finding === undefined) continue;
    note?.(way, finding.kind);
    if (finding.kind !== 'none') return finding;
    if (finding.until !== undefined) looksAgain.push(finding.until);
  }
  return { kind: 'none', ...(looksAgain.length > 0 && { until: Math.min(...looksAgain) }) };
}
