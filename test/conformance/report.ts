import type { Loss } from './comparison';
import type { LegName } from './leg';
import { REQUIREMENT_SETS, type SetName } from './requirement-sets';
import { countOf, requiredPassed, type SetResults, totalOf } from './results';
import type { Legs } from './verdict';

/** One line per leg and set. */
export function reportSet(leg: LegName, set: SetName, results: SetResults, milliseconds: number): void {
  const { passed, failed } = totalOf(results);
  const mark = REQUIREMENT_SETS[set].gains ? '·' : requiredPassed(results) ? '✔' : '✘';
  const counts = `${passed} passed, ${failed} failed`.padEnd(24);
  console.log(
    `${mark} ${leg.padEnd(6)} ${set.padEnd(17)} ${counts} ${results.scenarios.size} scenarios  ${(milliseconds / 1000).toFixed(1)} s`,
  );
}

/** Processes that ended by themselves. */
export function reportDied(leg: LegName, died: readonly string[]): void {
  for (const process of died) console.log(`✘ ${leg.padEnd(6)} ${process} died`);
}

/** What the fleet takes away. */
export function reportLosses(set: SetName, losses: readonly Loss[]): void {
  for (const { scenario, check, allowed } of losses) {
    console.log(`  ${allowed ? '·' : '✘'} ${set} ${scenario}: ${check.name}: ${check.errorMessage ?? check.description}`);
  }
}

/** Scenarios that fail on their own. */
export function reportFailures(set: SetName, { scenarios, required }: SetResults): void {
  for (const [scenario, checks] of scenarios) {
    const first = checks.find(({ status }) => status === 'FAILURE');
    if (first === undefined) continue;
    const scored = required.has(scenario) || REQUIREMENT_SETS[set].gains;
    console.log(`  ${scored ? '✘' : '·'} ${set} ${scenario}: ${countOf(checks).failed} failed, first ${first.name}: ${first.errorMessage}`);
  }
}

/** The last line: passed/failed of each leg and set. */
export function summary(ok: boolean, sets: readonly SetName[], legs: Legs): string {
  const counts = (['direct', 'fleet'] as const).flatMap((leg) => {
    const parts = sets.flatMap((set) => {
      const results = legs[leg]?.results[set];
      return results ? [`${set} ${totalOf(results).passed}/${totalOf(results).failed}`] : [];
    });
    return parts.length === 0 ? [] : [`${leg}: ${parts.join(', ')}`];
  });
  return `conformance ${ok ? 'passed' : 'failed'} (passed/failed checks) ${counts.join(' · ')}`;
}
