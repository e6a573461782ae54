import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { INITIALIZE, modern, modernHeaders } from './reading/messages';
import { openSession } from './reading/serving';
import { allow, answer, grant, type Rig, startRig } from './rig';

let rig: Rig;

/** What the server lists; it has more than anybody is granted. */
const LISTS: Readonly<Record<string, object>> = {
  'resources/list': {
    resources: [{ uri: 'docs://a/1' }, { uri: 'docs://b/1' }, { uri: 'docs://a/../b/1' }, { name: 'no uri' }, 'docs://a/2'],
  },
  'resources/templates/list': { resourceTemplates: [{ uriTemplate: 'docs://a/{page}' }, { uriTemplate: 'docs://{team}/1' }] },
  'prompts/list': { prompts: [{ name: 'greet' }, { name: 'admin' }, { NAME: 'greet' }], nextCursor: 'more' },
  'tasks/list': { tasks: [{ taskId: 'own' }, { taskId: 'foreign' }] },
};

beforeAll(async () => {
  rig = await startRig({ docs: {} });
  await allow(rig, 'reader', 'docs', { tools: ['search'], resources: ['docs://a/*'], prompts: ['gr*'] });
  await allow(rig, 'caller', 'docs', { tools: ['*'] });
  await grant(rig, 'editor', 'docs', ['*']);
});
afterAll(() => rig.stop());

beforeEach(() => {
  rig.reached.length = 0;
  rig.upstream = (request, response, body) => {
    if (request.method !== 'POST') return answer(response, {});
    const { id, method, params } = JSON.parse(body);
    if (method === 'initialize')
      return answer(
        response,
        { jsonrpc: '2.0', id, result: { protocolVersion: '2025-11-25', capabilities: {} } },
        { 'mcp-session-id': 'u' },
      );
    if (method === 'tools/call')
      return answer(response, { jsonrpc: '2.0', id, result: { task: { taskId: params.name, status: 'working' } } });
    answer(response, { jsonrpc: '2.0', id, result: LISTS[method] ?? { contents: [{ uri: params.uri, text: 'words' }] } });
  };
});

const ask = (subject: string, method: string, params: object = {}) => rig.ask(subject, 'docs', { jsonrpc: '2.0', id: 1, method, params });
const rowOf = async (callId: unknown) => (await rig.rows()).find((row) => row.callId === callId);

const READ: [string, object] = ['resources/read', { uri: 'docs://a/1' }];
const SUBSCRIBE: [string, object] = ['resources/subscribe', { uri: 'docs://a/1' }];
const PROMPT: [string, object] = ['prompts/get', { name: 'greet', arguments: { who: 'x' } }];
const COMPLETE: [string, object] = [
  'completion/complete',
  { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: 'x' } },
];
const EXPAND: [string, object] = ['completion/complete', { ref: { type: 'ref/resource', uri: 'docs://a/{page}' }, argument: {} }];

describe.each([READ, SUBSCRIBE, PROMPT, COMPLETE, EXPAND])('%s', (method, params) => {
  test('that is granted is answered, and stands in the ledger with what it names and what came', async () => {
    const { result } = await ask('reader', method, { ...params, _meta: { 'cdk-mcp-fleet/taskId': 'report' } });
    const { callId } = result._meta['cdk-mcp-fleet/call'] as { callId: string };
    expect(await rowOf(callId)).toMatchObject({
      tool: method,
      method,
      arguments: JSON.stringify(params),
      subject: 'reader',
      task: 'report',
      state: 'confirmed',
      stateChanging: false,
      result: expect.stringContaining('words'),
    });
    expect(rig.reached).toHaveLength(1);
  });

  test('is closed to who may call every tool, and the refusal has a row', async () => {
    const { status, error } = await ask('caller', method, params);
    expect([status, error.data]).toMatchObject([200, { error: 'DENIED', outcome: 'not_executed', retry: 'never' }]);
    expect(await rowOf(error.data.callId)).toMatchObject({ tool: method, state: 'not_executed', arguments: JSON.stringify(params) });
    expect(rig.reached).toEqual([]);
  });
});

test.each<[string, string, object]>([
  ['another resource', 'resources/read', { uri: 'docs://b/1' }],
  ['a resource that a dot segment leads to', 'resources/read', { uri: 'docs://a/../b/1' }],
  ['the same with an escape', 'resources/read', { uri: 'docs://a/%2e%2e/b/1' }],
  ['the same with a backslash', 'resources/read', { uri: 'docs://a\\..\\b/1' }],
  ['a subscription to it', 'resources/subscribe', { uri: 'docs://a/../b/1' }],
  ['another prompt', 'prompts/get', { name: 'admin' }],
  ['a completion of another prompt', 'completion/complete', { ref: { type: 'ref/prompt', name: 'admin' } }],
  ['a completion of a wider template', 'completion/complete', { ref: { type: 'ref/resource', uri: 'docs://{team}/1' } }],
])('%s is refused to who has a part', async (_, method, params) => {
  const { error } = await ask('reader', method, params);
  expect(error.data).toMatchObject({ error: 'DENIED', callId: expect.any(String) });
  expect(rig.reached).toEqual([]);
});

