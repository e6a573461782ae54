import type { Loss } from './comparison';
import type { LegName, Legs } from './legs';
import { REQUIREMENT_SETS, type SetName } from './requirement-sets';
import { type Count, countOf, requiredPassed, type SetResults, totalOf } from './results';

/** What a set has shown on one leg. */
export function setLine(leg: LegName, set: SetName, results: SetResults, milliseconds: number): string {
  const { passed, failed } = totalOf(results);
  const mark = REQUIREMENT_SETS[set].gains ? '·' : requiredPassed(results) ? '✔' : '✘';
  const counts = `${passed} passed, ${failed} failed`.padEnd(24);
  return `${mark} ${leg.padEnd(6)} ${set.padEnd(17)} ${counts} ${results.scenarios.size} scenarios  ${(milliseconds / 1000).toFixed(1)} s`;
}

/** A process that ended by itself. */
export function diedLine(leg: LegName, process: string): string {
  return `✘ ${leg.padEnd(6)} ${process} died`;
}

/** A check that the fleet takes away. */
export function lossLine(set: SetName, { scenario, check, allowed }: Loss): string {
  return `  ${allowed ? '·' : '✘'} ${set} ${scenario}: ${check.name}: ${check.errorMessage ?? check.description}`;
}

/** Scenarios that fail on their own. */
export function failureLines(set: SetName, { scenarios, required }: SetResults): readonly string[] {
  return [...scenarios].flatMap(([scenario, checks]) => {
    const first = checks.find(({ status }) => status === 'FAILURE');
    if (first === undefined) return [];
    const scored = required.has(scenario) || REQUIREMENT_SETS[set].gains;
    return [`  ${scored ? '✘' : '·'} ${set} ${scenario}: ${countOf(checks).failed} failed, first ${first.name}: ${first.errorMessage}`];
  });
}

/** Checks of each leg and set. */
export function countsOf(sets: readonly SetName[], legs: Legs): Readonly<Partial<Record<LegName, Readonly<Record<string, Count>>>>> {
  const legCounts = Object.entries(legs).map(([leg, { results }]) => {
    const counts = sets.flatMap((set) => (results[set] === undefined ? [] : [[set, totalOf(results[set])] as const]));
    return [leg, Object.fromEntries(counts)] as const;
  });
  return Object.fromEntries(legCounts);
}

/** For the last line: passed/failed checks of each leg and set. */
export function factsOf(sets: readonly SetName[], legs: Legs): readonly string[] {
  return Object.entries(countsOf(sets, legs)).map(([leg, counts]) => {
    const texts = Object.entries(counts).map(([set, { passed, failed }]) => `${set} ${passed}/${failed}`);
    return `${leg} (passed/failed checks) ${texts.join(', ')}`;
  });
}
