import type { LedgerRow } from '../../core/ledger';
import type { Gateway } from '../gateway';
import { askInstance } from '../upstream/kept-answer';
import type { Finding, Seek } from './finding';
import { reconcile } from './reconcile';
import { repeatWithKey } from './repeat-with-key';

/** In this order; what is never done is to assume. */
const WAYS: readonly (readonly [name: string, seek: Seek])[] = [
  ['instance', askInstance],
  ['same key', repeatWithKey],
  ['reconcile', reconcile],
];

/**
 * Looks for evidence of a call whose answer was lost, and stops at the first that is found.
 * @param note told what each way has shown
 */
export async function seekEvidence(row: LedgerRow, gateway: Gateway, note?: (way: string, found: string) => void): Promise<Finding> {
  const looksAgain: number[] = [];
  for (const [name, seek] of WAYS) {
    const finding = await seek(row, gateway);
    note?.(name, finding.kind);
    if (finding.kind !== 'none') return finding;
    if (finding.until !== undefined) looksAgain.push(finding.until);
  }
  return { kind: 'none', ...(looksAgain.length > 0 && { until: Math.min(...looksAgain) }) };
}
