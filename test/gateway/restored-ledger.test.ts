import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Ledger } from '../../ledger/ledger';
import { LedgerTable } from '../../ledger/ledger-table';
import { OrdersItem } from '../../ledger/orders-item';
import type { LedgerRow } from '../../ledger/row';
import { sdkTable } from '../../ledger/table/sdk-table';
import { answer, grant, type Rig, startRig } from './rig';

const LIFETIME_MS = 24 * 3_600_000;

let rig: Rig;
let tables: DynamoDBClient;
let orders: OrdersItem;
/** Executions by tool. */
let executed: string[];
/** What the declared read finds. */
let found: number;

beforeAll(async () => {
  const reconcile = { tool: 'find', arguments: '{}', landed: 'result.count > 0', notLanded: 'result.count = 0', effectSeconds: 0 };
  const tools = {
    find: { effect: 'read_only', key: 'fenced' },
    pay: { effect: 'state_changing', key: 'required', reconcile },
  } as const;
  rig = await startRig({ payments: { tools } }, {}, { keyLifetimeSeconds: LIFETIME_MS / 1_000 });
  await grant(rig, 'treasury', 'payments', ['*']);
  tables = new DynamoDBClient({ endpoint: rig.tablesUrl, region: 'eu-central-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  orders = new OrdersItem(sdkTable(tables), 'allowlist');
});
afterAll(async () => {
  tables.destroy();
  await rig.stop();
});
beforeEach(async () => {
  executed = [];
  found = 0;
  rig.skewMs = 0;
  await orders.endEpoch();
  await until(() => rig.gateway.orders.forgottenIn({}) === undefined);
  rig.upstream = (_, response, body) => {
    const { name } = JSON.parse(body).params as { name?: string };
    if (name !== undefined && name !== 'find') executed.push(name);
    answer(response, { jsonrpc: '2.0', result: { content: [], count: found } });
  };
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

const call = (name: string, key?: string, args: object = {}) => {
  const _meta = key === undefined ? {} : { _meta: { 'cdk-mcp-fleet/idempotencyKey': key } };
  return rig.ask('treasury', 'payments', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, ..._meta } });
};
const stampOf = async (reply: ReturnType<typeof call>) => (await reply).result._meta['cdk-mcp-fleet/call'];
const rowOf = async (key: string) => (await rig.rows()).find(({ pk }) => pk.endsWith(`#k:${key}`)) as LedgerRow;

/** What a backup of now brings back, after some more was done. */
async function restoreAfter(work: () => Promise<unknown>): Promise<void> {
  const from = Date.now();
  const before = new Map((await rig.rows()).map((row) => [row.pk, row]));
  await work();
  const ledger = new LedgerTable(sdkTable(tables), 'ledger');
  for (const { pk } of await rig.rows()) {
    await tables.send(new DeleteItemCommand({ TableName: 'ledger', Key: { pk: { S: pk } } }));
    const row = before.get(pk);
    if (row !== undefined) await ledger.append(row);
  }
  await orders.begin({ from, until: Date.now(), by: 'ada' });
  await until(() => rig.gateway.orders.forgottenIn({}) !== undefined);
}

test('a forgotten key is unknown and not executed again; one that is known is answered, and one made later runs', async () => {
  await call('transfer', 'known');
  await restoreAfter(() => call('transfer', 'forgotten'));
  expect(executed).toHaveLength(2);
  expect(await stampOf(call('transfer', 'known'))).toMatchObject({ replayed: true });
  const refused = await call('transfer', 'forgotten');
  expect(refused.error).toMatchObject({ code: 504, data: { outcome: 'unknown', retry: 'same_key' } });
  expect(refused.error.data.reason).toMatch(/the ledger was restored to .*; it is not sent again/);
  expect(await rowOf('forgotten')).toMatchObject({ state: 'unknown', unsettled: 'payments#unknown' });
  expect((await call('transfer', 'a new one that does not say so')).error).toMatchObject({ code: 504 });
  rig.skewMs = 11 * 60_000;
  const hex = rig.gateway.now().toString(16).padStart(12, '0');
  const made = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
  expect(await stampOf(call('transfer', made))).toMatchObject({ outcome: 'confirmed', replayed: false });
  expect(executed).toHaveLength(3);
});

test('what had ended without an execution at the restore point may have been executed after it', async () => {
  rig.upstream = (_, response) => response.writeHead(503, { 'mcp-fleet-instance': 't', 'mcp-fleet-reason': 'at_capacity' }).end();
  expect((await call('transfer', 'tried')).error).toMatchObject({ code: 503 });
  rig.upstream = (_, response) => {
    executed.push('transfer');
    answer(response, { jsonrpc: '2.0', result: { content: [] } });
  };
  await restoreAfter(() => call('transfer', 'tried'));
  expect(await rowOf('tried')).toMatchObject({ state: 'not_executed' });
  expect((await call('transfer', 'tried')).error).toMatchObject({ code: 504 });
  expect(executed).toHaveLength(1);
});

test('a person settles it, and so does a declared read', async () => {
  await restoreAfter(() => call('pay', 'paid'));
  expect((await call('transfer', 'by hand')).error).toMatchObject({ code: 504 });
  const ledger = new Ledger(new LedgerTable(sdkTable(tables), 'ledger'), { name: 'ada', now: Date.now });
  await ledger.resolve(await rowOf('by hand'), {
    outcome: 'not_executed',
    resolvedBy: 'ada',
    resolvedAt: 1,
    resolutionReason: 'not there',
  });
  expect(await stampOf(call('transfer', 'by hand'))).toMatchObject({ outcome: 'confirmed', replayed: false });

  found = 1;
  expect(await stampOf(call('pay', 'paid'))).toMatchObject({ outcome: 'confirmed', replayed: true });
  found = 0;
  expect((await call('pay', 'not paid')).error).toMatchObject({ code: 504 });
  rig.skewMs = 21_000;
  expect(await stampOf(call('pay', 'not paid'))).toMatchObject({ outcome: 'confirmed', replayed: false });
  expect(executed).toEqual(['pay', 'transfer', 'pay']);
});

test('a call without a key whose fence stands and whose row is gone is unknown', async () => {
  await restoreAfter(async () => {
    rig.upstream = (request) => {
      executed.push('transfer');
      request.socket.destroy();
    };
    expect((await call('transfer', undefined, { to: 'lost' })).error).toMatchObject({ code: 504 });
  });
  expect((await call('transfer', undefined, { to: 'lost' })).error).toMatchObject({ code: 504 });
  expect(executed).toHaveLength(1);
});

test('it is over when every forgotten key has expired', async () => {
  await restoreAfter(() => call('transfer', 'old'));
  rig.skewMs = LIFETIME_MS + 1_000;
  expect(await stampOf(call('transfer', 'old'))).toMatchObject({ outcome: 'confirmed', replayed: false });
});
