import {
  BatchExecuteStatementCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import type { RequestRule } from '../../../local/faults/request-rules';
import { eventually } from '../../suites/waiting';

let dynamodb: EmbeddedDynamoDb;
let client: DynamoDBClient;
const met: string[] = [];

const clientOf = (more: object = {}) =>
  new DynamoDBClient({
    endpoint: dynamodb.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: { requestTimeout: 400, throwOnRequestTimeout: true },
    ...more,
  });

beforeAll(async () => {
  dynamodb = await startDynamoDb(undefined, 'us-east-1');
  dynamodb.onMet((rule) => met.push(rule));
  client = clientOf();
  for (const TableName of ['ledger', 'other']) {
    await dynamodb.createTable({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    });
  }
});

afterEach(async () => {
  await fail();
  met.length = 0;
});

afterAll(async () => {
  client.destroy();
  await dynamodb.stop();
});

const rule = (more: Partial<RequestRule>): RequestRule => ({ id: 'one', of: { table: 'ledger' }, effect: 'hang', share: 1, ...more });
const get = (TableName: string) => client.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' } } }));

/** What is told goes to another process: it is there when what it asks for is answered. */
async function fail(...rules: readonly RequestRule[]): Promise<void> {
  const canary: RequestRule = { id: 'canary', of: { table: 'canary' }, effect: 'throttle', share: 1 };
  dynamodb.fail([...rules, canary]);
  const isThere = () =>
    client.send(new GetItemCommand({ TableName: 'canary', Key: { pk: { S: 'a' } } })).then(
      () => false,
      ({ name }: Error) => name !== 'ResourceNotFoundException',
    );
  await eventually('the rules are there', isThere, 5_000);
  dynamodb.fail(rules);
  await eventually('the canary is gone', async () => !(await isThere()), 5_000);
}

test('a table that is silent takes requests and does nothing; others, and what is no request for items, go on', async () => {
  await fail(rule({}));
  await expect(get('ledger')).rejects.toMatchObject({ name: 'TimeoutError' });
  await get('other');
  await client.send(new DescribeTableCommand({ TableName: 'ledger' }));
  expect(met.filter((id) => id === 'one')).toEqual(['one']);
  await fail();
  expect((await get('ledger')).Item).toBeUndefined();
});

test('one that loses answers alone has done what it was asked', async () => {
  await fail(rule({ effect: 'lose answer' }));
  const put = client.send(new PutItemCommand({ TableName: 'ledger', Item: { pk: { S: 'a' } } }));
  await expect(put).rejects.toMatchObject({ name: 'TimeoutError' });
  await fail();
  expect((await get('ledger')).Item).toEqual({ pk: { S: 'a' } });
});

test('one that throttles refuses exactly its share, with both errors that AWS has for it', async () => {
  await fail(rule({ effect: 'throttle', share: 0.5 }));
  const seen: string[] = [];
  for (let i = 0; i < 8; i++)
    seen.push(
      await get('ledger').then(
        () => 'done',
        ({ name }: Error) => name,
      ),
    );
  expect(seen.filter((one) => one === 'done')).toHaveLength(4);
  expect(new Set(seen)).toEqual(new Set(['done', 'ThrottlingException', 'ProvisionedThroughputExceededException']));
});

test('of a batch each statement is throttled by itself', async () => {
  await fail(rule({ effect: 'throttle' }));
  const Statements = ['x', 'y'].map((pk) => ({ Statement: `INSERT INTO "ledger" VALUE {'pk': ?}`, Parameters: [{ S: pk }] }));
  const { Responses } = await client.send(new BatchExecuteStatementCommand({ Statements }));
  expect(Responses).toHaveLength(2);
  for (const response of Responses ?? []) expect(response.Error?.Code).toMatch(/^(ThrottlingError|ProvisionedThroughputExceeded)$/);
});

test('a link that is cut for functions is not for others', async () => {
  await fail(rule({ effect: 'reset', from: 'functions' }));
  await get('ledger');
  const inFunction = clientOf({ customUserAgent: [['exec-env/AWS_Lambda_nodejs24.x']] });
  await expect(inFunction.send(new GetItemCommand({ TableName: 'ledger', Key: { pk: { S: 'a' } } }))).rejects.toThrow();
  inFunction.destroy();
});
