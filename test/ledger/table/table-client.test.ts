import { ConditionalCheckFailedException, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TableClient } from '../../../ledger/table/table-client';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import { type Kind, type OpenTable, openTable } from './tables';

const ROWS: CreateTableCommandInput = {
  TableName: 'rows',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'agent', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [
    { IndexName: 'byAgent', KeySchema: [{ AttributeName: 'agent', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
  ],
};

let dynamodb: EmbeddedDynamoDb;
let opened: OpenTable;
let table: TableClient;

beforeAll(async () => {
  dynamodb = await startDynamoDb(undefined, 'eu-central-1');
});
afterAll(() => dynamodb.stop());

beforeEach(() => dynamodb.createTable(ROWS));
afterEach(async () => {
  await opened.close();
  await dynamodb.deleteTable('rows');
});

const ITEM = {
  pk: { S: 'one' },
  agent: { S: 'ä漢😀 "\\ \u0000' },
  count: { N: '42' },
  settled: { BOOL: false },
  nothing: { NULL: true },
  names: { SS: ['a', 'b'] },
  history: { L: [{ M: { at: { N: '1' }, state: { S: 'claimed' } } }] },
};
const KEY = { TableName: 'rows', Key: { pk: { S: 'one' } } };
const CLAIM = {
  TableName: 'rows',
  ConditionExpression: 'attribute_not_exists(pk)',
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
} as const;

describe.each<Kind>(['sdk', 'lean'])('a table by the %s client', (kind) => {
  beforeEach(() => {
    opened = openTable(kind, { endpoint: dynamodb.url });
    table = opened.table;
  });

  test('gives back what was put, in every type', async () => {
    await table.putItem({ TableName: 'rows', Item: ITEM });
    expect((await table.getItem({ ...KEY, ConsistentRead: true })).Item).toEqual(ITEM);
    expect((await table.getItem({ ...KEY, Key: { pk: { S: 'two' } } })).Item).toBeUndefined();
  });

  test('leaves out members that are undefined', async () => {
    await table.putItem({
      TableName: 'rows',
      Item: { pk: { S: 'one' } },
      ExpressionAttributeNames: undefined,
      ConditionExpression: undefined,
    });
    expect((await table.getItem(KEY)).Item).toEqual({ pk: { S: 'one' } });
  });

  test('gives the loser of a conditional put the item that won', async () => {
    await table.putItem({ ...CLAIM, Item: ITEM });
    const lost = await table.putItem({ ...CLAIM, Item: { pk: { S: 'one' } } }).catch((error) => error);
    expect(lost).toBeInstanceOf(ConditionalCheckFailedException);
    expect(lost).toMatchObject({
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      Item: ITEM,
      $metadata: { httpStatusCode: 400, attempts: 1, requestId: expect.any(String) },
    });
  });

  test('updates, and says what it left', async () => {
    const add = {
      ...KEY,
      UpdateExpression: 'ADD #count :one',
      ExpressionAttributeNames: { '#count': 'count' },
      ReturnValues: 'ALL_NEW',
    } as const;
    await table.updateItem({ ...add, ExpressionAttributeValues: { ':one': { N: '1' } } });
    expect((await table.updateItem({ ...add, ExpressionAttributeValues: { ':one': { N: '2' } } })).Attributes).toEqual({
      pk: { S: 'one' },
      count: { N: '3' },
    });
    const lost = { ...add, ExpressionAttributeValues: { ':one': { N: '1' } }, ConditionExpression: 'attribute_not_exists(pk)' };
    await expect(table.updateItem(lost)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  test('queries an index, page by page', async () => {
    for (const pk of ['a', 'b', 'c']) await table.putItem({ TableName: 'rows', Item: { pk: { S: pk }, agent: { S: 'support' } } });
    const query = {
      TableName: 'rows',
      IndexName: 'byAgent',
      KeyConditionExpression: '#agent = :agent',
      ExpressionAttributeNames: { '#agent': 'agent' },
      ExpressionAttributeValues: { ':agent': { S: 'support' } },
      Limit: 2,
    };
    const first = await table.query(query);
    const second = await table.query({ ...query, ExclusiveStartKey: first.LastEvaluatedKey });
    expect([first.Count, second.Count, second.LastEvaluatedKey]).toEqual([2, 1, undefined]);
  });

  test.each([
    ['a table that is not there', 'ResourceNotFoundException', () => table.getItem({ ...KEY, TableName: 'absent' })],
    ['a request that is not valid', 'ValidationException', () => table.putItem({ TableName: 'rows', Item: { wrong: { S: 'x' } } })],
    [
      'a row that is too large',
      'ValidationException',
      () => table.putItem({ TableName: 'rows', Item: { pk: { S: 'x' }, text: { S: 'x'.repeat(410_000) } } }),
    ],
  ])('tells of %s', async (_, name, ask) => {
    await expect(ask()).rejects.toMatchObject({ name, message: expect.any(String), $metadata: { httpStatusCode: 400, attempts: 1 } });
  });

  test('carries a row as large as one may be', async () => {
    const Item = { pk: { S: 'one' }, text: { S: '\u0001ä'.repeat(130_000) } };
    await table.putItem({ TableName: 'rows', Item });
    expect((await table.getItem({ ...KEY, ConsistentRead: true })).Item).toEqual(Item);
  });

  test('does two hundred writes at once over the connections it may have', async () => {
    const keys = Array.from({ length: 200 }, (_, index) => `k${index}`);
    await Promise.all(keys.map((pk) => table.putItem({ TableName: 'rows', Item: { pk: { S: pk } } })));
    const found = await Promise.all(keys.map((pk) => table.getItem({ TableName: 'rows', Key: { pk: { S: pk } } })));
    expect(found.map(({ Item }) => Item?.pk?.S)).toEqual(keys);
  });
});
