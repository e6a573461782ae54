import { declaredScaling } from './2-session-scaling';
import { type Check, type CheckResult, expectations, type Findings, runCheck } from './check';
import type { NamedResource } from './iam';
import { CHECKS } from './index';
import { type FleetTemplates, ledgerRoles, problemOf } from './ledger-roles';

/** A fleet as its stack in AWS tells of it. */
export interface DeployedFleet extends FleetTemplates {
  readonly ledger: NamedResource;
}

/** What has to be done to a fleet for a check to see what it is about, where reading is not enough. */
const CALLS = 'it opens sessions and calls tools as agents do, with tokens that only their issuer gives';
const LOSES = 'it loses answers and kills an instance in the midst of calls, and nobody does that to a fleet in use';

/** What of the eight is told by what is deployed. */
const TOLD: Readonly<Record<number, (fleet: DeployedFleet) => Findings>> = {
  2: (fleet) => {
    const { declared, alarms, failures } = declaredScaling(fleet);
    const scaling = declared.map(({ server, tracked: [tracked] }) => ({ server, ...tracked }));
    const evidence = { scaling, alarms: alarms.flatMap(({ alarms: found }) => found) };
    return {
      evidence,
      failures,
      proven: declared.length > 0,
      notProbed: ['Whether what sidecars report is true: ps --stack tells what they do'],
    };
  },
  6: (fleet) => {
    const { expect, failures } = expectations();
    const roles = ledgerRoles(fleet, fleet.ledger);
    for (const problem of roles.map(problemOf)) expect(problem === undefined, String(problem));
    for (const kind of ['gateway', 'janitor'])
      expect(
        roles.some((role) => role.kind === kind),
        `No ${kind} role was found`,
      );
    const evidence = { roles: roles.map(({ role, kind, actions }) => ({ role, kind, actionsOnLedger: actions })) };
    const notProbed = ['Whether table and archive agree: ledger verify --stack tells', 'Roles of other stacks'];
    return { evidence, failures, proven: true, notProbed };
  },
};
const NOT_TOLD: Readonly<Record<number, string>> = { 1: CALLS, 3: CALLS, 4: CALLS, 5: CALLS, 7: LOSES, 8: LOSES };

/** The eight checks on a fleet in AWS: what can be read is judged, and of the rest it is said why it is not. Nothing is called, changed or stopped. */
export async function runDeployedChecks(fleet: DeployedFleet, onResult: (result: CheckResult) => void): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { id, name } of CHECKS) {
    const check: Check<DeployedFleet> = { id, name, run: async (deployed) => TOLD[id]?.(deployed) ?? untold(id) };
    const result = await runCheck(check, fleet);
    onResult(result);
    results.push(result);
  }
  return results;
}

function untold(id: number): Findings {
  const why = `Not on a fleet in AWS: ${NOT_TOLD[id]}. mcp-fleet local --once proves it on the same app`;
  return { evidence: {}, failures: [], notProbed: [why] };
}