test.each<[string, string, object]>([
  ['no URI', 'resources/read', {}],
  ['a URI that is a list', 'resources/read', { uri: ['docs://a/1'] }],
  ['no reference', 'completion/complete', {}],
  ['a reference of no kind', 'completion/complete', { ref: { type: 'ref/tool', name: 'greet' } }],
  ['a reference that names in two cases', 'completion/complete', { ref: { type: 'ref/prompt', name: 'greet', Name: 'admin' } }],
])('a request with %s is refused before anybody decides on it', async (_, method, params) => {
  const { status, error } = await ask('reader', method, params);
  expect([status, error.data.error]).toEqual([400, 'INVALID_PARAMS']);
  expect(rig.reached).toEqual([]);
});

describe('a list', () => {
  const listed = async (subject: string, method: string) => (await ask(subject, method)).result;

  test('of resources, templates and prompts has what is granted', async () => {
    expect(await listed('reader', 'resources/list')).toEqual({ resources: [{ uri: 'docs://a/1' }] });
    expect(await listed('reader', 'resources/templates/list')).toEqual({ resourceTemplates: [{ uriTemplate: 'docs://a/{page}' }] });
    expect(await listed('reader', 'prompts/list')).toEqual({ prompts: [{ name: 'greet' }], nextCursor: 'more' });
    expect(await listed('caller', 'resources/list')).toEqual({ resources: [] });
    expect(await listed('editor', 'resources/list')).toMatchObject({ resources: [{}, {}, {}] });
  });

  test('that depends on who asks is private in the modern era', async () => {
    const listedBy = async (subject: string) =>
      (await rig.ask(subject, 'docs', modern('prompts/list'), modernHeaders('prompts/list'))).result as object;
    expect(await listedBy('reader')).toHaveProperty('cacheScope', 'private');
    expect(await listedBy('editor')).not.toHaveProperty('cacheScope');
  });
});

describe('a modern subscription', () => {
  const listen = (notifications: object) =>
    rig.ask('reader', 'docs', modern('subscriptions/listen', { notifications }), modernHeaders('subscriptions/listen'));

  test('to what is granted goes on to the server', async () => {
    await listen({ toolsListChanged: true, resourceSubscriptions: ['docs://a/1'] });
    expect(rig.reached).toHaveLength(1);
  });

  test('to one resource that is not granted is refused, with a row', async () => {
    const { error } = await listen({ resourceSubscriptions: ['docs://a/1', 'docs://b/1'] });
    expect(error.data).toMatchObject({ error: 'DENIED' });
    expect(await rowOf(error.data.callId)).toMatchObject({ tool: 'subscriptions/listen', state: 'not_executed' });
    expect(rig.reached).toEqual([]);
  });
});

describe('tasks', () => {
  const begin = (subject: string, name: string) => ask(subject, 'tools/call', { name });

  test('of their own calls are asked about, listed and ended; those of others are refused, with a row', async () => {
    await begin('caller', 'own');
    await begin('editor', 'foreign');
    rig.reached.length = 0;
    expect((await ask('caller', 'tasks/list')).result).toEqual({ tasks: [{ taskId: 'own' }] });
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel'])
      expect((await ask('caller', method, { taskId: 'own' })).result).toBeDefined();
    const reached = rig.reached.length;
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
      const { error } = await ask('caller', method, { taskId: 'foreign' });
      expect(error.data).toMatchObject({ error: 'DENIED' });
      expect(await rowOf(error.data.callId)).toMatchObject({ tool: method, arguments: '{"taskId":"foreign"}', state: 'not_executed' });
    }
    expect(rig.reached).toHaveLength(reached);
  });

  test('that are asked about leave no rows but that of their call', async () => {
    const before = (await rig.rows()).length;
    await ask('caller', 'tasks/get', { taskId: 'own' });
    expect(await rig.rows()).toHaveLength(before);
  });
});

test('what a session has subscribed to is kept for its restoration', async () => {
  const session = await openSession(rig, 'reader', 'docs', INITIALIZE);
  await rig.ask('reader', 'docs', { jsonrpc: '2.0', id: 1, method: SUBSCRIBE[0], params: SUBSCRIBE[1] }, { 'mcp-session-id': session });
  expect((await rig.sessions()).flatMap(({ subscriptions }) => [...(subscriptions ?? [])])).toEqual(['docs://a/1']);
});
