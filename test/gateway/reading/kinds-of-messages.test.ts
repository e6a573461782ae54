import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentId } from '../../../core/agent';
import { allow, grant, type Rig, startRig } from '../rig';
import { call, INITIALIZE, modern, modernHeaders, modernNotification } from './messages';
import { openSession, reachedServer, serving } from './serving';

let rig: Rig;
let session: string;

beforeAll(async () => {
  rig = await startRig({
    payments: {
      tools: { balance: { effect: 'read_only', key: 'fenced' } },
      methods: {
        'acme/lookup': { kind: 'request', readOnly: true },
        'acme/do': { kind: 'request' },
        'acme/hint': { kind: 'notification' },
      },
    },
    old: {},
  });
  await allow(rig, 'support', 'payments', { tools: ['balance'], prompts: ['greet'] });
  await grant(rig, 'support', 'old', ['balance']);
  rig.upstream = serving();
  session = await openSession(rig, 'support', 'payments', INITIALIZE);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

const without = (message: object): object => Object.fromEntries(Object.entries(message).filter(([name]) => name !== 'id'));
const post = (body: object, headers: Record<string, string> = {}) => rig.post('support', 'payments', body, headers);

describe('a request of the protocol that comes without an id is taken as a notification, and dropped:', () => {
  test.each<[string, object, Record<string, string>]>([
    ['a call', without(call('balance')), {}],
    ['a call of a tool that is not granted', without(call('admin')), {}],
    ['a call with a key', without(call('admin', {}, 'k-1')), {}],
    ['a modern call', modernNotification('tools/call', { name: 'admin' }), modernHeaders('tools/call', 'admin')],
    [
      'a modern call without the headers of one',
      modernNotification('tools/call', { name: 'admin' }),
      { 'mcp-protocol-version': '2026-07-28' },
    ],
    ['a list', { jsonrpc: '2.0', method: 'tools/list' }, {}],
    ['a read', { jsonrpc: '2.0', method: 'resources/read', params: { uri: 'file:///etc/passwd' } }, {}],
    ['a prompt', { jsonrpc: '2.0', method: 'prompts/get', params: { name: 'x' } }, {}],
    ['an opening', without(INITIALIZE), {}],
    ['a task’s end', { jsonrpc: '2.0', method: 'tasks/cancel', params: { taskId: 't' } }, {}],
    ['an operator’s own request', { jsonrpc: '2.0', method: 'acme/do' }, {}],
    ['a method of nobody', { jsonrpc: '2.0', method: 'admin/run' }, {}],
    ['a notification of a server', { jsonrpc: '2.0', method: 'notifications/tools/list_changed' }, {}],
    ['a notification of another era', modernNotification('notifications/initialized'), { 'mcp-protocol-version': '2026-07-28' }],
    ['a name of every object', { jsonrpc: '2.0', method: 'constructor' }, {}],
  ])('%s', async (_, body, headers) => {
    const response = await post(body, headers);
    expect([response.status, await response.text()]).toEqual([202, '']);
    expect(reachedServer(rig)).toEqual([]);
    expect(await rig.rows()).toEqual([]);
  });

  test('in a session, too, and where the server would break the connection', async () => {
    rig.upstream = (request) => request.socket.destroy();
    const response = await post(without(call('admin')), { 'mcp-session-id': session });
    expect(response.status).toBe(202);
    expect(reachedServer(rig)).toEqual([]);
  });

  test('in a batch, beside a call that runs and has a row', async () => {
    rig.upstream = serving({
      initialize: (_, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 'task-1', 'mcp-session-id': 'old-1' })
          .end(
            `{"jsonrpc":"2.0","id":${JSON.parse(rig.reached.at(-1)?.body ?? '').id},"result":{"protocolVersion":"2025-03-26","capabilities":{}}}`,
          ),
    });
    const old = await openSession(rig, 'support', 'old', INITIALIZE);
    rig.reached.length = 0;
    const response = await rig.post('support', 'old', [without(call('admin')), call('balance', {}, undefined, 7)], {
      'mcp-session-id': old,
    });
    expect(await response.json()).toMatchObject([{ id: 7, result: { content: [{ text: 'done' }] } }]);
    expect(reachedServer(rig)).toEqual(['tools/call balance']);
    expect((await rig.rows()).map(({ tool, server }) => `${server} ${tool}`)).toEqual(['old balance']);
  });
});

describe('a request that the table does not have is answered as SDK servers do, and never DENIED:', () => {
  test.each<[string, string]>([
    ['a method of nobody', 'admin/run'],
    ['one of another era', 'server/discover'],
    ['one that only servers say', 'sampling/createMessage'],
    ['a notification with an id', 'notifications/initialized'],
    ['a notification of nobody', 'notifications/admin'],
    ['a method in another case', 'Tools/Call'],
    ['a method with space around it', ' tools/call'],
    ['a name of every object', '__proto__'],
    ['another one', 'toString'],
    ['an operator’s notification with an id', 'acme/hint'],
    ['nothing', ''],
  ])('%s, in the legacy era on 200', async (_, method) => {
    const answer = await rig.ask('support', 'payments', { jsonrpc: '2.0', id: 'x', method });
    expect([answer.status, answer.id, answer.error.code]).toEqual([200, 'x', -32601]);
    expect(reachedServer(rig)).toEqual([]);
  });

  test.each(['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'admin/run', 'notifications/cancelled', 'tasks/result'])(
    '%s, in the modern era on 404',
    async (method) => {
      const answer = await rig.ask('support', 'payments', modern(method), modernHeaders(method));
      expect([answer.status, answer.id, answer.error.code]).toEqual([404, 1, -32601]);
      expect(reachedServer(rig)).toEqual([]);
    },
  );
});

describe('what an operator adds passes', () => {
  test('in both eras', async () => {
    await rig.ask('support', 'payments', { jsonrpc: '2.0', id: 1, method: 'acme/lookup', params: { q: 1 } });
    await rig.ask('support', 'payments', modern('acme/do'), modernHeaders('acme/do'));
    const response = await post({ jsonrpc: '2.0', method: 'acme/hint' });
    expect(response.status).toBe(202);
    expect(reachedServer(rig)).toEqual(['acme/lookup', 'acme/do', 'acme/hint']);
  });

  test('for the server that it is declared for, and no other', async () => {
    expect((await rig.ask('support', 'old', { jsonrpc: '2.0', id: 1, method: 'acme/lookup' })).error.code).toBe(-32601);
    expect(reachedServer(rig)).toEqual([]);
  });
});

describe('where the connection drops', () => {
  const dropping: Rig['upstream'] = (request) => request.socket.destroy();

  test.each<[string, object]>([
    ['a call that may change something', call('transfer')],
    ['a method of the operator’s that nobody calls a read', { jsonrpc: '2.0', id: 1, method: 'acme/do' }],
    ['a notification of the operator’s', { jsonrpc: '2.0', method: 'acme/hint' }],
    ['an answer to the server', { jsonrpc: '2.0', id: 5, result: {} }],
  ])('%s is sent once', async (_, body) => {
    await grant(rig, 'treasury', 'payments', ['*']);
    rig.upstream = dropping;
    await (await rig.post('treasury', 'payments', body)).text();
    expect(rig.reached).toHaveLength(1);
  });

  test('what changes the state of a task is sent once', async () => {
    const agent = agentId({ issuer: rig.gateway.config.identity.issuer, subject: 'support' });
    await rig.gateway.openTasks.note({ server: 'payments', agent, pk: 'row', fence: 'fence' }, 't', Date.now() + 60_000);
    rig.upstream = dropping;
    const answer = await rig.ask(
      'support',
      'payments',
      modern('tasks/update', { taskId: 't', inputResponses: {} }),
      modernHeaders('tasks/update', 't'),
    );
    expect(answer.error.data).toMatchObject({ outcome: 'unknown' });
    expect(rig.reached).toHaveLength(1);
  });

  test.each<[string, object]>([
    ['a call of a tool that only reads', call('balance')],
    ['a list', { jsonrpc: '2.0', id: 1, method: 'tools/list' }],
    ['a completion', { jsonrpc: '2.0', id: 1, method: 'completion/complete', params: { ref: { type: 'ref/prompt', name: 'greet' } } }],
    ['what an operator calls a read', { jsonrpc: '2.0', id: 1, method: 'acme/lookup' }],
    ['what may be said twice', { jsonrpc: '2.0', method: 'notifications/initialized' }],
  ])('%s is sent again', async (_, body) => {
    const answering = serving();
    rig.upstream = (request, response, text) => (rig.reached.length === 1 ? request.socket.destroy() : answering(request, response, text));
    const response = await post(body);
    expect(response.status).toBeLessThan(300);
    await response.text();
    expect(rig.reached).toHaveLength(2);
  });
});
