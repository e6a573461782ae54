import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { AttemptLimits } from '../../../core/aws-limits';
import { GroupCommit, type GroupLimits } from '../../../ledger/table/group-commit';
import type { Item } from '../../../ledger/table/rows';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import { type FaultyTables, type Reply, refused, startFaultyTables } from './faulty-tables';
import { type OpenTable, openTable } from './tables';

const LEDGER: CreateTableCommandInput = {
  TableName: 'ledger',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
};

let dynamodb: EmbeddedDynamoDb;
let tables: FaultyTables;
let opened: OpenTable;
let told: string[];

beforeAll(async () => {
  dynamodb = await startDynamoDb(undefined, 'eu-central-1');
});
afterAll(() => dynamodb.stop());

beforeEach(async () => {
  await dynamodb.createTable(LEDGER);
  tables = await startFaultyTables(dynamodb.url);
  opened = openTable('lean', { endpoint: tables.url }, { answerMs: 20_000 });
  told = [];
});
afterEach(async () => {
  await opened.close();
  await tables.close();
  await dynamodb.deleteTable('ledger');
});

/** For tables that do not answer. */
async function waitNoLonger(limits: Partial<AttemptLimits>): Promise<void> {
  await opened.close();
  opened = openTable('lean', { endpoint: tables.url }, limits);
}

const start = (limits: Partial<GroupLimits> = {}) =>
  new GroupCommit(opened.table, 'ledger', ({ name }) => told.push(name), { wait: () => 1, ...limits });
const row = (pk: string, more: Item = {}): Item => ({ pk: { S: pk }, fence: { S: `fence-${pk}` }, state: { S: 'confirmed' }, ...more });
const stored = async (pk: string) =>
  (await opened.table.getItem({ TableName: 'ledger', Key: { pk: { S: pk } }, ConsistentRead: true })).Item;
const batches = () =>
  tables.asked.filter(({ operation }) => operation === 'BatchExecuteStatement').map(({ body }) => body.Statements.length);
const reasonOf = (append: Promise<void>) =>
  append.then(
    () => 'written',
    (error: Error) => error.name,
  );

/** Has the table say of the statements of some rows what a test wants, done or not, and do the others. */
function say(Code: string, of: (pk: string) => boolean, done = false): void {
  tables.answer = async ({ operation, body }, pass) => {
    if (operation !== 'BatchExecuteStatement') return pass(body);
    const statements: readonly { Parameters: [{ S: string }] }[] = body.Statements;
    const met = statements.map(({ Parameters: [{ S }] }) => of(S));
    const passed = statements.filter((_, index) => done || !met[index]);
    const answers = passed.length === 0 ? [] : (await pass({ Statements: passed })).body.Responses;
    const Responses = statements.map((statement, index) =>
      met[index] ? { Error: { Code, Message: 'because' } } : answers[passed.indexOf(statement)],
    );
    return { status: 200, body: { Responses } };
  };
}

test('a row that comes alone goes at once; what comes while batches are under way goes together', async () => {
  const group = start({ batches: 2 });
  const rows = Array.from({ length: 60 }, (_, index) => row(`r${index}`, { text: { S: `it's {?} ${index}` } }));
  await Promise.all(rows.map((item) => group.append(item)));
  expect(batches()).toEqual([1, 1, 25, 25, 8]);
  for (const item of rows) expect(await stored(item.pk?.S as string)).toEqual(item);
});

test('a batch is bounded by what is in it, and a row as large as one may be still goes', async () => {
  const group = start({ batches: 1 });
  const large = Array.from({ length: 6 }, (_, index) => row(`l${index}`, { text: { S: 'x'.repeat(390_000) } }));
  await Promise.all(large.map((item) => group.append(item)));
  expect(batches()).toEqual([1, 3, 2]);
  expect(await stored('l5')).toEqual(large[5]);
});

test('a row whose key another one has is refused, and the other stays', async () => {
  await opened.table.putItem({ TableName: 'ledger', Item: row('r1', { fence: { S: 'theirs' } }) });
  const group = start();
  const ended = await Promise.all(['r0', 'r1', 'r2'].map((pk) => reasonOf(group.append(row(pk)))));
  expect([ended, (await stored('r1'))?.fence]).toEqual([['written', 'RowTaken', 'written'], { S: 'theirs' }]);
});

test.each(['broken', 'silent'] as const)('a batch that was done and whose answer is %s is known by its fences', async (fate) => {
  await waitNoLonger({ answerMs: 2_000 });
  let lost = 0;
  tables.answer = async ({ operation, body }, pass) => {
    const answer = await pass(body);
    return operation === 'BatchExecuteStatement' && lost++ === 0 ? fate : answer;
  };
  const group = start({ batches: 1 });
  expect(await Promise.all(['r0', 'r1', 'r2'].map((pk) => reasonOf(group.append(row(pk)))))).toEqual(['written', 'written', 'written']);
  expect(await stored('r0')).toEqual(row('r0'));
});

test('a row that another one of its fence, but not of its state, stands for is not taken as written', async () => {
  await opened.table.putItem({ TableName: 'ledger', Item: row('r0', { state: { S: 'unknown' } }) });
  expect(await reasonOf(start().append(row('r0')))).toBe('RowTaken');
});

