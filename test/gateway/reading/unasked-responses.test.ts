import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startCuttingProxy } from '../cutting-proxy';
import { answer, askedId, deferred, grant, type Rig, readRpc, startRig, type Upstream } from '../rig';
import { call, INITIALIZE, modern, modernHeaders } from './messages';
import { event, eventually, openSession, RESULTS, serving, stream } from './serving';

let rig: Rig;
let other: string;
let session: string;
beforeAll(async () => {
  rig = await startRig({ payments: { tools: { balance: { effect: 'read_only', key: 'fenced' } }, recovery: { attempts: 1, seconds: 1 } } });
  other = await rig.replica();
  await grant(rig, 'guest', 'payments', ['balance']);
  await grant(rig, 'support', 'payments', ['*']);
  rig.upstream = serving();
  session = await openSession(rig, 'guest', 'payments', INITIALIZE);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const listUnder = (id: unknown): object => ({ jsonrpc: '2.0', id, result: RESULTS['tools/list'] });
/** Answers a list on a stream: with these events, and then what may come. */
const streaming = (...events: ((id: unknown) => string)[]): Upstream =>
  serving({
    'tools/list': (_, response) => void stream(response).end(events.map((write) => write(askedId(response))).join('')),
  });
const namesIn = (result: { tools: { name: string }[] } | undefined): string[] | undefined => result?.tools.map(({ name }) => name);

describe('the gateway’s own id for a request', () => {
  test('is none that an agent gave, is told to no agent, and differs from one request to the next', async () => {
    const ids = new Set<unknown>();
    for (const id of [1, '1', 'x', 0, -7, 1]) {
      const response = await rig.ask('guest', 'payments', { ...LIST, id });
      expect(response.id).toBe(id);
      const sent = JSON.parse(rig.reached.at(-1)?.body ?? '') as { id: unknown };
      expect(Number.isSafeInteger(sent.id)).toBe(true);
      ids.add(sent.id);
    }
    expect(ids.size).toBe(6);
  });

  test.each<[string, string]>([
    ['a whole number', '7'],
    ['as text', '"7"'],
    ['zero', '0'],
    ['a fraction of nothing', '7.0'],
    ['a power', '1e3'],
    ['an empty text', '""'],
    ['escapes', '"\\u00e9\\u0022"'],
  ])('is given back as its agent wrote it: %s', async (_, id) => {
    const text = await (await rig.post('guest', 'payments', `{"jsonrpc":"2.0","id":${id},"method":"ping"}`)).text();
    expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', id: JSON.parse(id), result: {} });
  });

  test.each<[string, (id: unknown) => unknown]>([
    ['as it was sent', (id) => id],
    ['as text', (id) => String(id)],
  ])('is taken %s, and the list is filtered', async (_, spell) => {
    rig.upstream = streaming((id) => event(listUnder(spell(id))));
    expect(namesIn((await rig.ask('guest', 'payments', LIST)).result)).toEqual(['balance']);
    rig.upstream = serving({
      'tools/list': (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 't' })
          .end(JSON.stringify(listUnder(spell(askedId(response))))),
    });
    expect(namesIn((await rig.ask('guest', 'payments', LIST)).result)).toEqual(['balance']);
  });
});

/** Ids that are not the gateway's for the request. */
const FOREIGN: [string, (id: unknown) => unknown][] = [
  ['the agent’s own', () => 1],
  ['the agent’s own as text', () => '1'],
  ['null', () => null],
  ['another number', (id) => Number(id) + 1],
  ['the number with a zero before it', (id) => `0${id}`],
  ['the number with space around it', (id) => ` ${id}`],
  ['a list of it', (id) => [id]],
  ['an object', (id) => ({ id })],
  ['true', () => true],
];

describe('a response that is not the one to an open request does not leave:', () => {
  test.each(FOREIGN)('on a POST stream, under %s', async (_, spell) => {
    rig.upstream = streaming(
      (id) => event(listUnder(spell(id))),
      (id) => event({ jsonrpc: '2.0', id, result: { tools: [] } }),
    );
    const text = await (await rig.post('guest', 'payments', LIST)).text();
    expect(text).not.toContain('admin');
    expect(readRpc(text)).toMatchObject({ id: 1, result: { tools: [] } });
  });

  test.each(FOREIGN)('as a JSON body, under %s', async (_, spell) => {
    rig.upstream = serving({
      'tools/list': (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 't' })
          .end(JSON.stringify(listUnder(spell(askedId(response))))),
    });
    const text = await (await rig.post('guest', 'payments', LIST)).text();
    expect(text).not.toContain('admin');
    expect(readRpc(text)).toMatchObject({ id: 1, error: { code: 504, data: { outcome: 'unknown', retry: 'safe' } } });
  });

  test('without an id at all', async () => {
    rig.upstream = streaming(() => event({ jsonrpc: '2.0', result: RESULTS['tools/list'] }));
    const text = await (await rig.post('guest', 'payments', LIST)).text();
    expect(text).not.toContain('admin');
  });

  test('of a call: the agent and the ledger hear the same', async () => {
    rig.upstream = serving({
      'tools/call': (_, response) =>
        void stream(response).end(event({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'unjudged' }] } })),
    });
    const text = await (await rig.post('support', 'payments', call('pay', {}, 'foreign-1'))).text();
    expect(text).not.toContain('unjudged');
    expect(readRpc(text).error.data).toMatchObject({ outcome: 'unknown' });
    expect((await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === 'foreign-1')?.state).toBe('unknown');
  });

  test('in a batch that a server answers with', async () => {
    rig.upstream = streaming((id) => `data: ${JSON.stringify([listUnder(id)])}\n\n`);
    const text = await (await rig.post('guest', 'payments', LIST)).text();
    expect(text).not.toContain('admin');
  });

  test('to a notification', async () => {
    rig.upstream = serving({
      'notifications/initialized': (_, response) => void stream(response).end(event(listUnder(1))),
    });
    const response = await rig.post('guest', 'payments', { jsonrpc: '2.0', method: 'notifications/initialized' });
    expect(await response.text()).not.toContain('admin');
  });

  test('on a subscription of the modern era, whose messages carry the agent’s own id', async () => {
    const acknowledged = (id: unknown): object => ({
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: { _meta: { 'io.modelcontextprotocol/subscriptionId': id }, notifications: {} },
    });
    rig.upstream = serving({
      'subscriptions/listen': (_, response) => {
        const id = askedId(response);
        stream(response).write(event(acknowledged(id)));
        response.write(event(listUnder(1)));
        response.write(event(listUnder('s')));
        response.end(
          event({ jsonrpc: '2.0', id, result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': id } } }),
        );
      },
    });
    const body = modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, 's');
    const text = await (await rig.post('guest', 'payments', body, modernHeaders('subscriptions/listen'))).text();
    expect(text).not.toContain('admin');
    const said = [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ''));
    expect(said).toEqual([
      acknowledged('s'),
      { jsonrpc: '2.0', id: 's', result: expect.objectContaining({ _meta: { 'io.modelcontextprotocol/subscriptionId': 's' } }) },
    ]);
  });
});

