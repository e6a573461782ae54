import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { candidateKeys, LedgerReader, type RowFilter } from '../../ledger/ledger-reader';
import { LedgerTable } from '../../ledger/ledger-table';
import { type LedgerRow, ledgerKey } from '../../ledger/row';
import { sdkTable } from '../../ledger/table/sdk-table';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../local/dynamodb/embedded-dynamodb';

let dynamodb: EmbeddedDynamoDb;
let client: DynamoDBClient;
let reader: LedgerReader;

beforeAll(async () => {
  dynamodb = await startDynamoDb(undefined, 'us-east-1');
  client = new DynamoDBClient({ endpoint: dynamodb.url, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  await dynamodb.createTable({
    TableName: 'ledger',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  });
  const table = new LedgerTable(sdkTable(client), 'ledger');
  for (const row of ROWS) await table.append(row);
  reader = new LedgerReader(client, 'ledger');
});
afterAll(async () => {
  client.destroy();
  await dynamodb.stop();
});

function row(at: number, more: Partial<LedgerRow>): LedgerRow {
  const base = {
    callId: `c-${at}`,
    server: 'payments',
    agent: 'a-1',
    issuer: 'i',
    subject: 's',
    tool: 'transfer',
    argumentsDigest: 'd',
    arguments: '{}',
  };
  const call = {
    ...base,
    stateChanging: true,
    state: 'confirmed',
    fence: `f-${at}`,
    owner: 'g',
    claimedAt: at,
    leaseUntil: 0,
    ...more,
  } as const;
  const name = call.idempotencyKey === undefined ? `c:${call.callId}` : `k:${call.idempotencyKey}`;
  return { pk: ledgerKey(call.server, call.agent, name), ...call };
}

const ROWS: readonly LedgerRow[] = [
  row(1_000, { idempotencyKey: 'order-17' }),
  row(2_000, { idempotencyKey: 'order-17', agent: 'a-2' }),
  row(3_000, { server: 'notes', tool: 'add', task: 'report' }),
  row(4_000, { state: 'failed', task: 'report' }),
];

const GRANTS = Array.from({ length: 300 }, (_, at) => ({ server: at % 2 === 0 ? 'payments' : 'notes', agent: `a-${at}` }));

test('a call is found by its name alone, of whichever agent and server', async () => {
  const find = async (name: string, grants = [...GRANTS, { server: 'payments', agent: 'a-1' }]) =>
    (await reader.rowsOf(candidateKeys(name, grants))).map(({ callId }) => callId).sort();
  expect(await find('order-17')).toEqual(['c-1000', 'c-2000']);
  expect(await find('c-4000')).toEqual(['c-4000']);
  expect(await find('order-18')).toEqual([]);
  expect(await find('order-17', [{ server: 'payments', agent: 'a-2' }])).toEqual(['c-2000']);
  expect(await find('order-17', [])).toEqual([]);
});

test.each<[RowFilter, string[]]>([
  [{}, ['c-1000', 'c-2000', 'c-3000', 'c-4000']],
  [{ agent: 'a-2' }, ['c-2000']],
  [{ task: 'report', server: 'payments' }, ['c-4000']],
  [{ tool: 'add' }, ['c-3000']],
  [{ state: 'failed' }, ['c-4000']],
  [{ since: 2_000, until: 4_000 }, ['c-2000', 'c-3000']],
  [{ server: 'nowhere' }, []],
])('of %j there are %j', async (filter, expected) => {
  const found: string[] = [];
  let looked = 0;
  for await (const page of reader.pages(filter)) {
    looked += page.looked;
    found.push(...page.rows.map(({ callId }) => callId));
  }
  expect([found.sort(), looked]).toEqual([expected, ROWS.length]);
});
