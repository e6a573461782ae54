import { expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { AccountRootPrincipal, CfnPolicy, Role } from 'aws-cdk-lib/aws-iam';
import type { CheckResult } from '../../checks';
import { runDeployedChecks } from '../../checks/deployed';
import type { McpFleet } from '../../lib';
import { NPM_HTTP, newFleet, templateOf } from '../lib/example-fleet';

/** What is told of a fleet that somebody has changed since it was synthesized. */
async function told(change: (fleet: McpFleet) => void = () => undefined): Promise<readonly CheckResult[]> {
  const fleet = newFleet();
  fleet.addServer('tickets', { runtime: NPM_HTTP });
  fleet.grantOperate(new Role(Stack.of(fleet), 'Operator', { assumedBy: new AccountRootPrincipal() }));
  change(fleet);
  const template = templateOf(fleet).toJSON();
  const id = Object.keys(template.Resources).find((each) => /^McpLedger[0-9A-F]{8}$/.test(each)) as string;
  const seen: number[] = [];
  const results = await runDeployedChecks(
    { fleet: 'orders', templates: { Company: template as never }, ledger: { made: { stack: 'Company', id }, arnEnd: ':table/x' } },
    (result) => seen.push(result.id),
  );
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  return results;
}

test('what reading tells is judged, and of each other check it is said why it is not', async () => {
  const results = await told();
  expect(results.map(({ id, status }) => [id, status])).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((id) => [id, [2, 6].includes(id) ? 'pass' : 'not_probed']),
  );
  for (const { notProbed } of results) expect(notProbed?.length).toBeGreaterThan(0);
});

test('a server without the alarm of its slots, and somebody else who may write the ledger, are found', async () => {
  const results = await told((fleet) => {
    for (const alarm of fleet.node.findAll()) {
      if (alarm instanceof CfnAlarm && JSON.stringify(Stack.of(alarm).resolve(alarm.metrics))?.includes('SlotUtilization'))
        alarm.addPropertyOverride('Metrics', [{ Id: 'q', Expression: 'SELECT MAX(CPUUtilization) FROM "AWS/ECS"', Period: 60 }]);
    }
    for (const policy of fleet.node.findAll()) {
      if (policy instanceof CfnPolicy && /Authorizer/.test(policy.node.path))
        policy.addPropertyOverride('PolicyDocument.Statement', [{ Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: '*' }]);
    }
  });
  const failed = results.filter(({ status }) => status === 'fail').map(({ id, failures }) => [id, failures?.join(' ')]);
  expect(failed).toEqual([
    [2, expect.stringContaining('no alarm on SlotUtilization of tickets')],
    [6, expect.stringMatching(/may dynamodb:PutItem on the ledger/)],
  ]);
});
