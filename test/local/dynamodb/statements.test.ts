import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type CreateTableCommandInput,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';

const ROWS: CreateTableCommandInput = {
  TableName: 'rows',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
};
const SORTED: CreateTableCommandInput = {
  TableName: 'Stack-Sorted.1',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
};

let dynamodb: EmbeddedDynamoDb;
let client: DynamoDBClient;

beforeAll(async () => {
  dynamodb = await startDynamoDb(undefined, 'us-east-1');
  client = new DynamoDBClient({ endpoint: dynamodb.url, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  await dynamodb.createTable(ROWS);
  await dynamodb.createTable(SORTED);
});
afterAll(async () => {
  client.destroy();
  await dynamodb.stop();
});

const insert = (pk: string, text = 'x', table = 'rows'): BatchStatementRequest => ({
  Statement: `INSERT INTO "${table}" VALUE {'pk': ?, 'text': ?}`,
  Parameters: [{ S: pk }, { S: text }],
});
const batch = async (...Statements: BatchStatementRequest[]) =>
  (await client.send(new BatchExecuteStatementCommand({ Statements }))).Responses;
const textOf = async (pk: string) =>
  (await client.send(new GetItemCommand({ TableName: 'rows', Key: { pk: { S: pk } }, ConsistentRead: true }))).Item?.text?.S;

describe('BatchExecuteStatement', () => {
  test('inserts; what stands there already is told of and stays', async () => {
    expect(await batch(insert('a', 'first'), insert('b'))).toEqual([{ TableName: 'rows' }, { TableName: 'rows' }]);
    expect(await batch(insert('a', 'second'), insert('c'))).toEqual([
      { Error: { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' } },
      { TableName: 'rows' },
    ]);
    expect(await Promise.all(['a', 'b', 'c'].map(textOf))).toEqual(['first', 'x', 'x']);
  });

  test('takes every type, names that are quoted, and keywords in any case', async () => {
    const values = { S: { S: "it's" }, N: { N: '1' }, L: { L: [{ M: { a: { BOOL: true } } }] }, NULL: { NULL: true }, SS: { SS: ['a'] } };
    const [outcome] =
      (await batch({
        Statement: "insert into rows\n value { 'pk' : ? ,'it''s, {':?, 'N': ?, 'L': ?, 'NULL': ?, 'SS': ? }",
        Parameters: [{ S: 'types' }, ...Object.values(values)],
      })) ?? [];
    expect(outcome).toEqual({ TableName: 'rows' });
    const { Item } = await client.send(new GetItemCommand({ TableName: 'rows', Key: { pk: { S: 'types' } } }));
    const { S, ...others } = values;
    expect(Item).toEqual({ pk: { S: 'types' }, "it's, {": S, ...others });
  });

  test('knows an item by its whole key', async () => {
    const sorted = (sk: string) => ({
      Statement: `INSERT INTO "Stack-Sorted.1" VALUE {'pk': ?, 'sk': ?}`,
      Parameters: [{ S: 'a' }, { S: sk }],
    });
    const outcomes = [...((await batch(sorted('1'), sorted('2'))) ?? []), ...((await batch(sorted('1'))) ?? [])];
    expect(outcomes.map(({ Error: error }) => error?.Code)).toEqual([undefined, undefined, 'DuplicateItem']);
  });

  test('gives each statement a fate of its own', async () => {
    const outcomes = await batch(
      insert('good'),
      insert('lost', 'x', 'absent'),
      insert('large', 'x'.repeat(410_000)),
      { Statement: `INSERT INTO "rows" VALUE {'pk': ?}`, Parameters: [{ S: 'a' }, { S: 'too many' }] },
      { Statement: `INSERT INTO "rows" VALUE {'text': ?}`, Parameters: [{ S: 'no key' }] },
      { Statement: `INSERT INTO "rows" VALUE {'pk': ?}`, Parameters: [{ N: '1' }] },
      { Statement: `INSERT INTO "rows" VALUES {'pk': ?}`, Parameters: [{ S: 'a' }] },
      { Statement: `INSERT INTO "rows" VALUE ?`, Parameters: [{ M: { pk: { S: 'a' } } }] },
    );
    expect(outcomes?.map(({ Error: error, TableName }) => error?.Code ?? TableName)).toEqual([
      'rows',
      'ResourceNotFound',
      'ValidationError',
      'ValidationError',
      'ValidationError',
      'ValidationError',
      'ValidationError',
      'ValidationError',
    ]);
    expect(outcomes?.[1]?.Error?.Message).toBe('Requested resource not found');
  });

  test('lets one of many win that insert the same item at once', async () => {
    const outcomes = (await Promise.all(Array.from({ length: 20 }, (_, writer) => batch(insert('race', `w${writer}`))))).flat();
    expect(outcomes.filter((outcome) => outcome?.Error === undefined)).toHaveLength(1);
    expect(await textOf('race')).toBe(`w${outcomes.findIndex((outcome) => outcome?.Error === undefined)}`);
  });

  test.each([
    ['no statement', []],
    ['more than 25', Array.from({ length: 26 }, (_, index) => insert(`m${index}`))],
    [
      'one of more than 8,192 characters',
      [{ Statement: `INSERT INTO "rows" VALUE {'${'x'.repeat(8_192)}': ?}`, Parameters: [{ S: 'a' }] }],
    ],
  ])('refuses a batch of %s as a whole', async (_, statements) => {
    await expect(batch(...statements)).rejects.toMatchObject({ name: 'ValidationException', $metadata: { httpStatusCode: 400 } });
  });

  test.each([
    ['SELECT', `SELECT * FROM "rows" WHERE pk = ?`],
    ['UPDATE', `UPDATE "rows" SET text = ? WHERE pk = 'a'`],
    ['DELETE', `DELETE FROM "rows" WHERE pk = ?`],
    ['INSERT', `INSERT INTO "rows" VALUE {'pk': 'a', 'text': ?}`],
  ])('refuses what it does not know by name: %s', async (verb, Statement) => {
    await expect(batch(insert('beside'), { Statement, Parameters: [{ S: 'a' }] })).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(`not this ${verb}`),
    });
    expect(await textOf('beside')).toBeUndefined();
  });
});

describe('ExecuteStatement', () => {
  test('inserts once', async () => {
    const statement = new ExecuteStatementCommand(insert('alone', 'first') as Required<BatchStatementRequest>);
    expect((await client.send(statement)).Items).toEqual([]);
    await expect(client.send(statement)).rejects.toMatchObject({
      name: 'DuplicateItemException',
      message: 'Duplicate primary key exists in table',
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('says what is wrong', async () => {
    const send = (statement: BatchStatementRequest) =>
      client.send(new ExecuteStatementCommand(statement as Required<BatchStatementRequest>)).catch((error: Error) => error.name);
    expect([
      await send(insert('a', 'x', 'absent')),
      await send(insert('a', 'x'.repeat(410_000))),
      await send({ Statement: 'SELECT * FROM "rows"' }),
    ]).toEqual(['ResourceNotFoundException', 'ValidationException', 'NotImplemented']);
  });
});
