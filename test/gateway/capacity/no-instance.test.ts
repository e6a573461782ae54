import { afterEach, expect, test } from '@jest/globals';
import type { ServerConfig } from '../../../core/fleet-config';
import type { RpcAnswer } from '../rig';
import { headersOf, type SmallFleet, startSmallFleet } from './instances';

let fleet: SmallFleet;

afterEach(() => fleet.stop());

const start = async (instances: number, config: Partial<ServerConfig> = {}): Promise<void> => {
  fleet = await startSmallFleet({ instances, slots: 5 }, { scalesToZero: true, ...config });
};

const waiting = (): number => fleet.rig.gateway.seats.of('app').waiting;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((next) => setTimeout(next, 5));
}

/** What scaling does to the last one: the load balancer sends it nothing more, and it goes. */
async function takeAway(at: number): Promise<void> {
  await fleet.balancer.group.deregister(`task-${at}`, 0);
  await fleet.sidecars[at]?.close();
}

async function post(message: object, session?: string): Promise<Response> {
  const { id, method, params } = message as { id: unknown; method: string; params: { name?: string; _meta?: object } };
  const modern = params._meta !== undefined && 'io.modelcontextprotocol/protocolVersion' in params._meta;
  return fetch(`${fleet.gateways[0]}/app/mcp`, {
    method: 'POST',
    headers: {
      ...(await headersOf(fleet.rig, 'a')),
      'content-type': 'application/json',
      ...(session !== undefined && { 'mcp-session-id': session }),
      ...(modern && { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, 'mcp-name': params.name }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  });
}

const call = (name: string, meta: object = {}) => ({
  id: 1,
  method: 'tools/call',
  params: { name, arguments: {}, ...(Object.keys(meta).length > 0 && { _meta: meta }) },
});
const MODERN = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
const keyed = (key: string) => call('pay', { ...MODERN, 'cdk-mcp-fleet/idempotencyKey': key });

test('the first session waits until an instance is up, and counts as one that waits', async () => {
  await start(0);
  const opened = fleet.open(fleet.gateways[0]);
  await until(() => waiting() === 1);
  expect(fleet.asked()).toBe(0);
  await fleet.grow();
  const { status, headers } = await opened;
  expect([status, headers.get('mcp-session-id'), fleet.inUse()]).toEqual([200, expect.any(String), [1]]);
});

test('where that takes longer than it waits, it is told so, and when to come again', async () => {
  await start(0, { queue: { length: 10, seconds: 0.5 } });
  const refused = await fleet.open(fleet.gateways[0]);
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(await refused.json()).toMatchObject({
    error: {
      code: 503,
      data: {
        error: 'AT_CAPACITY',
        outcome: 'not_executed',
        retry: 'safe',
        reason: expect.stringMatching(/^no instance of "app" is up yet; one is started for those who wait, and none became free in/),
      },
    },
  });
});

test('a keyed write is written down when there is an instance to send it to, and runs once', async () => {
  await start(0);
  const written = post(keyed('k-1'));
  await until(() => waiting() === 1);
  expect(await fleet.rig.rows()).toEqual([]);
  await fleet.grow();
  await until(() => fleet.running() === 1);
  fleet.answerOne();
  expect(await (await written).json()).toMatchObject({ result: { _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed' } } } });
  // Its repetition needs no instance.
  await takeAway(0);
  fleet.rig.skewMs += 61_000;
  expect(await (await post(keyed('k-1'))).json()).toMatchObject({ result: { _meta: { 'cdk-mcp-fleet/call': { replayed: true } } } });
  // That it was asked for again has a row of its own.
  expect((await fleet.rig.rows()).map(({ state }) => state).sort()).toEqual(['confirmed', 'not_executed']);
});

test.each([
  ['has just gone', 0],
  ['went when nobody looked', 61_000],
])('an instance that %s is no reason to fail: the next one is waited for', async (_, quietMs) => {
  await start(1);
  expect((await fleet.open(fleet.gateways[0])).status).toBe(200);
  await takeAway(0);
  fleet.rig.skewMs += quietMs;
  const opened = fleet.open(fleet.gateways[0]);
  await until(() => waiting() === 1);
  await fleet.grow();
  expect((await opened).headers.get('mcp-session-id')).toEqual(expect.any(String));
  expect(fleet.inUse()[1]).toBe(1);
});

test('a session that is gone with the last instance is told of at once, and a new one waits', async () => {
  await start(1);
  const session = (await fleet.open(fleet.gateways[0])).headers.get('mcp-session-id') as string;
  await takeAway(0);
  const lost = await post(call('look'), session);
  expect([lost.status, waiting()]).toEqual([404, 0]);
});

test('a session that may be opened again is, when an instance is up', async () => {
  await start(1, { onLoss: 'restart' });
  const session = (await fleet.open(fleet.gateways[0])).headers.get('mcp-session-id') as string;
  await takeAway(0);
  const answered = post(call('look'), session);
  await until(() => waiting() === 1);
  await fleet.grow();
  await until(() => fleet.running() === 1);
  fleet.answerOne();
  const { result } = (await (await answered).json()) as RpcAnswer;
  expect(result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'confirmed', sessionRestored: true });
});

test('a server that always has an instance is not waited for where the load balancer has none', async () => {
  await start(0, { scalesToZero: false, recovery: { attempts: 2, seconds: 1 } });
  const refused = await fleet.open(fleet.gateways[0]);
  expect(await refused.json()).toMatchObject({ error: { code: 502, data: { error: 'NOT_DELIVERED', outcome: 'not_executed' } } });
});
