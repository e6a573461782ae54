import { expect, test } from '@jest/globals';
import { type App, Stack, Stage } from 'aws-cdk-lib';
import { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, Effect, ManagedPolicy, PolicyDocument, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { McpFleet } from '../../lib';
import { newApp, newFleet, newServer, newStack } from './example-fleet';

const STREAM = 'arn:aws:dynamodb:eu-west-1:111122223333:table/acme-ledger/stream/2026-01-01T00:00:00.000';

/** What synth says of an app in which something was granted. */
function saidOf(grant: (fleet: McpFleet, role: Role) => void, fleet = newFleet(), scope: Stack = Stack.of(fleet)): string {
  newServer({}, fleet);
  grant(fleet, new Role(scope, 'Worker', { assumedBy: new AccountRootPrincipal() }));
  try {
    (fleet.node.root as App).synth();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const on = (fleet: McpFleet, ...actions: string[]) => new PolicyStatement({ actions, resources: [fleet.ledgerTable.tableArn] });

test('a company that grants itself a write on the ledger is refused by path, with the way out', () => {
  const said = saidOf((fleet, role) => fleet.ledgerTable.grantWriteData(role));
  expect(said).toMatch(/the policy Company\/Worker\/DefaultPolicy\/Resource is .*dynamodb:DeleteItem.* on the ledger; allowed: reads/);
  expect(said).toContain('Grant ledgerTable.grantReadData(…), or fleet.grantOperate(…), instead');
});

test.each<[string, (fleet: McpFleet, role: Role) => void, RegExp]>([
  ['grants of the table', (fleet, role) => fleet.ledgerTable.grants.writeData(role), /Worker/],
  ['everything on it', (fleet, role) => fleet.ledgerTable.grantFullAccess(role), /dynamodb:\* on the ledger/],
  ['one action in a word with a star', (fleet, role) => role.addToPolicy(on(fleet, 'dynamodb:Upd*')), /dynamodb:Upd\* on the ledger/],
  [
    'all but reads',
    (fleet, role) => role.addToPolicy(new PolicyStatement({ notActions: ['dynamodb:GetItem'], resources: [fleet.ledgerTable.tableArn] })),
    /Worker.* is \* on the ledger/,
  ],
  [
    'a policy within the role',
    (fleet) => {
      const inline = { own: new PolicyDocument({ statements: [on(fleet, 'dynamodb:PutItem')] }) };
      new Role(Stack.of(fleet), 'Inline', { assumedBy: new AccountRootPrincipal(), inlinePolicies: inline });
    },
    /the policy Company\/Inline\/Resource is dynamodb:PutItem/,
  ],
  [
    'a managed policy',
    (fleet) => new ManagedPolicy(Stack.of(fleet), 'Managed', { statements: [on(fleet, 'dynamodb:DeleteItem')] }),
    /the policy Company\/Managed\/Resource is dynamodb:DeleteItem/,
  ],
  [
    'the gateway, which may write and not delete',
    (fleet) => fleet.ledgerTable.grantWriteData(fleet.gatewayService.taskDefinition.taskRole),
    /Gateway.*DeleteItem/,
  ],
  [
    'the table itself',
    (fleet) =>
      (fleet.ledgerTable as TableV2).addToResourcePolicy(
        new PolicyStatement({ actions: ['dynamodb:PutItem'], resources: ['*'], principals: [new AccountRootPrincipal()] }),
      ),
    /the resource policy of Company\/Mcp\/Ledger is dynamodb:PutItem/,
  ],
])('it is seen in %s', (_, grant, said) => {
  expect(saidOf(grant)).toMatch(said);
});

test('a grant from another stack is seen, and one on an imported ledger', () => {
  const fleet = newFleet();
  const other = new Stack(fleet.node.root, 'Other');
  expect(saidOf((its, role) => its.ledgerTable.grantWriteData(role), fleet, other)).toMatch(/the policy Other\/Worker\/DefaultPolicy/);

  const stack = newStack();
  const imported = newFleet(stack, {
    ledgerTable: TableV2.fromTableAttributes(stack, 'Old', { tableName: 'acme-ledger', tableStreamArn: STREAM }),
  });
  expect(saidOf((_, role) => TableV2.fromTableName(stack, 'Again', 'acme-ledger').grantWriteData(role), imported)).toMatch(/Worker/);
});

test('fleets of two stacks, or of two stages, are nothing to each other although their tables have one logical id', () => {
  const app = newApp();
  for (const scope of [
    new Stack(app, 'Blue'),
    new Stack(app, 'Green'),
    new Stack(new Stage(app, 'Test'), 'Shop'),
    new Stack(new Stage(app, 'Prod'), 'Shop'),
  ]) {
    newServer({}, newFleet(scope, { fleetName: scope.artifactId.toLowerCase() }));
  }
  expect(() => app.synth()).not.toThrow();
});

test('who is granted to operate may say what became of a call, and no more', () => {
  expect(saidOf((fleet, role) => fleet.grantOperate(role))).toBe('');
  const more = saidOf((fleet, role) => {
    fleet.grantOperate(role);
    role.addToPolicy(on(fleet, 'dynamodb:PutItem', 'dynamodb:DeleteItem'));
  });
  expect(more).toMatch(/Worker.*dynamodb:PutItem.* on the ledger/);
  expect(() => newFleet().grantOperate(new AccountRootPrincipal())).toThrow(
    /grantee of grantOperate is .*; allowed: a role, a user or a group/,
  );
});

test('reads are granted, denies are said, and other tables are nobody’s business here', () => {
  const said = saidOf((fleet, role) => {
    fleet.ledgerTable.grantReadData(role);
    fleet.directoryTable.grantReadWriteData(role);
    const deny = { effect: Effect.DENY, actions: ['dynamodb:*'], resources: [fleet.ledgerTable.tableArn] };
    role.addToPolicy(new PolicyStatement(deny));
  });
  expect(said).toBe('');
});
