import {
  BatchExecuteStatementCommand,
  type CreateTableCommandInput,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, expect, test } from '@jest/globals';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import { StreamsClient } from '../../../local/dynamodb/streams-client';
import { scratchFolder } from '../fixtures/assembly';

const ROWS: CreateTableCommandInput = {
  TableName: 'rows',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
};

interface Change {
  readonly eventName: string;
  readonly dynamodb: { readonly NewImage?: object; readonly OldImage?: object; readonly SequenceNumber: string };
}

let dynamodb: EmbeddedDynamoDb;
let client: DynamoDBClient;
let streams: StreamsClient;

async function start(folder?: string): Promise<void> {
  dynamodb = await startDynamoDb(folder, 'us-east-1');
  client = new DynamoDBClient({ endpoint: dynamodb.url, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  streams = new StreamsClient(dynamodb.url);
  await dynamodb.createTable(ROWS);
  await dynamodb.beginStream('rows');
}

async function stop(): Promise<void> {
  client.destroy();
  await dynamodb.stop();
}

afterEach(stop);

const changes = async (after?: string) => (await streams.recordsAfter('rows', after, 1000)) as unknown as readonly Change[];
const put = (pk: string, text: string) =>
  client.send(new PutItemCommand({ TableName: 'rows', Item: { pk: { S: pk }, text: { S: text } } }));
const item = (pk: string, text: string) => ({ pk: { S: pk }, text: { S: text } });
const Key = { pk: { S: 'a' } };

test('each write that changes an item leaves a record with both images, in their order', async () => {
  await start();
  await put('a', '1');
  await put('a', '1');
  const Statement = `INSERT INTO "rows" VALUE {'pk': ?, 'text': ?}`;
  await client.send(new BatchExecuteStatementCommand({ Statements: [{ Statement, Parameters: [{ S: 'b' }, { S: '1' }] }] }));
  const set = {
    UpdateExpression: 'SET #t = :t',
    ExpressionAttributeNames: { '#t': 'text' },
    ExpressionAttributeValues: { ':t': { S: '2' } },
  };
  await client.send(new UpdateItemCommand({ TableName: 'rows', Key, ...set }));
  await client.send(new DeleteItemCommand({ TableName: 'rows', Key }));
  const seen = await changes();
  expect(seen.map(({ eventName, dynamodb: { NewImage, OldImage } }) => [eventName, OldImage, NewImage])).toEqual([
    ['INSERT', undefined, item('a', '1')],
    ['INSERT', undefined, item('b', '1')],
    ['MODIFY', item('a', '1'), item('a', '2')],
    ['REMOVE', item('a', '2'), undefined],
  ]);
});

test('a refused write leaves none; of writes at once each leaves one, and a number of its own', async () => {
  await start();
  await put('a', '1');
  const refused = client.send(
    new PutItemCommand({ TableName: 'rows', Item: item('a', '2'), ConditionExpression: 'attribute_not_exists(pk)' }),
  );
  await expect(refused).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  await Promise.all(Array.from({ length: 200 }, (_, at) => put(`k${at % 20}`, String(at))));
  const numbers = (await changes()).map(({ dynamodb: { SequenceNumber } }) => SequenceNumber);
  expect(numbers).toHaveLength(201);
  expect(new Set(numbers).size).toBe(201);
  expect([...numbers].sort()).toEqual(numbers);
});

test('the records of an item follow each other: the old image of each is the new one of the one before', async () => {
  await start();
  await Promise.all(Array.from({ length: 50 }, (_, at) => put('a', String(at))));
  let last: object | undefined;
  for (const {
    dynamodb: { OldImage, NewImage },
  } of await changes()) {
    expect(OldImage).toEqual(last);
    last = NewImage;
  }
});

test('is read on from where somebody was, also by another run, and not beyond what was trimmed', async () => {
  const folder = scratchFolder();
  await start(folder);
  for (const text of ['1', '2', '3']) await put('a', text);
  const [first, second] = await changes();
  dynamodb.trimStream('rows', first?.dynamodb.SequenceNumber as string);
  await stop();
  await start(folder);
  await put('a', '4');
  expect((await changes()).map(({ dynamodb: { NewImage } }) => NewImage)).toEqual([item('a', '2'), item('a', '3'), item('a', '4')]);
  expect(await changes(second?.dynamodb.SequenceNumber)).toHaveLength(2);
});