describe('the standalone stream of a session', () => {
  async function listen(events: string[], lastEventId?: string): Promise<string> {
    rig.upstream = serving({ GET: (_, response) => void stream(response).end(events.join('')) });
    const response = await fetch(`${rig.url}/payments/mcp`, {
      headers: {
        authorization: `Bearer ${await rig.token('guest')}`,
        accept: 'text/event-stream',
        'mcp-session-id': session,
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
    });
    return response.text();
  }

  test('passes requests and notifications, and no response of whomever', async () => {
    const [waiting, wait] = deferred();
    let id: unknown;
    rig.upstream = serving({
      'tools/list': (_, response) => {
        id = askedId(response);
        wait();
        response.writeHead(202, { 'mcp-fleet-instance': 't' }).end();
      },
    });
    const asked = rig.ask('guest', 'payments', LIST, { 'mcp-session-id': session });
    await waiting;
    const asks = { jsonrpc: '2.0', id: 5, method: 'roots/list' };
    const tells = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
    const text = await listen([event(listUnder(id)), event(listUnder(1)), event(listUnder(String(id))), event(asks), event(tells)]);
    expect([...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ''))).toEqual([asks, tells]);
    expect((await asked).error.data).toMatchObject({ outcome: 'unknown' });
  });

  test('passes nothing that is no message', async () => {
    const text = await listen([
      'data: admin\n\n',
      'data: {"tools":[{"name":"admin"}]}\n\n',
      `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', result: { name: 'admin' } })}\n\n`,
      'event: other\ndata: {"jsonrpc":"2.0","method":"notifications/admin"}\n\n',
      ': admin\n\n',
      `data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'admin' } })}\n\n`,
    ]);
    expect(text).not.toContain('admin');
  });

  test('and its events carry ids of ours, of at most 1 KB, that no other session, agent or server opens', async () => {
    const long = 'e'.repeat(900);
    const tells = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
    const text = await listen([event(tells, 'secret-1'), event(tells, long)]);
    const ids = [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id as string);
    expect(ids).toHaveLength(1); // one that would be too long has none
    expect(text).not.toContain('secret-1');
    expect(ids.every((id) => /^[\w.-]{1,1024}$/.test(id))).toBe(true);
    rig.reached.length = 0;
    await listen([event(tells)], ids[0]);
    expect(rig.reached[0]?.headers['last-event-id']).toBe('secret-1');
    const elsewhere = await fetch(`${rig.url}/payments/mcp`, {
      headers: {
        authorization: `Bearer ${await rig.token('support')}`,
        accept: 'text/event-stream',
        'mcp-session-id': session,
        'last-event-id': ids[0] ?? '',
      },
    });
    expect(elsewhere.status).toBe(404);
    await elsewhere.text();
  });

  test('never passes an event id of an agent’s making on', async () => {
    await listen([event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' })], 'made-up');
    expect(rig.reached[0]?.headers['last-event-id']).toBeUndefined();
  });
});

describe('progress', () => {
  const progress = (progressToken: unknown): object => ({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken, progress: 1 },
  });

  test.each([5, 'p', '5', 'ünï'])('of the token %j comes under it, and the server has another', async (token) => {
    let sent: unknown;
    rig.upstream = serving({
      'tools/call': (_, response, body) => {
        sent = JSON.parse(body).params._meta.progressToken;
        stream(response).write(event(progress(sent)));
        response.write(event(progress(token)));
        response.end(event({ jsonrpc: '2.0', id: askedId(response), result: RESULTS['tools/call'] }));
      },
    });
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'balance', _meta: { progressToken: token } } };
    const text = await (await rig.post('guest', 'payments', body)).text();
    const said = [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ''));
    expect(sent).not.toEqual(token);
    expect(said.slice(0, -1)).toEqual([progress(token)]);
  });
});

