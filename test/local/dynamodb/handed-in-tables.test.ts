import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { misfitsOf, TABLE_SHAPES, type TableKind } from '../../../core/table-shapes';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import { makeHandedInTables } from '../../../local/dynamodb/handed-in-tables';
import type { FleetDescription } from '../../../local/fleet-facts';

let dynamodb: EmbeddedDynamoDb;

beforeAll(async () => {
  dynamodb = await startDynamoDb(undefined, 'us-east-1');
});
afterAll(() => dynamodb.stop());

test('tables that no stack makes are there as a fleet needs them, once', async () => {
  const facts = {
    ledgerTable: 'acme-ledger',
    directoryTable: 'acme-directory',
    allowlistTable: 'acme-allowlist',
    agentKeysTable: 'acme-keys',
  };
  const fleets = [{ name: 'acme', stack: {}, facts }] as unknown as FleetDescription[];
  const resolver = { resolve: async (_: unknown, value: unknown) => value };
  expect(await makeHandedInTables(fleets, resolver, dynamodb)).toEqual(Object.values(facts));
  expect(await makeHandedInTables(fleets, resolver, dynamodb)).toEqual([]);

  const client = new DynamoDBClient({
    endpoint: dynamodb.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  for (const kind of Object.keys(TABLE_SHAPES) as TableKind[]) {
    const { Table = {} } = await client.send(new DescribeTableCommand({ TableName: facts[`${kind}Table`] }));
    expect(misfitsOf(kind, Table)).toEqual([]);
  }
  client.destroy();
});
