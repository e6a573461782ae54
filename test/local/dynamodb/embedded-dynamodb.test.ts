import { connect } from 'node:net';
import {
  ConditionalCheckFailedException,
  type CreateTableCommandInput,
  DynamoDBClient,
  GetItemCommand,
  type GlobalSecondaryIndex,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import { scratchFolder } from '../fixtures/assembly';

let dynamodb: EmbeddedDynamoDb;
let client: DynamoDBClient;

afterEach(async () => {
  client.destroy();
  await dynamodb.stop();
});

async function start(folder?: string): Promise<void> {
  dynamodb = await startDynamoDb(folder, 'us-east-1');
  client = new DynamoDBClient({ endpoint: dynamodb.url, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  await dynamodb.createTable(LEDGER);
}

const BY_AGENT: GlobalSecondaryIndex = {
  IndexName: 'byAgent',
  KeySchema: [{ AttributeName: 'agent', KeyType: 'HASH' }],
  Projection: { ProjectionType: 'ALL' },
};

const LEDGER: CreateTableCommandInput = {
  TableName: 'ledger',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'agent', AttributeType: 'S' },
  ],
  GlobalSecondaryIndexes: [BY_AGENT],
};

const claim = (owner: string) =>
  new PutItemCommand({
    TableName: 'ledger',
    Item: { pk: { S: 'call-1' }, agent: { S: 'support' }, owner: { S: owner } },
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });

describe('startDynamoDb', () => {
  test('gives the loser of a conditional write the item that won', async () => {
    await start();
    await client.send(claim('first'));
    const lost = await client.send(claim('second')).catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(ConditionalCheckFailedException);
    expect((lost as ConditionalCheckFailedException).Item?.owner).toEqual({ S: 'first' });
  });

  test('and none when it did not ask, or there is none', async () => {
    await start();
    const update = new UpdateItemCommand({
      TableName: 'ledger',
      Key: { pk: { S: 'absent' } },
      UpdateExpression: 'SET seen = :yes',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':yes': { BOOL: true } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const lost = (await client.send(update).catch((error: unknown) => error)) as ConditionalCheckFailedException;
    expect([lost.name, lost.Item]).toEqual(['ConditionalCheckFailedException', undefined]);
  });

  test('has the indexes of the template', async () => {
    await start();
    await client.send(claim('first'));
    const found = await client.send(
      new QueryCommand({
        TableName: 'ledger',
        IndexName: 'byAgent',
        KeyConditionExpression: '#a = :a',
        ExpressionAttributeNames: { '#a': 'agent' },
        ExpressionAttributeValues: { ':a': { S: 'support' } },
      }),
    );
    expect(found.Count).toBe(1);
  });

  test('says that a table of an earlier run lacks an index, and what to do', async () => {
    const folder = scratchFolder();
    await start(folder);
    await expect(
      dynamodb.createTable({ ...LEDGER, GlobalSecondaryIndexes: [{ ...BY_AGENT, IndexName: 'unsettled' }] }),
    ).rejects.toMatchObject({
      code: 'CREATE_FAILED',
      message: `The table ledger in ${folder} was made without the index unsettled. Remove that folder.`,
    });
  });

  test('survives a client that dies in the middle of a request', async () => {
    await start();
    const { port } = new URL(dynamodb.url);
    await new Promise<void>((done) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"half":', () => socket.resetAndDestroy());
      });
      socket.once('close', () => done());
    });
    await client.send(claim('after'));
  });

  test('keeps its tables in a folder', async () => {
    const folder = scratchFolder();
    await start(folder);
    await client.send(claim('kept'));
    client.destroy();
    await dynamodb.stop();
    await start(folder);
    const { Item } = await client.send(new GetItemCommand({ TableName: 'ledger', Key: { pk: { S: 'call-1' } } }));
    expect(Item?.owner).toEqual({ S: 'kept' });
  });
});