test.each(['ThrottlingError', 'ProvisionedThroughputExceeded', 'RequestLimitExceeded', 'InternalServerError', 'TransactionConflict'])(
  'only the row that meets %s is sent again, as often as it may',
  async (code) => {
    const group = start({ batches: 1 });
    say(code, (pk) => pk === 'r1');
    const asked = ['r0', 'r1', 'r2'].map((pk) => reasonOf(group.append(row(pk))));
    expect(await asked[2]).toBe('written');
    expect(await asked[1]).toMatch(
      /^(Throttling|ProvisionedThroughputExceeded|TransactionConflict)Exception$|^(RequestLimitExceeded|InternalServerError)$/,
    );
    expect([batches(), await stored('r1')]).toEqual([[1, 2, 1, 1], undefined]);
  },
);

test('a row that was written although its statement is said to have failed is written once', async () => {
  const group = start();
  let first = true;
  say('InternalServerError', (pk) => pk === 'r0' && first, true);
  const { answer } = tables;
  tables.answer = async (asked, pass) => {
    const reply = await answer(asked, pass);
    first = false;
    return reply;
  };
  expect(await reasonOf(group.append(row('r0')))).toBe('written');
  expect(await stored('r0')).toEqual(row('r0'));
});

test.each([
  ['AccessDenied', 'AccessDeniedException'],
  ['ValidationError', 'ValidationException'],
])('rows that meet %s are written alone, and somebody is told', async (code, name) => {
  const group = start({ batches: 1 });
  say(code, () => true);
  expect(await Promise.all(['r0', 'r1', 'r2'].map((pk) => reasonOf(group.append(row(pk)))))).toEqual(['written', 'written', 'written']);
  expect([told, await stored('r2')]).toEqual([[name, name], row('r2')]);
});

test.each(['AccessDeniedException', 'ValidationException', 'UnknownOperationException'])(
  'a table that refuses statements at all by %s takes rows one by one',
  async (type) => {
    tables.answer = async ({ operation, body }, pass) => (operation === 'BatchExecuteStatement' ? refused(400, type) : pass(body));
    const group = start({ batches: 1 });
    expect(await Promise.all(['r0', 'r1', 'r2'].map((pk) => reasonOf(group.append(row(pk)))))).toEqual(['written', 'written', 'written']);
    expect([told, batches()]).toEqual([
      [type, type],
      [1, 2],
    ]);
  },
);

test('a row that is not valid at all is told of as by a single write, and takes no other with it', async () => {
  const group = start({ batches: 1 });
  const bad = row('bad', { text: { S: 'x'.repeat(410_000) } });
  const ended = await Promise.all([row('r0'), bad, row('r1')].map((item) => reasonOf(group.append(item))));
  expect(ended).toEqual(['written', 'ValidationException', 'written']);
});

test.each([
  ['a fault', () => refused(500, 'InternalServerError'), 'InternalServerError'],
  ['silence', (): Reply => 'silent', 'TimeoutError'],
  ['a table that is not there', () => refused(400, 'ResourceNotFoundException'), 'ResourceNotFoundException'],
] as const)('%s rejects each row that waits for the batch, and those after it are tried for themselves', async (_, fate, name) => {
  await waitNoLonger({ answerMs: 1_500, attempts: 1 });
  const group = start({ batches: 1 });
  tables.answer = async () => fate();
  const first = ['r0', 'r1'].map((pk) => reasonOf(group.append(row(pk))));
  expect(await first[0]).toBe(name);
  expect(await first[1]).toBe(name);
  tables.answer = (asked, pass) => pass(asked.body);
  expect(await reasonOf(group.append(row('r2')))).toBe('written');
});

test('an answer that says nothing of a row is none: the row is sent again', async () => {
  let first = true;
  tables.answer = async ({ body }, pass) => {
    const answer = await pass(body);
    if (!first) return answer;
    first = false;
    return { status: 200, body: {} };
  };
  expect(await reasonOf(start().append(row('r0')))).toBe('written');
});

test('no more rows wait than may, and those that are refused were not sent', async () => {
  await waitNoLonger({ answerMs: 1_500, attempts: 1 });
  tables.answer = async () => 'silent';
  const few = start({ batches: 1, rows: 3 });
  const ended = ['r0', 'r1', 'r2', 'r3'].map((pk) => reasonOf(few.append(row(pk))));
  expect(await ended[3]).toBe('TooManyWaiting');
  const small = start({ batches: 1, size: 5_000 });
  const first = reasonOf(small.append(row('s0')));
  expect(await reasonOf(small.append(row('s1', { text: { S: 'x'.repeat(4_000) } })))).toBe('TooManyWaiting');
  expect(await Promise.all([...ended.slice(0, 3), first])).toEqual(Array(4).fill('TimeoutError'));
  tables.answer = (asked, pass) => pass(asked.body);
  expect(await Promise.all(['t0', 't1', 't2'].map((pk) => reasonOf(few.append(row(pk)))))).toEqual(['written', 'written', 'written']);
});

test('a row that has waited too long is not sent any more', async () => {
  await waitNoLonger({ answerMs: 500, attempts: 1 });
  tables.answer = async () => 'silent';
  const group = start({ batches: 1, totalMs: 100 });
  const ended = ['r0', 'r1'].map((pk) => reasonOf(group.append(row(pk))));
  expect(await Promise.all(ended)).toEqual(['TimeoutError', 'TimeoutError']);
  expect(JSON.stringify(tables.asked)).not.toContain('fence-r1');
});
