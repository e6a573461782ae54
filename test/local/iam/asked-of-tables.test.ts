import { expect, test } from '@jest/globals';
import { askedBy } from '../../../local/dynamodb/asked.cjs';

const PLACE = 'eu-central-1:111122223333';
const ARN = `arn:aws:dynamodb:${PLACE}:table/`;
const KEYS: Readonly<Record<string, string>> = { Ledger: 'pk', 'Ledger/unsettled': 'server' };
const keyOf = async (table: string, index?: string) => KEYS[index === undefined ? table : `${table}/${index}`];

const asked = (operation: string, body: Readonly<Record<string, unknown>>) => askedBy(operation, body, keyOf, PLACE);
const S = (text: string) => ({ S: text });

test.each<[string, Readonly<Record<string, unknown>>, object[]]>([
  [
    'GetItem',
    { TableName: 'Ledger', Key: { pk: S('a') } },
    [{ action: 'dynamodb:GetItem', resource: `${ARN}Ledger`, context: { 'dynamodb:LeadingKeys': ['a'] } }],
  ],
  [
    'GetItem',
    { TableName: `${ARN}Ledger`, Key: { pk: S('a') } },
    [{ resource: `${ARN}Ledger`, context: { 'dynamodb:LeadingKeys': ['a'] } }],
  ],
  [
    'Query',
    {
      ...{ TableName: 'Ledger', IndexName: 'unsettled', KeyConditionExpression: '#s = :s AND due < :t' },
      ...{ ExpressionAttributeNames: { '#s': 'server' }, ExpressionAttributeValues: { ':s': S('payments') } },
    },
    [
      {
        action: 'dynamodb:Query',
        resource: `${ARN}Ledger/index/unsettled`,
        context: { 'dynamodb:LeadingKeys': ['payments'], 'dynamodb:Select': 'ALL_PROJECTED_ATTRIBUTES' },
      },
    ],
  ],
  ['Scan', { TableName: 'Ledger' }, [{ action: 'dynamodb:Scan', context: { 'dynamodb:Select': 'ALL_ATTRIBUTES' } }]],
  [
    'BatchWriteItem',
    { RequestItems: { Ledger: [{ PutRequest: { Item: { pk: S('a') } } }, { DeleteRequest: { Key: { pk: S('b') } } }], Other: [] } },
    [
      { resource: `${ARN}Ledger`, context: { 'dynamodb:LeadingKeys': ['a', 'b'] } },
      { action: 'dynamodb:BatchWriteItem', resource: `${ARN}Other` },
    ],
  ],
  [
    'TransactWriteItems',
    { TransactItems: [{ Put: { TableName: 'Ledger', Item: { pk: S('a') } } }, { ConditionCheck: { TableName: 'Other', Key: {} } }] },
    [
      { action: 'dynamodb:PutItem', context: { 'dynamodb:EnclosingOperation': 'TransactWriteItems', 'dynamodb:LeadingKeys': ['a'] } },
      { action: 'dynamodb:ConditionCheckItem', resource: `${ARN}Other` },
    ],
  ],
  [
    'BatchExecuteStatement',
    {
      Statements: [
        { Statement: `INSERT INTO "Ledger" VALUE {'x': ?, 'pk': ?}`, Parameters: [S('1'), S('a')] },
        { Statement: `DELETE FROM Ledger WHERE pk = 'a'` },
        { Statement: `SELECT * FROM "Ledger"."unsettled"` },
        { Statement: 'DROP everything' },
      ],
    },
    [
      { action: 'dynamodb:PartiQLInsert', resource: `${ARN}Ledger`, context: { 'dynamodb:LeadingKeys': ['a'] } },
      { action: 'dynamodb:PartiQLDelete', resource: `${ARN}Ledger` },
      { action: 'dynamodb:PartiQLSelect', resource: `${ARN}Ledger/index/unsettled` },
      { action: 'dynamodb:PartiQL', resource: `${ARN}*` },
    ],
  ],
  ['ListTables', {}, [{ action: 'dynamodb:ListTables', resource: '*' }]],
  [
    'GetRecords',
    { ShardIterator: Buffer.from('Ledger|1').toString('base64') },
    [{ action: 'dynamodb:GetRecords', resource: `${ARN}Ledger/stream/1970-01-01T00:00:00.000` }],
  ],
  [
    'UpdateItem',
    {
      TableName: 'Ledger',
      Key: { pk: S('a') },
      UpdateExpression: 'SET #s = if_not_exists(seen, :x), a.b = :y',
      ExpressionAttributeNames: { '#s': 'state' },
    },
    [{ context: { 'dynamodb:Attributes': ['pk', 'state', 'seen', 'a'] } }],
  ],
])('%s', async (operation, body, calls) => {
  expect(await asked(operation, body)).toMatchObject(calls);
});
