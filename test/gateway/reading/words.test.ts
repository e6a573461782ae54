import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { encodeHeaderValue } from '../../../core/param-headers';
import { answer, grant, type Rig, startRig, type Upstream } from '../rig';
import { call, modern, modernHeaders, modernNotification } from './messages';
import { RESULTS, reachedServer, says, serving } from './serving';

let rig: Rig;
let keys = 0;
beforeAll(async () => {
  rig = await startRig({ payments: { recovery: { attempts: 1, seconds: 1 } } });
  await grant(rig, 'support', 'payments', ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

describe('a modern notification', () => {
  const version = { 'mcp-protocol-version': '2026-07-28' };

  test.each([
    ['without Mcp-Method', version, 202],
    ['with the right one', { ...version, 'mcp-method': 'notifications/progress' }, 202],
    ['with another', { ...version, 'mcp-method': 'notifications/cancelled' }, 400],
    ['with one in another case', { ...version, 'mcp-method': 'Notifications/Progress' }, 400],
  ])('%s', async (_, headers, status) => {
    const body = modernNotification('notifications/progress', { progressToken: 1, progress: 1 });
    const response = await rig.post('support', 'payments', body, headers);
    expect(response.status).toBe(status);
    await response.text();
    expect(reachedServer(rig)).toHaveLength(status === 202 ? 1 : 0);
  });
});

describe('advice is true:', () => {
  test.each([
    ['an expired token', () => rig.token('support', { expiresIn: -60 })],
    ['a token for another audience', () => rig.token('support', { audience: 'https://else.test' })],
    ['no token that is one', async () => 'x'],
  ])('%s: a new one helps', async (_, token) => {
    const { status, error } = await rig.ask('support', 'payments', call('pay'), { authorization: `Bearer ${await token()}` });
    expect([status, error.data.retry, error.data.outcome]).toEqual([401, 'with_token', 'not_executed']);
    expect(error.message).toMatch(/get a new access token/);
  });

  test('an agent that may not: nothing helps', async () => {
    const { error } = await rig.ask('nobody', 'payments', call('pay'));
    expect(error.data).toMatchObject({ error: 'SERVER_DENIED', retry: 'never' });
  });
});

describe('the message alone says name, outcome and what to do, to clients that show no more:', () => {
  const lost: Upstream = (request, response, body) =>
    body.includes('tools/call') ? void request.socket.destroy() : serving()(request, response, body);
  const CLIENTS = {
    v1: () => new ClientV1({ name: 'agent', version: '1' }),
    v2: () => new ClientV2({ name: 'agent', version: '1' }),
  };

  test.each(['v1', 'v2'] as const)('a lost call, to an SDK client (%s)', async (version) => {
    rig.upstream = lost;
    const client = CLIENTS[version]();
    const url = new URL(`${rig.url}/payments/mcp`);
    const requestInit = { headers: { authorization: `Bearer ${await rig.token('support')}` } };
    if (client instanceof ClientV1) await client.connect(new TransportV1(url, { requestInit }));
    else await client.connect(new TransportV2(url, { requestInit }));
    try {
      await expect(client.callTool({ name: 'pay', arguments: { n: ++keys } })).rejects.toThrow(
        /OUTCOME_UNKNOWN: It may have happened.*do not repeat it with a new key; ask for its outcome/,
      );
    } finally {
      await client.close();
    }
  });

  test('a call that did not leave', async () => {
    rig.upstream = (_, response) => void response.writeHead(503).end();
    const { error } = await rig.ask('support', 'payments', call('pay', {}, `k-${++keys}`));
    expect(error.message).toMatch(/^NOT_DELIVERED: The call did not reach the server: .*; send it again$/);
  });
});

describe('probes of an era', () => {
  const LEGACY_REFUSAL = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Server not initialized"},"id":null}';

  test.each<[string, Upstream]>([
    ['as SDK servers do, on 400', says(LEGACY_REFUSAL, { status: 400 })],
    ['by "Method not found" on 200', says('{"jsonrpc":"2.0","id":$id,"error":{"code":-32601,"message":"Method not found"}}')],
    [
      'by "Method not found" on 404',
      says('{"jsonrpc":"2.0","id":$id,"error":{"code":-32601,"message":"Method not found"}}', { status: 404 }),
    ],
  ])('an SDK client (v2) that probes a legacy server, which refuses %s, opens a session', async (_, refusing) => {
    rig.upstream = serving({ 'server/discover': refusing });
    const client = new ClientV2({ name: 'agent', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const requestInit = { headers: { authorization: `Bearer ${await rig.token('support')}` } };
    await client.connect(new TransportV2(new URL(`${rig.url}/payments/mcp`), { requestInit }));
    try {
      expect(await client.callTool({ name: 'pay', arguments: { n: ++keys } })).toMatchObject({ content: [{ text: 'done' }] });
      expect(reachedServer(rig).slice(0, 2)).toEqual(['server/discover', 'initialize']);
    } finally {
      await client.close();
    }
  });

  test('and one that probes a modern server stays in that era', async () => {
    const result = {
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      ttlMs: 0,
      cacheScope: 'private',
    };
    rig.upstream = serving({
      'server/discover': (_, response) => answer(response, { jsonrpc: '2.0', result }),
      'tools/call': (_, response) => answer(response, { jsonrpc: '2.0', result: { resultType: 'complete', ...RESULTS['tools/call'] } }),
    });
    const client = new ClientV2({ name: 'agent', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const requestInit = { headers: { authorization: `Bearer ${await rig.token('support')}` } };
    await client.connect(new TransportV2(new URL(`${rig.url}/payments/mcp`), { requestInit }));
    try {
      expect(await client.callTool({ name: 'pay', arguments: { n: ++keys } })).toMatchObject({ content: [{ text: 'done' }] });
      expect(reachedServer(rig)).not.toContain('initialize');
    } finally {
      await client.close();
    }
  });
});

describe('any name that a server may list can be called:', () => {
  test.each([
    'files/read',
    'a.b-c_d',
    'with space',
    'Überweisung',
    '支払い',
    '😀',
    '..',
    '__proto__',
    'constructor',
    '#1',
    "'",
    '*',
    '=?base64?eA==?=',
  ])('%s', async (name) => {
    const legacy = await rig.ask('support', 'payments', call(name, { n: ++keys }));
    const headers = modernHeaders('tools/call', encodeHeaderValue(name));
    rig.upstream = serving({ 'tools/list': says('{"jsonrpc":"2.0","id":$id,"result":{"resultType":"complete","tools":[]}}') });
    const later = await rig.ask('support', 'payments', modern('tools/call', { name, arguments: { n: ++keys } }), headers);
    expect([legacy.result.content, later.result.content]).toEqual(Array(2).fill([{ type: 'text', text: 'done' }]));
    const rows = (await rig.rows()).filter(({ tool }) => tool === name);
    expect(rows.map(({ state }) => state)).toEqual(['confirmed', 'confirmed']);
  });
});
