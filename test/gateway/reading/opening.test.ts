import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { OPENING_LIMIT_BYTES } from '../../../gateway/opening';
import { answer, askedId, deferred, grant, type Rig, startRig, type Upstream } from '../rig';
import { INITIALIZE } from './messages';
import { event, eventually, openSession, RESULTS, reachedServer, says, serving, stream } from './serving';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ payments: {}, abroad: { remoteUrl: 'http://127.0.0.1:9/mcp' } });
  Object.assign(rig.gateway.config.servers.abroad ?? {}, { remoteUrl: `${rig.gateway.config.serversUrl}/abroad/mcp` });
  for (const server of ['payments', 'abroad']) await grant(rig, 'support', server, ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
  rig.ledgerBreaks = false;
});

/** Opens at the server, whatever the rest does. */
const opening =
  (upstream: string): Upstream =>
  (_, response) =>
    answer(response, { jsonrpc: '2.0', result: RESULTS.initialize }, { 'mcp-session-id': upstream, 'set-cookie': 'AWSALB=here' });
const ended = (upstream: string): unknown =>
  expect.objectContaining({ line: expect.stringMatching(/^DELETE /), headers: expect.objectContaining({ 'mcp-session-id': upstream }) });
describe('what cannot be recorded is not opened:', () => {
  const info = { name: 'agent', version: '1' };
  test.each<[string, object]>([
    ['500 kB of clientInfo', { ...INITIALIZE.params, clientInfo: { ...info, name: 'n'.repeat(500_000) } }],
    ['a description of 70 kB', { ...INITIALIZE.params, clientInfo: { ...info, description: 'é'.repeat(35_000) } }],
    ['capabilities of 100 kB', { ...INITIALIZE.params, capabilities: { experimental: { x: 'x'.repeat(100_000) } } }],
    [
      'many small capabilities',
      { ...INITIALIZE.params, capabilities: Object.fromEntries(Array.from({ length: 9_000 }, (_, n) => [`c${n}`, {}])) },
    ],
    ['a _meta of 100 kB', { ...INITIALIZE.params, _meta: { 'x/y': 'x'.repeat(100_000) } }],
  ])('%s', async (_, params) => {
    const { status, error } = await rig.ask('support', 'payments', { ...INITIALIZE, params });
    expect([status, error.code, error.data.outcome]).toEqual([400, -32602, 'not_executed']);
    expect(reachedServer(rig)).toEqual([]);
    expect(await rig.sessions()).toEqual([]);
    expect(rig.gateway.holdings.bytes).toBe(0);
  });

  test('what is just small enough is opened and recorded', async () => {
    const left = OPENING_LIMIT_BYTES - JSON.stringify(INITIALIZE).length;
    const params = { ...INITIALIZE.params, clientInfo: { ...info, name: 'n'.repeat(left + info.name.length) } };
    const id = await openSession(rig, 'support', 'payments', { ...INITIALIZE, params });
    expect(id).not.toBe('');
    expect(await rig.sessions()).toHaveLength(1);
  });
});

