import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import dynalite from 'dynalite';
import { pino } from 'pino';
import { requireTables } from '../../../gateway/aws/own-tables';

let tables: Server;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  tables = dynalite({ createTableMs: 0 }) as unknown as Server;
  tables.listen(0, '127.0.0.1');
  await once(tables, 'listening');
  dynamodb = clientAt((tables.address() as AddressInfo).port);
  for (const [TableName, ...keys] of [
    ['directory', 'session'],
    ['allowlist', 'agent', 'entry'],
    ['pairs', 'pk', 'sk'],
    ['without-index', 'pk'],
  ] as const) {
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: keys.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
        AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      }),
    );
  }
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'ledger',
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'unsettled', AttributeType: 'S' },
        { AttributeName: 'leaseUntil', AttributeType: 'N' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'unsettled',
          // The order in which they are told says nothing.
          KeySchema: [
            { AttributeName: 'unsettled', KeyType: 'HASH' },
            { AttributeName: 'leaseUntil', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
});
afterAll(() => {
  dynamodb.destroy();
  tables.close();
});

function clientAt(port: number): DynamoDBClient {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  return new DynamoDBClient({ endpoint: `http://127.0.0.1:${port}`, region: 'eu-central-1', credentials, maxAttempts: 1 });
}

const look = (ledgerTable: string, client = dynamodb) =>
  requireTables(client, { ledgerTable, directoryTable: 'directory', allowlistTable: 'allowlist' }, pino({ enabled: false }));

test('the tables of a fleet are taken, and others are refused by name, with what they would have to be', async () => {
  await look('ledger');
  await expect(look('pairs')).rejects.toThrow(/ledgerTable names "pairs", a table by pk \(S\) and sk \(S\); allowed: one by pk \(S\)/);
  await expect(look('without-index')).rejects.toThrow(
    /a table without the index "unsettled"; allowed: one with .*Hand in the ledger table/,
  );
  await expect(look('nowhere')).rejects.toThrow(/ledgerTable names "nowhere", and there is no such table in this region/);
});

test('where nobody tells, it is left to the calls', async () => {
  await look('ledger', clientAt(1));
});