const CLIENTS = {
  v1: async (url: URL, headers: Record<string, string>) => {
    const client = new ClientV1({ name: 'agent', version: '1' });
    await client.connect(new TransportV1(url, { requestInit: { headers } }));
    return client;
  },
  v2: async (url: URL, headers: Record<string, string>) => {
    const client = new ClientV2({ name: 'agent', version: '1' });
    await client.connect(new TransportV2(url, { requestInit: { headers } }));
    return client;
  },
};

describe.each(['v1', 'v2'] as const)('a list whose stream is cut, and that a client (%s) resumes at another replica,', (version) => {
  test.each<[string, (id: unknown) => object]>([
    ['is filtered there', (id) => listUnder(id)],
    ['is filtered there, whatever type its id has', (id) => listUnder(String(id))],
  ])('%s', async (_, respond) => {
    let id: unknown;
    const [resumed, resume] = deferred();
    rig.upstream = serving({
      'tools/list': async (_request, response) => {
        id = askedId(response);
        stream(response).write('retry: 10\nid: event-1\ndata: \n\n');
        await resumed;
        response.end();
      },
      GET: (request, response) => {
        if (request.headers['last-event-id'] !== 'event-1') return response.writeHead(405, { 'mcp-fleet-instance': 't' }).end();
        stream(response).write(event(listUnder(1)));
        response.end(event(respond(id), 'event-2'));
        resume();
      },
    });
    const proxy = await startCuttingProxy([rig.url, other], /tools\/list/, 'data: \n\n', 0);
    const client = await CLIENTS[version](new URL(`${proxy.url}/payments/mcp`), { authorization: `Bearer ${await rig.token('guest')}` });
    try {
      expect(namesIn(await client.listTools())).toEqual(['balance']);
      expect(proxy.cuts).toBe(1);
    } finally {
      resume();
      await client.close();
      proxy.close();
    }
  });
});

test('after all of this nothing is held, and nothing waits', async () => {
  await eventually(() => rig.gateway.holdings.bytes === 0 && rig.gateway.admission.underWay.length === 0);
  rig.upstream = (_, response) => answer(response, { jsonrpc: '2.0', result: RESULTS['tools/call'] });
  expect((await rig.ask('support', 'payments', call('pay'))).result.content).toEqual([{ type: 'text', text: 'done' }]);
});

test('a request of a server reaches an agent of the era that has such requests, and no other', async () => {
  rig.upstream = streaming(
    () => event({ jsonrpc: '2.0', id: 9, method: 'sampling/createMessage', params: {} }),
    (id) => event(listUnder(id)),
  );
  const legacy = await rig.post('guest', 'payments', LIST, { 'mcp-session-id': session });
  expect(await legacy.text()).toContain('sampling/createMessage');
  const answered = await rig.post('guest', 'payments', modern('tools/list'), modernHeaders('tools/list'));
  const text = await answered.text();
  expect(text).toContain('balance');
  expect(text).not.toContain('sampling/createMessage');
});