describe('what was opened and cannot be told is closed at its server:', () => {
  test('where the directory does not take it', async () => {
    rig.upstream = serving({
      initialize: (...args) => {
        rig.ledgerBreaks = true;
        opening('lost-1')(...args);
      },
    });
    const { error } = await rig.ask('support', 'payments', INITIALIZE);
    expect(error.data.outcome).toBe('not_executed');
    await eventually(() => rig.reached.length > 1);
    expect(rig.reached.at(-1)).toEqual(ended('lost-1'));
  });

  test('where its id is too long to be sealed', async () => {
    rig.upstream = serving({ initialize: opening('s'.repeat(900)) });
    const { error } = await rig.ask('support', 'payments', INITIALIZE);
    expect(error.data.outcome).toBe('not_executed');
    await eventually(() => rig.reached.length > 1);
    expect(rig.reached.at(-1)).toEqual(ended('s'.repeat(900)));
  });

  test('where its caller has left', async () => {
    const [arrived, arrive] = deferred();
    const [left, leave] = deferred();
    rig.upstream = serving({
      initialize: async (...args) => {
        arrive();
        await left;
        opening('left-1')(...args);
      },
    });
    const leaving = new AbortController();
    const headers = {
      authorization: `Bearer ${await rig.token('support')}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const post = fetch(`${rig.url}/payments/mcp`, { method: 'POST', headers, body: JSON.stringify(INITIALIZE), signal: leaving.signal });
    await arrived;
    leaving.abort();
    await post.catch(() => undefined);
    await eventually(() => rig.gateway.admission.underWay.every(({ exchange }) => exchange.gone.over));
    leave();
    await eventually(() => rig.reached.length > 1);
    expect(rig.reached.at(-1)).toEqual(ended('left-1'));
    expect((await rig.sessions()).filter(({ upstream, closedAt }) => upstream === 'left-1' && closedAt === undefined)).toEqual([]);
  });

  test('where its answer names no revision', async () => {
    rig.upstream = serving({
      initialize: (_, response) => answer(response, { jsonrpc: '2.0', result: { capabilities: {} } }, { 'mcp-session-id': 'none-1' }),
    });
    const { error } = await rig.ask('support', 'payments', INITIALIZE);
    expect(error.data).toMatchObject({ error: 'SERVER_UNAVAILABLE', outcome: 'not_executed' });
    await eventually(() => rig.reached.length > 1);
    expect(rig.reached.at(-1)).toEqual(ended('none-1'));
  });

  test.each([
    ['longer than 512 characters', 's'.repeat(600)],
    ['no visible ASCII', 'a b'],
  ])('at a remote server whose id is %s, refused by name and at once', async (_, upstream) => {
    rig.upstream = serving({ initialize: opening(upstream) });
    const { error } = await rig.ask('support', 'abroad', INITIALIZE);
    expect(error.data).toMatchObject({
      error: 'SERVER_UNAVAILABLE',
      outcome: 'not_executed',
      reason: expect.stringContaining('session id'),
    });
    await eventually(() => rig.reached.length > 1);
    expect(rig.reached.map(({ line }) => line.split(' ')[0])).toEqual(['POST', 'DELETE']);
  });
});

describe('before the session stands', () => {
  const sayingFirst = (...messages: object[]): Upstream =>
    serving({
      initialize: (_, response) => {
        stream(response);
        response.write(messages.map((message) => event(message)).join(''));
        response.end(event({ jsonrpc: '2.0', id: askedId(response), result: RESULTS.initialize }));
      },
    });
  const PING = { jsonrpc: '2.0', id: 'p-1', method: 'ping' };
  const LOG = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'up' } };

  test('a ping is answered for the agent, who hears nothing of it', async () => {
    rig.upstream = sayingFirst(PING, { ...PING, id: 7 });
    const response = await rig.post('support', 'payments', INITIALIZE);
    expect(await response.json()).toMatchObject({ id: 0, result: RESULTS.initialize });
    await eventually(() => rig.reached.length === 3);
    expect(rig.reached.slice(1).map(({ body }) => JSON.parse(body))).toEqual([
      { jsonrpc: '2.0', id: 'p-1', result: {} },
      { jsonrpc: '2.0', id: 7, result: {} },
    ]);
  });

  test('what is logged waits behind the result', async () => {
    rig.upstream = sayingFirst(LOG, LOG);
    const text = await (await rig.post('support', 'payments', INITIALIZE)).text();
    const said = [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ''));
    expect(said).toMatchObject([{ id: 0, result: RESULTS.initialize }, LOG, LOG]);
  });

  test('nothing can be asked of the agent, and no response passes but its own', async () => {
    const asked = { jsonrpc: '2.0', id: 1, method: 'sampling/createMessage', params: {} };
    rig.upstream = sayingFirst(asked, { jsonrpc: '2.0', id: 0, result: { protocolVersion: '2025-11-25', capabilities: { forged: {} } } });
    const text = await (await rig.post('support', 'payments', INITIALIZE)).text();
    expect(text).not.toMatch(/sampling|forged/);
    expect(JSON.parse(text).result).toMatchObject(RESULTS.initialize as object);
  });
});

describe('where a server cannot be opened', () => {
  test('it is tried at few instances, and the answer is about the server and not about a call', async () => {
    rig.upstream = (_, response) =>
      response.writeHead(503, { 'mcp-fleet-instance': 'task-1', 'mcp-fleet-reason': 'server_unavailable' }).end('{}');
    const { status, error } = await rig.ask('support', 'payments', INITIALIZE);
    expect([status, error.data.error, error.data.outcome, error.data.retry]).toEqual([200, 'SERVER_UNAVAILABLE', 'not_executed', 'later']);
    expect(error.message).not.toMatch(/call/i);
    expect(rig.reached.length).toBeLessThanOrEqual(3);
  });

  test('because its process ends upon the request, it is tried twice; then the same request of the same agent is answered without', async () => {
    const ends = { 'mcp-fleet-instance': 'task-1', 'mcp-fleet-reason': 'server_ended' };
    rig.upstream = (_, response) => response.writeHead(503, ends).end('{}');
    const saying = (name: string) => ({ ...INITIALIZE, params: { ...INITIALIZE.params, clientInfo: { name, version: '1' } } });
    const poison = saying('poison');
    const first = await rig.ask('support', 'payments', poison);
    expect(first.error.data).toMatchObject({ error: 'SERVER_UNAVAILABLE', outcome: 'not_executed', retry: 'later', retryAfterMs: 30_000 });
    expect(first.error.message).toContain('2 processes of the server ended upon this initialize');
    expect(rig.reached).toHaveLength(2);

    const again = await rig.ask('support', 'payments', { ...poison, id: 7 });
    expect(again.error.data).toMatchObject({ error: 'SERVER_UNAVAILABLE', retry: 'later' });
    expect(rig.reached).toHaveLength(2);
    // Others, and other words, are not its victims.
    await rig.ask('support', 'payments', saying('something else'));
    expect(rig.reached).toHaveLength(4);
    rig.skewMs = 31_000;
    await rig.ask('support', 'payments', poison);
    expect(rig.reached).toHaveLength(6);
    rig.skewMs = 0;
  });

  test('and says so by a JSON-RPC error, the agent gets its words', async () => {
    rig.upstream = serving({ initialize: says('{"jsonrpc":"2.0","id":$id,"error":{"code":-32602,"message":"no such version"}}') });
    const { error } = await rig.ask('support', 'payments', INITIALIZE);
    expect(error).toEqual({ code: -32602, message: 'no such version' });
    expect(reachedServer(rig)).toEqual(['initialize']);
  });
});
