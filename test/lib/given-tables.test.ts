import { expect, test } from '@jest/globals';
import { type App, Stack } from 'aws-cdk-lib';
import { AttributeType, type ITableV2, ProjectionType, StreamViewType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { McpFleetProps } from '../../lib';
import { configOf, newFleet, newServer, newStack, statementsOf, taskRoleOf, templateOf } from './example-fleet';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/old';

function imported(stack: Stack, name: string): ITableV2 {
  const encryptionKey = Key.fromKeyArn(stack, `${name}Key`, KEY);
  return TableV2.fromTableAttributes(stack, name, {
    tableName: `acme-${name}`,
    tableStreamArn: `arn:aws:dynamodb:eu-west-1:111122223333:table/acme-${name}/stream/2026-01-01T00:00:00.000`,
    encryptionKey,
  });
}

test('tables that are handed in are used, with their key, and none is made in their place', () => {
  const stack = newStack();
  const tables = {
    ledgerTable: imported(stack, 'ledger'),
    directoryTable: imported(stack, 'directory'),
    allowlistTable: imported(stack, 'allowlist'),
    agentKeysTable: imported(stack, 'agent-keys'),
  };
  const fleet = newFleet(stack, tables);
  newServer({}, fleet);
  const template = templateOf(fleet);

  template.resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
  expect(configOf(template)).toMatchObject({
    ledgerTable: 'acme-ledger',
    directoryTable: 'acme-directory',
    allowlistTable: 'acme-allowlist',
  });
  const statements = statementsOf(template, taskRoleOf(template, /Gateway\/Task/));
  const claims = statements.find(({ Action }) => Action.includes('dynamodb:PartiQLInsert'));
  expect(JSON.stringify(claims?.Resource)).toContain(':table/acme-ledger"');
  expect(statements).toContainEqual(expect.objectContaining({ Resource: KEY, Condition: expect.objectContaining({}) }));
  template.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { ComparisonOperator: 'GreaterThanOrEqualToThreshold' }, countOf(template));
});

/** As many as there are: alarms on tables that are handed in are there too. */
function countOf(template: ReturnType<typeof templateOf>): number {
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  expect(alarms.filter(({ Properties }) => JSON.stringify(Properties).includes('acme-ledger')).length).toBeGreaterThan(0);
  return alarms.filter(({ Properties }) => Properties.ComparisonOperator === 'GreaterThanOrEqualToThreshold').length;
}

test.each<[string, (stack: Stack) => Partial<McpFleetProps>, RegExp]>([
  [
    'a table of another region',
    (stack) => ({ ledgerTable: TableV2.fromTableArn(stack, 'Far', 'arn:aws:dynamodb:us-east-1:111122223333:table/acme-ledger') }),
    /ledgerTable is a table in us-east-1; allowed: one in the fleet's own region, eu-west-1/,
  ],
  [
    'one table in two places',
    (stack) => ({ ledgerTable: imported(stack, 'a'), directoryTable: TableV2.fromTableName(stack, 'Again', 'acme-a') }),
    /directoryTable is .*; allowed: each table once. It is the ledgerTable already/,
  ],
  [
    'a ledger without a stream',
    (stack) => ({ ledgerTable: TableV2.fromTableName(stack, 'Silent', 'acme-ledger') }),
    /ledgerTable is a table whose stream is not known; allowed: one with a stream, for the archive. Import it with its tableStreamArn/,
  ],
  ['a name', () => ({ ledgerTable: 'acme-ledger' as unknown as ITableV2 }), /ledgerTable is "acme-ledger"; allowed: a DynamoDB table/],
])('%s is refused', (_, props, said) => {
  const stack = newStack({ env: { region: 'eu-west-1', account: '111122223333' } });
  expect(() => newFleet(stack, props(stack))).toThrow(said);
});

const keyed = (name: string, type = AttributeType.STRING) => ({ name, type });

test('a table of the same app is held against the keys and the index that a ledger has, when all of it is known', () => {
  const synth = (table: (stack: Stack) => TableV2) => {
    const stack = newStack();
    const ledgerTable = table(stack);
    const fleet = newFleet(stack, { ledgerTable });
    newServer({}, fleet);
    return () => (fleet.node.root as App).synth();
  };
  const withIndex = (leaseUntil: AttributeType) => (stack: Stack) => {
    const table = new TableV2(stack, 'Own', { partitionKey: keyed('pk'), dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES });
    table.addGlobalSecondaryIndex({
      indexName: 'unsettled',
      partitionKey: keyed('unsettled'),
      sortKey: keyed('leaseUntil', leaseUntil),
      projectionType: ProjectionType.KEYS_ONLY,
    });
    return table;
  };
  expect(synth((stack) => new TableV2(stack, 'Own', { partitionKey: keyed('id'), sortKey: keyed('at', AttributeType.NUMBER) }))).toThrow(
    /ledgerTable is a table by id \(S\) and at \(N\); allowed: one by pk \(S\)[\s\S]*ledgerTable is a table without the index "unsettled"/,
  );
  expect(synth(withIndex(AttributeType.STRING))).toThrow(
    /index "unsettled" is by unsettled \(S\) and leaseUntil \(S\); allowed: one by .*leaseUntil \(N\)/,
  );
  expect(synth(withIndex(AttributeType.NUMBER))).not.toThrow();
});

test('a table may stand in a stack of its own', () => {
  const stack = newStack();
  const data = new Stack(stack.node.root, 'Data');
  const fleet = newFleet(stack, { directoryTable: new TableV2(data, 'Sessions', { partitionKey: keyed('session') }) });
  newServer({}, fleet);
  templateOf(fleet).resourceCountIs('AWS::DynamoDB::GlobalTable', 3);
});

test('a ledger is the record of one fleet alone', () => {
  const stack = newStack();
  const fleet = newFleet(stack);
  newServer({}, fleet);
  newServer({}, newFleet(new Stack(stack.node.root, 'Second'), { fleetName: 'second', ledgerTable: fleet.ledgerTable }));
  expect(() => (stack.node.root as App).synth()).toThrow(/the policy Second\/Mcp\/Gateway.* on the ledger; allowed: reads/);
});
