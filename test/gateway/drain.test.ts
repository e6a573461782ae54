import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KEY_META } from '../../core/meta';
import { drain } from '../../gateway/drain';
import { createGatewayServer } from '../../gateway/http/server';
import type { LedgerRow } from '../../ledger/row';
import { answer, deferred, grant, type Rig, readRpc, startRig } from './rig';

let rig: Rig;
let server: ReturnType<typeof createGatewayServer>;
let url: string;

beforeEach(async () => {
  rig = await startRig({ payments: {} });
  await grant(rig, 'treasury', 'payments', ['*']);
  server = createGatewayServer(rig.gateway).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/payments/mcp`;
});
afterEach(() => rig.stop());

async function post(body: object, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
  const authorization = `Bearer ${await rig.token('treasury')}`;
  return fetch(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', accept: '*/*', ...headers },
    body: JSON.stringify(body),
    ...(signal !== undefined && { signal }),
  });
}

test('a call that is under way finishes, and then the replica is gone', async () => {
  const [reached, arrive] = deferred();
  const [released, release] = deferred();
  rig.upstream = async (_, response, body) => {
    arrive();
    await released;
    answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
  };
  const call = post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'transfer' } });
  await reached;
  const drained = drain(server, rig.gateway);
  release();
  expect(readRpc(await (await call).text())).toMatchObject({ result: { content: [] } });
  await drained;
  await expect(fetch(url)).rejects.toThrow();
});

test('a claimed call whose caller has left is settled before the replica is gone', async () => {
  const [reached, arrive] = deferred();
  const [released, release] = deferred();
  rig.upstream = async (_, response, body) => {
    arrive();
    await released;
    answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
  };
  const leaves = new AbortController();
  const call = post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'transfer' } }, {}, leaves.signal).catch(() => 'left');
  await reached;
  leaves.abort();
  await call;
  while (!rig.gateway.admission.underWay.every(({ exchange }) => exchange.gone.over)) await new Promise((next) => setImmediate(next));
  const drained = drain(server, rig.gateway);
  release();
  await drained;
  expect(await rig.rows()).toEqual([expect.objectContaining({ tool: 'transfer', state: 'confirmed' })]);
});

test('a replica that serves nothing is gone at once', async () => {
  await drain(server, rig.gateway, 0);
  await expect(fetch(url)).rejects.toThrow();
});

test('a listen stream ends with its result', async () => {
  const params = { notifications: {}, _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } };
  rig.upstream = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
    response.write('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged"}\n\n');
  };
  const listen = await post(
    { jsonrpc: '2.0', id: 'sub', method: 'subscriptions/listen', params },
    { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' },
  );
  await drain(server, rig.gateway);
  expect(readRpc(await listen.text())).toEqual({
    jsonrpc: '2.0',
    id: 'sub',
    result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': 'sub' } },
  });
});

describe('a call that takes too long', () => {
  const transfer = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'transfer', _meta: { [KEY_META]: 'k-1' } } };
  /** Ends the replica in the middle of the call, and gives its row. */
  async function drainBehindIt(): Promise<LedgerRow> {
    const [reached, arrive] = deferred();
    rig.upstream = () => arrive(); // never answers
    const call = post(transfer);
    await reached;
    await drain(server, rig.gateway, 100);
    await expect(call.then((response) => response.text())).rejects.toThrow();
    const [row] = (await rig.rows()) as [LedgerRow];
    return row;
  }

  test('is unknown in the ledger when the replica is gone, and who asks with its key has the answer that its instance has kept', async () => {
    const row = await drainBehindIt();
    expect(row).toMatchObject({ tool: 'transfer', state: 'unknown', reason: 'its gateway ended before its answer came' });
    rig.kept.set(row.callId, JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [] } }));
    expect(await rig.ask('treasury', 'payments', transfer)).toMatchObject({
      result: { _meta: { 'cdk-mcp-fleet/call': { callId: row.callId, outcome: 'confirmed', replayed: true } } },
    });
    expect(rig.reached).toHaveLength(1);
  });

  test('is waited for by who asks, while its instance works on it', async () => {
    const row = await drainBehindIt();
    rig.kept.set(row.callId, 'running');
    const asking = rig.ask('treasury', 'payments', transfer);
    await askedTwice(row.callId);
    rig.kept.set(row.callId, JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [] } }));
    expect((await asking).result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'confirmed', replayed: true });
    expect(rig.reached).toHaveLength(1);
  });

  test('and nobody can tell of is told to be so at once', async () => {
    await drainBehindIt();
    expect((await rig.ask('treasury', 'payments', transfer)).error).toMatchObject({ code: 504, data: { outcome: 'unknown' } });
    expect(rig.reached).toHaveLength(1);
  });

  /** Whoever waits has been told that it runs. */
  async function askedTwice(callId: string): Promise<void> {
    const get = rig.kept.get.bind(rig.kept);
    const [twice, done] = deferred();
    let asked = 0;
    rig.kept.get = (id) => {
      if (id === callId && ++asked === 2) done();
      return get(id);
    };
    await twice;
  }
});
