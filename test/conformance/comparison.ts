import type { Check, SetResults } from './results';

/** A check that passes directly and not through the fleet. */
export interface Loss {
  readonly scenario: string;
  /** The check as the fleet's run has it. */
  readonly check: Check;
  /** The suite says of its own accord that it could not be held against the check: an answer took another form that is allowed. */
  readonly allowed: boolean;
}

/**
 * What the fleet takes away. A check that comes several times in a scenario is held against the check at the same place.
 * A scenario or check that the fleet's run does not have at all is lost too.
 */
export function losses(direct: SetResults, fleet: SetResults): readonly Loss[] {
  return [...direct.scenarios].flatMap(([scenario, checks]) => {
    const through = numbered(fleet.scenarios.get(scenario) ?? []);
    return [...numbered(checks)]
      .filter(([key, { status }]) => status === 'SUCCESS' && through.get(key)?.status !== 'SUCCESS')
      .map(([key, check]) => through.get(key) ?? missing(check, fleet.scenarios.get(scenario)))
      .map((check) => ({ scenario, check, allowed: check.status === 'INFO' }));
  });
}

/** Checks by id, name and how often these came before. */
function numbered(checks: readonly Check[]): ReadonlyMap<string, Check> {
  const seen = new Map<string, number>();
  return new Map(
    checks.map((check) => {
      const kind = `${check.id} ${check.name}`;
      const before = seen.get(kind) ?? 0;
      seen.set(kind, before + 1);
      return [`${kind} ${before}`, check];
    }),
  );
}

/** The suite stops a scenario at its first fault, so a fault under another name is the likely cause. */
function missing(check: Check, others: readonly Check[] = []): Check {
  const fault = others.find(({ status }) => status === 'FAILURE');
  return { ...check, status: 'SKIPPED', errorMessage: fault ? `not reached: ${fault.name}: ${fault.errorMessage}` : 'not reached' };
}
