import type { Finding, Seek, Way } from './finding';
import type { LedgerRow } from './row';
import type { JudgedResponse } from './verdict';

/** For who wants the call to have happened, in this order; what is never done is to assume. */
export const ALL_WAYS: readonly Way[] = ['instance', 'same_key', 'reconcile'];

/** For who only asks: a call that is sent again with its key is executed if it never arrived. */
export const LOOKING: readonly Way[] = ALL_WAYS.filter((way) => way !== 'same_key');

/** The ways to find out what became of a call. */
export class EvidenceSearch {
  /** @param tells whether an answer says what became of its call: one that bridges give for time-outs does not */
  constructor(
    private readonly seekers: Readonly<Record<Way, Seek>>,
    private readonly tells: (answer: JudgedResponse, row: LedgerRow) => boolean,
  ) {}

  /**
   * Looks for evidence of a call whose answer was lost, and stops at the first that is found.
   * @param note told what each way has shown
   */
  async seek(row: LedgerRow, ways: readonly Way[], note?: (way: Way, found: string) => void): Promise<Finding> {
    const looksAgain: number[] = [];
    for (const way of ways) {
      const finding = await this.seekers[way](row);
      if (finding === undefined) continue;
      if (finding.kind === 'answer' && !this.tells(finding.answer, row)) {
        note?.(way, 'an answer that tells nothing');
        continue;
      }
      note?.(way, finding.kind);
      if (finding.kind !== 'none') return finding;
      if (finding.until !== undefined) looksAgain.push(finding.until);
    }
    return { kind: 'none', ...(looksAgain.length > 0 && { until: Math.min(...looksAgain) }) };
  }
}
