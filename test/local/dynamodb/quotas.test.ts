import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import {
  BatchExecuteStatementCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import { QUOTAS } from '../../../local/quotas';

const TableName = 'rows';
let dynamodb: EmbeddedDynamoDb;
let client: DynamoDBClient;

beforeAll(async () => {
  dynamodb = await startDynamoDb(undefined, 'us-east-1');
  client = new DynamoDBClient({
    endpoint: dynamodb.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
  await dynamodb.createTable({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
  });
});

afterAll(async () => {
  client.destroy();
  await dynamodb.stop();
});

const put = (pk: string, sk: string, text = '') =>
  client.send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, sk: { S: sk }, ...(text && { text: { S: text } }) } }));
const refusal = (message: RegExp) => ({ name: 'ValidationException', message: expect.stringMatching(message) });

describe('DynamoDB takes', () => {
  test('an item of 400 KB, its names counted', async () => {
    const rest = QUOTAS.item.most - 'pk'.length - 'sk'.length - 'text'.length - 'a'.length - 'b'.length;
    await put('a', 'b', 'x'.repeat(rest));
    await expect(put('a', 'b', 'x'.repeat(rest + 1))).rejects.toMatchObject(refusal(/Item size has exceeded/));
  });

  test('keys of their sizes', async () => {
    await put('p'.repeat(QUOTAS.partitionKey.most), 's'.repeat(QUOTAS.sortKey.most));
    await expect(put('p'.repeat(QUOTAS.partitionKey.most + 1), 's')).rejects.toMatchObject(refusal(/hashkey has exceeded/));
    await expect(put('p', 's'.repeat(QUOTAS.sortKey.most + 1))).rejects.toMatchObject(refusal(/range keys has exceeded/));
  });

  test('a request of 16 MB', async () => {
    const send = async (bytes: number): Promise<number | undefined> => {
      const body = JSON.stringify({ TableName, Key: { pk: { S: 'a' }, sk: { S: 'b' } } });
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': bytes,
        'x-amz-target': 'DynamoDB_20120810.GetItem',
        'x-amz-date': '20261128T000000Z',
        authorization: 'AWS4-HMAC-SHA256 Credential=a/20261128/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b',
      };
      const sent = request(dynamodb.url, { method: 'POST', headers, agent: false });
      const answer = once(sent, 'response') as Promise<[IncomingMessage]>;
      sent.on('error', () => undefined).end(body + ' '.repeat(bytes - body.length));
      const [{ statusCode }] = await answer;
      sent.destroy();
      return statusCode;
    };
    expect([await send(QUOTAS.tableRequest.most), await send(QUOTAS.tableRequest.most + 1)]).toEqual([200, 413]);
  });

  test('batches of 25', async () => {
    const writes = (count: number) =>
      client.send(
        new BatchWriteItemCommand({
          RequestItems: {
            [TableName]: Array.from({ length: count }, (_, i) => ({ PutRequest: { Item: { pk: { S: 'w' }, sk: { S: `${i}` } } } })),
          },
        }),
      );
    const statements = (count: number, name: string) =>
      client.send(
        new BatchExecuteStatementCommand({
          Statements: Array.from({ length: count }, (_, i) => ({
            Statement: `INSERT INTO "${TableName}" VALUE {'pk': ?, 'sk': ?}`,
            Parameters: [{ S: name }, { S: `${i}` }],
          })),
        }),
      );
    await writes(QUOTAS.writeBatch.most);
    await expect(writes(QUOTAS.writeBatch.most + 1)).rejects.toMatchObject({ name: 'ValidationException' });
    await statements(QUOTAS.statementBatch.most, 'fits');
    await expect(statements(QUOTAS.statementBatch.most + 1, 'over')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a page of 1 MB', async () => {
    for (let i = 0; i < 4; i++) await put('page', `${i}`, 'x'.repeat(400_000));
    const { Items, LastEvaluatedKey } = await client.send(
      new QueryCommand({ TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: 'page' } } }),
    );
    expect([Items?.length, LastEvaluatedKey?.sk?.S]).toEqual([3, '2']);
  });
});
