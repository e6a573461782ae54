import type { Verdict } from '../suites/suite';
import type { Row } from './load-result';
import type { BenchResults } from './results';

const OURS = /^(sidecar|gateway\+sidecar|gateway|fleet)(@|$)/;

/** Time is no verdict: what was answered is. */
export function verdictOf(results: BenchResults): Verdict {
  const rows = results.loads.flatMap(({ rows }) => rows);
  const wrong = [...rows, ...results.streams].reduce((sum, row) => sum + row.wrong, 0);
  const silent = results.loads.flatMap(({ load, rows }) => rows.filter(isSilent).map(({ target }) => `${target} (${load})`));
  const reads = results.loads.find(({ load }) => load === 'read')?.rows ?? [];
  return {
    passed: wrong === 0 && silent.length === 0,
    facts: [
      ...reads.filter(({ target, ratio }) => ratio && OURS.test(target)).map(ratioOf),
      `${results.loads.length} loads on Node ${results.nodes.join(' and ')}`,
      `${wrong} wrong answers`,
      ...(silent.length > 0 ? [`no answers from ${silent.join(', ')}`] : []),
    ],
    document: results,
  };
}

function isSilent({ perSecond }: Row): boolean {
  return perSecond.median === 0;
}

function ratioOf({ target, ratio, cpuRatio }: Row): string {
  return `${target} ${ratio?.median.toFixed(2)} × nginx with ${cpuRatio?.median.toFixed(1)} × its CPU`;
}
