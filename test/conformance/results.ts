import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One check, as the suite writes it. */
export interface Check {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

export interface SetResults {
  /** Checks by scenario, in the order of the set. */
  readonly scenarios: ReadonlyMap<string, readonly Check[]>;
  /** Names of the scenarios that the set requires; it runs more of them. */
  readonly required: ReadonlySet<string>;
}

export interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** Reads what a run has written: a folder `{prefix}{scenario}-{time}` per scenario. */
export function readScenarios(folder: string, prefix: string, scenarios: readonly string[]): Map<string, readonly Check[]> {
  const written = new Map(readdirSync(folder).map((name) => [name.replace(/-\d{4}-\d\d-\d\dT\S+Z$/, ''), name]));
  return new Map(scenarios.map((scenario) => [scenario, readChecks(join(folder, written.get(prefix + scenario) ?? ''))]));
}

/** A scenario that threw or ran out of time leaves no file. */
function readChecks(folder: string): readonly Check[] {
  const file = join(folder, 'checks.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Check[];
  const errorMessage = 'it did not run to its end; output.txt among the results says why';
  return [{ id: 'scenario-ended', name: 'ScenarioEnded', description: 'The scenario runs to its end', status: 'FAILURE', errorMessage }];
}

export function countOf(checks: readonly Check[]): Count {
  const having = (status: Check['status']) => checks.filter((check) => check.status === status).length;
  return { passed: having('SUCCESS'), failed: having('FAILURE') };
}

export function totalOf({ scenarios }: SetResults): Count {
  return countOf([...scenarios.values()].flat());
}

/** Whether not one check has failed. */
export function allPassed(results: SetResults): boolean {
  return totalOf(results).failed === 0;
}

/** Whether no scenario that the set requires has failed. */
export function requiredPassed({ scenarios, required }: SetResults): boolean {
  return [...scenarios].every(([scenario, checks]) => !required.has(scenario) || countOf(checks).failed === 0);
}
