import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FreezeScope } from '../../core/orders';
import { OrdersItem } from '../../ledger/orders-item';
import { sdkTable } from '../../ledger/table/sdk-table';
import { answer, deferred, grant, type Rig, startRig } from './rig';

let rig: Rig;
let tables: DynamoDBClient;
let orders: OrdersItem;
let executed: number;

beforeAll(async () => {
  const tools = {
    balance: { effect: 'read_only', key: 'fenced' },
    charge: { effect: 'state_changing', key: 'fenced', honoursKey: true },
  } as const;
  const methods = { 'acme/post': { kind: 'request' }, 'acme/look': { kind: 'request', readOnly: true } } as const;
  rig = await startRig({ payments: { tools, methods, outcomeTool: true }, notes: {} });
  for (const server of ['payments', 'notes']) await grant(rig, 'treasury', server, ['*']);
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  tables = new DynamoDBClient({ endpoint: rig.tablesUrl, region: 'eu-central-1', credentials });
  orders = new OrdersItem(sdkTable(tables), 'allowlist');
});
afterAll(async () => {
  tables.destroy();
  await rig.stop();
});
beforeEach(() => {
  executed = 0;
  rig.upstream = (_, response) => {
    executed++;
    answer(response, { jsonrpc: '2.0', result: { content: [] } });
  };
});

const call = (name: string, key?: string, args: object = {}, server = 'payments') => {
  const _meta = key === undefined ? {} : { _meta: { 'cdk-mcp-fleet/idempotencyKey': key } };
  return rig.ask('treasury', server, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, ..._meta } });
};

/** Resolves when the gateway knows it. */
async function freeze(scope: FreezeScope, server = 'payments', tool = 'transfer'): Promise<void> {
  await orders.freeze({ ...scope, at: Date.now(), by: 'ada', reason: 'the bank asks us to wait' });
  await until(() => rig.gateway.orders.refusalOf({ server, tool })?.kind === 'FROZEN');
}

async function lift(scope: FreezeScope, server = 'payments', tool = 'transfer'): Promise<void> {
  await orders.lift(scope);
  await until(() => rig.gateway.orders.refusalOf({ server, tool }) === undefined);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('a method of the server’s own that changes something is refused as well, and one that reads is not', async () => {
  const say = (method: string) => rig.ask('treasury', 'payments', { jsonrpc: '2.0', id: 1, method, params: {} });
  await freeze({ server: 'payments' });
  expect((await say('acme/post')).error.data).toMatchObject({ error: 'FROZEN', outcome: 'not_executed' });
  expect(executed).toBe(0);
  expect((await say('acme/look')).result).toBeDefined();
  await lift({ server: 'payments' });
  expect((await say('acme/post')).result).toBeDefined();
});

test('what changes state is refused with a row and a reason, and what reads goes on; lifted, the same key runs', async () => {
  await freeze({ server: 'payments' });
  const refused = await call('transfer', 'order-1');
  expect(refused).toMatchObject({ status: 200, error: { code: 423, data: { error: 'FROZEN', outcome: 'not_executed', retry: 'later' } } });
  expect(refused.error.data.reason).toMatch(/ada has frozen "payments": the bank asks us to wait/);
  expect((await call('transfer')).error).toMatchObject({ code: 423 });
  expect(executed).toBe(0);
  const rows = (await rig.rows()).filter(({ reason }) => reason?.startsWith('FROZEN'));
  expect(rows).toMatchObject([
    { state: 'not_executed', tool: 'transfer', stateChanging: true },
    { state: 'not_executed', tool: 'transfer', stateChanging: true },
  ]);
  expect((await call('balance')).result).toBeDefined();
  expect((await call('transfer', 'note-1', {}, 'notes')).result).toBeDefined();
  await lift({ server: 'payments' });
  expect((await call('transfer', 'order-1')).result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'confirmed', replayed: false });
});

test('a settled key is answered, and so is who asks what became of it', async () => {
  await call('transfer', 'order-2');
  await freeze({});
  expect((await call('transfer', 'order-2')).result._meta['cdk-mcp-fleet/call']).toMatchObject({ replayed: true });
  expect((await call('transfer', 'order-2', { other: 1 })).error).toMatchObject({ code: 422 });
  expect((await call('fleet_call_outcome', undefined, { key: 'order-2' })).result.content).toBeDefined();
  expect(executed).toBe(1);
  await lift({});
});

test('one tool of every server: the others go on', async () => {
  await freeze({ tool: 'transfer' });
  expect((await call('transfer', 'order-3', {}, 'notes')).error).toMatchObject({ code: 423 });
  expect((await call('charge', 'order-3')).result).toBeDefined();
  await lift({ tool: 'transfer' });
});

test('a call without a key that repeats one whose caller has left is answered by that one', async () => {
  const [reached, arrive] = deferred();
  const [left, leave] = deferred();
  rig.upstream = async (_, response) => {
    executed++;
    arrive();
    await left;
    answer(response, { jsonrpc: '2.0', result: { content: [{ type: 'text', text: 'the first' }] } });
  };
  const leaving = new AbortController();
  const first = fetch(`${rig.url}/payments/mcp`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await rig.token('treasury')}`, 'content-type': 'application/json', accept: '*/*' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'transfer', arguments: { to: 'left' } } }),
    signal: leaving.signal,
  }).catch(() => undefined);
  await reached;
  await freeze({ server: 'payments' });
  leaving.abort();
  await first;
  leave();
  const again = await call('transfer', undefined, { to: 'left' });
  expect(again.result).toMatchObject({ content: [{ text: 'the first' }] });
  expect((await call('transfer', undefined, { to: 'new' })).error).toMatchObject({ code: 423 });
  expect(executed).toBe(1);
  await lift({ server: 'payments' });
});

test('a call whose answer was lost is not sent again, although its server would know it', async () => {
  rig.upstream = (request) => {
    executed++;
    request.socket.destroy();
  };
  expect((await call('charge', 'order-4')).error).toMatchObject({ code: 504 });
  const before = executed;
  await freeze({ server: 'payments' }, 'payments', 'charge');
  expect((await call('charge', 'order-4')).error).toMatchObject({ code: 504 });
  expect(executed).toBe(before);
  await lift({ server: 'payments' }, 'payments', 'charge');
});

test('a key that has become free while its caller waited does not begin', async () => {
  const [reached, arrive] = deferred();
  const [frozen, release] = deferred();
  rig.upstream = async (_, response) => {
    arrive();
    await frozen;
    response.writeHead(503, { 'mcp-fleet-instance': 't', 'mcp-fleet-reason': 'at_capacity' }).end();
  };
  const first = call('transfer', 'order-5');
  await reached;
  const second = call('transfer', 'order-5');
  await until(() => rig.gateway.running.count >= 2);
  await freeze({ server: 'payments' });
  release();
  expect((await first).error.data).toMatchObject({ outcome: 'not_executed' });
  expect((await second).error).toMatchObject({ code: 423 });
  await lift({ server: 'payments' });
});

test('who cannot tell whether there is a freeze begins nothing, and goes on reading', async () => {
  await tables.send(new DeleteTableCommand({ TableName: 'allowlist' }));
  await until(() => rig.gateway.orders.refusalOf({ server: 'payments', tool: 'transfer' }) !== undefined);
  const { error } = await call('transfer', 'order-6');
  expect(error).toMatchObject({ code: 507, data: { outcome: 'not_executed', retry: 'safe' } });
  expect((await call('balance')).result).toBeDefined();
});
