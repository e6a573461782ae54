import { type CreateTableCommandInput, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../checks/waiting';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import { StreamsClient } from '../../../local/dynamodb/streams-client';
import { type EventSource, EventSources } from '../../../local/lambda/event-sources';
import type { LocalFunction } from '../../../local/lambda/local-function';
import type { InvocationResult } from '../../../local/lambda/worker';

interface Invocation {
  readonly keys: readonly string[];
  readonly numbers: readonly string[];
}

let dynamodb: EmbeddedDynamoDb;
let client: DynamoDBClient;
let sources: EventSources;
let table: string;
let tables = 0;
const trimmed: string[] = [];
const told: string[] = [];
const invocations: Invocation[] = [];

beforeAll(async () => {
  dynamodb = await startDynamoDb(undefined, 'us-east-1');
  client = new DynamoDBClient({ endpoint: dynamodb.url, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
});
afterAll(async () => {
  client.destroy();
  await dynamodb.stop();
});

beforeEach(async () => {
  table = `rows-${++tables}`;
  for (const list of [trimmed, told, invocations]) list.length = 0;
  const input: CreateTableCommandInput = {
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  };
  await dynamodb.createTable(input);
  await dynamodb.beginStream(table);
  sources = new EventSources(new StreamsClient(dynamodb.url), (_, upTo) => void trimmed.push(upTo));
});
afterEach(() => sources.stop());

async function put(...keys: string[]): Promise<void> {
  for (const pk of keys) await client.send(new PutItemCommand({ TableName: table, Item: { pk: { S: pk } } }));
}

interface Event {
  readonly Records: readonly {
    readonly dynamodb: { readonly SequenceNumber: string; readonly Keys: { readonly pk: { readonly S: string } } };
  }[];
}

/** Starts a source whose function answers each invocation by `answer`. */
function read(answer: (invocation: Invocation) => InvocationResult | Promise<InvocationResult>, more: Partial<EventSource> = {}): void {
  const invoke = async (payload: string) => {
    const { Records } = JSON.parse(payload) as Event;
    const invocation = {
      keys: Records.map(({ dynamodb: { Keys } }) => Keys.pk.S),
      numbers: Records.map(({ dynamodb: { SequenceNumber } }) => SequenceNumber),
    };
    invocations.push(invocation);
    return answer(invocation);
  };
  sources.set('mapping', {
    ...{ table, arn: `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/stream/x`, region: 'us-east-1', from: 'TRIM_HORIZON' },
    ...{ batchSize: 10, windowMs: 0, parallelization: 1, bisects: false, reportsFailures: false },
    mayRead: () => true,
    fn: () => ({ invoke }) as unknown as LocalFunction,
    tell: (what) => void told.push(what),
    ...more,
  });
}

const TAKEN: InvocationResult = { payload: 'null' };
const FAILED: InvocationResult = { payload: '{}', error: 'Unhandled' };
const seen = () => invocations.map(({ keys }) => keys.join(''));
const settled = (expected: readonly string[]) =>
  eventually(() => (seen().join(' ') === expected.join(' ') && trimmed.length > 0 ? true : undefined), 10_000);

test('hands batches over in order, and what was taken may go', async () => {
  await put('a', 'b', 'c', 'd', 'e');
  read(() => TAKEN, { batchSize: 2 });
  await settled(['ab', 'cd', 'e']);
  expect(seen()).toEqual(['ab', 'cd', 'e']);
  expect(await eventually(() => trimmed.at(-1) === invocations.at(-1)?.numbers.at(-1) || undefined, 5_000)).toBe(true);
});

test('a batch that fails comes again, whole', async () => {
  await put('a', 'b');
  read(() => (invocations.length < 3 ? FAILED : TAKEN));
  await settled(['ab', 'ab', 'ab']);
  expect(seen()).toEqual(['ab', 'ab', 'ab']);
});

test('is cut in halves where it says so, until the one that fails is alone; that one is given up and told of', async () => {
  await put('a', 'b', 'c', 'd');
  read(({ keys }) => (keys.includes('c') ? FAILED : TAKEN), { bisects: true, retries: 2 });
  await settled(['abcd', 'ab', 'cd', 'c', 'd']);
  expect(seen()).toEqual(['abcd', 'ab', 'cd', 'c', 'd']);
  expect(told).toEqual([`1 records of ${table} were given up after 3 attempts`]);
});

test('goes on from the record that the function names', async () => {
  await put('a', 'b', 'c');
  const failAtB = ({ keys, numbers }: Invocation): InvocationResult => {
    const itemIdentifier = numbers[keys.indexOf('b')];
    return { payload: JSON.stringify({ batchItemFailures: invocations.length === 1 ? [{ itemIdentifier }] : [] }) };
  };
  read(failAtB, { reportsFailures: true });
  await settled(['abc', 'bc']);
  expect(seen()).toEqual(['abc', 'bc']);
});

test('gives up what has become too old', async () => {
  await put('a');
  read(() => FAILED, { oldestMs: -1 });
  await eventually(() => told[0], 10_000);
  expect(told).toEqual([`1 records of ${table} were given up after 1 attempts`]);
});

test('reads several batches of a shard at once, each item in order', async () => {
  const keys = Array.from({ length: 40 }, (_, at) => `k${at % 8}`);
  for (const [at, pk] of keys.entries())
    await client.send(new PutItemCommand({ TableName: table, Item: { pk: { S: pk }, at: { N: String(at) } } }));
  let atOnce = 0;
  let most = 0;
  const slow = async (): Promise<InvocationResult> => {
    most = Math.max(most, ++atOnce);
    await new Promise((next) => setTimeout(next, 5));
    atOnce--;
    return TAKEN;
  };
  read(slow, { parallelization: 4, batchSize: 10 });
  await eventually(() => (invocations.flatMap((each) => each.keys).length === 40 ? true : undefined), 10_000);
  expect(most).toBeGreaterThan(1);
  for (const key of new Set(keys)) {
    const numbers = invocations.flatMap((each) => each.numbers.filter((_, at) => each.keys[at] === key));
    expect([...numbers].sort()).toEqual(numbers);
  }
});

test('reads nothing of before where it begins at the end', async () => {
  await put('a');
  read(() => TAKEN, { from: 'LATEST' });
  await eventually(() => trimmed[0], 10_000);
  await put('b');
  await eventually(() => invocations[0], 10_000);
  expect(seen()).toEqual(['b']);
});
