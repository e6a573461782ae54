import type { CampaignResult } from './campaign';
import { FAULT_NAMES } from './faults';
import { VIOLATIONS } from './verdict';

const SHOWN_FINDINGS = 12;

/** Lines for people. */
export function describe(name: string, { calls, executed, faults, verdict, seconds }: CampaignResult): string {
  const struck = FAULT_NAMES.map((fault) => {
    const { struck: times, missed } = faults[fault];
    return `     ${String(times).padStart(5)}  ${fault}${missed > 0 ? ` (${missed} more found nothing to strike)` : ''}`;
  });
  return [
    `${name}: ${calls} calls, ${executed} executions, ${seconds} s`,
    `   faults: ${totalOf({ faults })}`,
    ...struck,
    `   what became of the calls: ${listed(verdict.endings)}`,
    `   open calls settled by evidence: ${listed(verdict.settledBy)}; longest way from sent to execution ${(verdict.longestWayMs / 1000).toFixed(1)} s`,
    `   ${VIOLATIONS.map((violation) => `${verdict.counts[violation]} ${violation}`).join(', ')}; ${verdict.refusedUnwritten} refused unwritten while the ledger was away; ${verdict.undecidableCuts} undecidable leg cuts`,
    ...verdict.findings.slice(0, SHOWN_FINDINGS).map(({ violation, reference, detail }) => `   ! ${violation}: ${reference}: ${detail}`),
  ].join('\n');
}

export function totalOf({ faults }: Pick<CampaignResult, 'faults'>): number {
  return FAULT_NAMES.reduce((sum, name) => sum + faults[name].struck, 0);
}

function listed(counts: Readonly<Record<string, number | undefined>>): string {
  const texts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return texts.length === 0 ? 'none' : texts.join(', ');
}
