import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { drain } from '../../gateway/drain';
import { createGatewayServer } from '../../gateway/http/server';
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

async function post(body: object, headers: Record<string, string> = {}): Promise<Response> {
  const authorization = `Bearer ${await rig.token('treasury')}`;
  return fetch(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', accept: '*/*', ...headers },
    body: JSON.stringify(body),
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

test('a call that takes too long is left to the ledger', async () => {
  const [reached, arrive] = deferred();
  rig.upstream = () => arrive(); // never answers
  const call = post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'transfer' } });
  await reached;
  await drain(server, rig.gateway, 100);
  await expect(call.then((response) => response.text())).rejects.toThrow();
  expect(await rig.rows()).toEqual([expect.objectContaining({ tool: 'transfer', state: 'sent' })]);
});
