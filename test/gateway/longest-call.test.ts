import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { grant, type Rig, startRig } from './rig';

const RECOVERY = { attempts: 3, seconds: 5 };
const LIMITED = { longestCallSeconds: 1, recovery: RECOVERY, tools: { report: { effect: 'read_only', key: 'fenced' } } } as const;

let rig: Rig;
let remote: Server;
let gets: number;

beforeAll(async () => {
  remote = createServer(async (request, response) => {
    if (request.method === 'POST') {
      let body = '';
      for await (const chunk of request) body += chunk;
      const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'r', version: '1' } };
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'theirs' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, result }));
      return;
    }
    gets++;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 7\ndata: \n\n');
  }).listen(0, '127.0.0.1');
  await once(remote, 'listening');
  const remoteUrl = `http://127.0.0.1:${(remote.address() as AddressInfo).port}/mcp`;
  rig = await startRig({ limited: LIMITED, listened: { listenSeconds: 0.2 }, remote: { remoteUrl, streamAgeSeconds: 0.2 } });
  for (const server of ['limited', 'listened', 'remote']) await grant(rig, 'support', server, ['*']);
});
afterAll(async () => {
  await rig.stop();
  remote.closeAllConnections();
  remote.close();
});
beforeEach(() => {
  gets = 0;
  rig.reached.length = 0;
});

const call = (name: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });
const calls = () => rig.reached.filter(({ body }) => body.includes('tools/call')).length;

test.each([
  ['says nothing', 'transfer', () => undefined],
  ['says that it still works, for ever', 'refund', (write: (text: string) => boolean) => write(': still at it\n\n')],
])('a server that %s is waited for as long as it may take, and no longer', async (_, tool, say) => {
  rig.upstream = async (_request, response) => {
    const write = (text: string): boolean => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
      return response.write(text);
    };
    while (!response.destroyed) {
      say(write);
      await delay(50);
    }
  };
  const { error } = await rig.ask('support', 'limited', call(tool));
  expect(error.data).toMatchObject({ error: 'OUTCOME_UNKNOWN', outcome: 'unknown', retry: 'same_key' });
  expect(error.data.reason).toMatch(/within 1 s/);
  expect(calls()).toBe(1);
  const [row] = (await rig.rows()).filter((one) => one.tool === tool);
  // The lease of a claim is as long as its server may take, and a minute.
  expect((row?.leaseUntil ?? 0) - (row?.claimedAt ?? 0)).toBe(61_000);
});

test('a read that took too long is not asked again: it would take as long', async () => {
  rig.upstream = () => undefined;
  const { error } = await rig.ask('support', 'limited', call('report'));
  expect(error.data).toMatchObject({ error: 'OUTCOME_UNKNOWN', retry: 'safe' });
  expect(calls()).toBe(1);
});

test('a listen stream that has come of age ends with its result', async () => {
  rig.upstream = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
    response.write(': hello\n\n');
  };
  const version = 'io.modelcontextprotocol/protocolVersion';
  const _meta = { [version]: '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
  const listen = { jsonrpc: '2.0', id: 4, method: 'subscriptions/listen', params: { notifications: { toolsListChanged: true }, _meta } };
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };
  const { id, result } = await rig.ask('support', 'listened', listen, headers);
  expect([id, result]).toMatchObject([4, { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': 4 } }]);
});

test('a GET stream of a server outside the fleet ends at its age, with the moment to come back', async () => {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
  const opened = await rig.post('support', 'remote', { jsonrpc: '2.0', id: 0, method: 'initialize', params });
  await opened.text();
  const response = await fetch(`${rig.url}/remote/mcp`, {
    headers: {
      authorization: `Bearer ${await rig.token('support')}`,
      accept: 'text/event-stream',
      'mcp-session-id': opened.headers.get('mcp-session-id') as string,
      'mcp-protocol-version': '2025-11-25',
    },
  });
  expect(response.status).toBe(200);
  expect(await response.text()).toMatch(/retry: 250\n\n$/);
  expect(gets).toBe(1);
});
