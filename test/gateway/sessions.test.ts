import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SESSION_LIFETIME_SECONDS } from '../../core/sealed-session';
import { sessionKey } from '../../core/session-key';
import { answer, askedId, deferred, grant, type Rig, startRig } from './rig';

let rig: Rig;
const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

beforeAll(async () => {
  rig = await startRig({ payments: {}, memory: {} });
  for (const subject of ['treasury', 'support', 'a@b:c/d\u0000é'])
    for (const server of ['payments', 'memory']) await grant(rig, subject, server, ['*']);
});
afterAll(() => rig.stop());

beforeEach(() => {
  rig.reached.length = 0;
  rig.upstream = (request, response, body) => {
    if (request.method === 'DELETE') return answer(response, {});
    const { id, method } = JSON.parse(body);
    if (method !== 'initialize') return answer(response, { jsonrpc: '2.0', id, result: {} }, { 'mcp-session-id': 'upstream-1' });
    answer(
      response,
      { jsonrpc: '2.0', id, result: { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 's', version: '1' } } },
      { 'mcp-session-id': 'upstream-1', 'set-cookie': 'AWSALB=abc+/=; Expires=Mon; Path=/' },
    );
  };
});

async function open(subject: string, server = 'payments'): Promise<string> {
  const response = await rig.post(subject, server, initialize);
  return response.headers.get('mcp-session-id') ?? '';
}

async function request(method: string, subject: string, id: string, server = 'payments'): Promise<Response> {
  return fetch(`${rig.url}/${server}/mcp`, {
    method,
    headers: { authorization: `Bearer ${await rig.token(subject)}`, 'mcp-session-id': id, accept: 'text/event-stream' },
  });
}

describe('a session', () => {
  test('gets an id of ours, in which the upstream id and the stickiness cookie travel', async () => {
    const id = await open('treasury');
    expect(id).not.toContain('upstream-1');
    await rig.post('treasury', 'payments', ping, { 'mcp-session-id': id });
    expect(rig.reached[1]?.headers).toMatchObject({ 'mcp-session-id': 'upstream-1', cookie: 'AWSALB=abc+/=' });
  });

  test('works on another replica, which has never seen it', async () => {
    const id = await open('treasury');
    const response = await fetch(`${await rig.replica()}/payments/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await rig.token('treasury')}`,
        'content-type': 'application/json',
        accept: '*/*',
        'mcp-session-id': id,
      },
      body: JSON.stringify(ping),
    });
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  });

  test('is listed in the directory with the initialize params of its agent, and closed there', async () => {
    const id = await open('treasury');
    const find = async () => (await rig.sessions()).find(({ session }) => session === sessionKey(id));
    expect(await find()).toMatchObject({
      server: 'payments',
      subject: 'treasury',
      revision: '2025-06-18',
      instance: 'task-1',
      initialize: JSON.stringify(initialize.params),
    });
    expect((await request('DELETE', 'treasury', id)).status).toBe(200);
    expect((await find())?.closedAt).toEqual(expect.any(Number));
  });

  test('keeps its id to itself: later answers carry none', async () => {
    const id = await open('treasury');
    const response = await rig.post('treasury', 'payments', ping, { 'mcp-session-id': id });
    expect(response.headers.get('mcp-session-id')).toBeNull();
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  test('survives a refreshed token, also of a subject with odd characters', async () => {
    const id = await open('a@b:c/d\u0000é');
    expect((await rig.post('a@b:c/d\u0000é', 'payments', ping, { 'mcp-session-id': id })).status).toBe(200);
  });

  test.each(['POST', 'GET', 'DELETE'])('stolen by another agent is not found on %s, and nothing is sent', async (method) => {
    const id = await open('treasury');
    const response =
      method === 'POST' ? await rig.post('support', 'payments', ping, { 'mcp-session-id': id }) : await request(method, 'support', id);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: -32001, data: { error: 'UNKNOWN_SESSION', retry: 'reinitialize' } } });
    expect(rig.reached).toHaveLength(1);
  });

  test('of one server is not found on another', async () => {
    const id = await open('treasury');
    expect((await rig.post('treasury', 'memory', ping, { 'mcp-session-id': id })).status).toBe(404);
  });

  test('ends after its lifetime', async () => {
    const id = await open('treasury');
    rig.skewMs = SESSION_LIFETIME_SECONDS * 1000 + 2_000;
    const response = await fetch(`${rig.url}/payments/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await rig.token('treasury', { expiresIn: 10 })}`,
        'content-type': 'application/json',
        accept: '*/*',
        'mcp-session-id': id,
      },
      body: JSON.stringify(ping),
    });
    rig.skewMs = 0;
    expect(response.status).toBe(404);
  });

  test('that no instance holds any more is 404 and not an error of the gateway', async () => {
    const id = await open('treasury');
    rig.upstream = (_, response) =>
      response.writeHead(404, { 'mcp-fleet-instance': 'task-2', 'mcp-fleet-reason': 'unknown_session' }).end('{}');
    expect((await rig.post('treasury', 'payments', ping, { 'mcp-session-id': id })).status).toBe(404);
    expect((await request('GET', 'treasury', id)).status).toBe(404);
  });

  test('is opened on another instance when the first is full', async () => {
    const usual = rig.upstream;
    rig.upstream = (...args) => {
      rig.upstream = usual;
      args[1].writeHead(503, { 'mcp-fleet-instance': 'task-2', 'mcp-fleet-reason': 'at_capacity' }).end('{}');
    };
    expect(await open('treasury')).not.toBe('');
    expect(rig.reached).toHaveLength(2);
  });

  test('is refused with AT_CAPACITY and when to come again, when all are full', async () => {
    rig.upstream = (_, response) =>
      response.writeHead(503, { 'mcp-fleet-instance': 'task-2', 'mcp-fleet-reason': 'at_capacity' }).end('{}');
    const response = await rig.post('treasury', 'payments', initialize);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({
      id: 0,
      error: { code: 503, data: { outcome: 'not_executed', retry: 'safe', retryAfterMs: 1_000 } },
    });
  });
});

describe('streams', () => {
  test('a stream that the server ends early is resumed there, and the agent gets the result', async () => {
    let asked: unknown;
    rig.upstream = (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
      if (request.method === 'POST') {
        asked = askedId(response);
        return response.end('id: e1\nretry: 10\ndata: \n\n');
      }
      response.write(`id: e2\nevent: message\ndata: {"jsonrpc":"2.0","id":${asked},"result":{"content":[]}}\n\n`);
    };
    const { result } = await rig.ask('treasury', 'payments', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } });
    expect(result).toMatchObject({ content: [], _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed' } } });
    expect(rig.reached.map(({ line, headers }) => [line, headers['last-event-id']])).toEqual([
      ['POST /payments/mcp', undefined],
      ['GET /payments/mcp', 'e1'],
    ]);
  });

  test.each(['unknown_session', 'draining', 'at_capacity'])(
    'a stream that was cut and cannot be resumed (%s) leaves the call unknown: it was delivered, whatever refuses the rest',
    async (reason) => {
      rig.upstream = (request, response) => {
        if (request.method !== 'POST') return response.writeHead(503, { 'mcp-fleet-instance': 'task-1', 'mcp-fleet-reason': reason }).end();
        response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
        response.end('id: e1\nretry: 10\ndata: \n\n');
      };
      const _meta = { 'cdk-mcp-fleet/idempotencyKey': `cut-${reason}` };
      const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow', _meta } };
      const { error } = await rig.ask('treasury', 'payments', call);
      expect(error.data).toMatchObject({ error: 'OUTCOME_UNKNOWN', outcome: 'unknown', retry: 'same_key' });
      expect((await rig.rows()).find(({ pk }) => pk.endsWith(`#k:cut-${reason}`))?.state).toBe('unknown');
    },
  );

  test('a GET stream passes what is judged under ids of ours, goes on behind one on any replica, and ends upstream when the agent leaves', async () => {
    const id = await open('treasury');
    const [closed, close] = deferred();
    rig.upstream = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
      response.write('id: 1\nevent: message\ndata: {"jsonrpc":"2.0","id":7,"result":{"tools":[{"name":"hidden"}]}}\n\n');
      response.write('id: e-2\nevent: message\ndata: {"jsonrpc":"2.0","method":"notifications/message"}\n\n');
      response.on('close', close);
    };
    const leaving = new AbortController();
    const listen = async (url: string, lastEventId: string): Promise<string> => {
      const response = await fetch(`${url}/payments/mcp`, {
        headers: {
          authorization: `Bearer ${await rig.token('treasury')}`,
          'mcp-session-id': id,
          accept: 'text/event-stream',
          'last-event-id': lastEventId,
        },
        signal: leaving.signal,
      });
      expect(response.headers.get('x-accel-buffering')).toBe('no');
      const { value } = await (response.body as ReadableStream<Uint8Array>).getReader().read();
      return Buffer.from(value ?? []).toString();
    };
    const event = await listen(rig.url, '0');
    expect(event).toMatch(/^event: message\nid: mcpfleet\.[\w-]+\ndata: \{"jsonrpc":"2.0","method":"notifications\/message"\}\n\n$/);
    expect(rig.reached.at(-1)?.headers['last-event-id']).toBeUndefined();
    await listen(await rig.replica(), /id: (\S+)/.exec(event)?.[1] ?? '');
    expect(rig.reached.at(-1)?.headers['last-event-id']).toBe('e-2');
    leaving.abort();
    await closed;
  });

  test("a call's notifications pass at once, its result follows stamped, and no event can be resumed past the ledger", async () => {
    const [seen, see] = deferred();
    rig.upstream = async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
      response.write('id: 1\ndata: \n\nid: 2\nevent: message\ndata: {"jsonrpc":"2.0","method":"notifications/message"}\n\n');
      await seen;
      response.end(`id: 3\nevent: message\ndata: {"jsonrpc":"2.0","id":${askedId(response)},"result":{"content":[]}}\n\n`);
    };
    const response = await rig.post('treasury', 'payments', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow' } });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (!text.includes('notifications/message')) text += Buffer.from((await reader.read()).value ?? []).toString();
    const [primed, passed] = text.split('\n\n');
    expect(primed).toMatch(/^id: mcpfleet\.[\w-]+\nretry: \d+\ndata: $/);
    expect(passed).toBe('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message"}');
    see();
    const last = Buffer.from((await reader.read()).value ?? []).toString();
    expect(last).toMatch(/^event: message\nid: mcpfleet\.[\w-]+\ndata: .*"cdk-mcp-fleet\/call":\{.*"outcome":"confirmed"/);
    // That id says that its answer has been given: there is nothing behind it.
    const headers = {
      authorization: `Bearer ${await rig.token('treasury')}`,
      accept: 'text/event-stream',
      'last-event-id': /id: (\S+)/.exec(last)?.[1] ?? '',
    };
    expect((await fetch(`${rig.url}/payments/mcp`, { headers })).status).toBe(405);
    expect((await reader.read()).done).toBe(true);
  });
});

describe('the modern era', () => {
  const modern = (method: string, params: object = {}) => ({
    jsonrpc: '2.0',
    id: 1,
    method,
    params: {
      ...params,
      _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} },
    },
  });
  const headers = (method: string) => ({ 'mcp-protocol-version': '2026-07-28', 'mcp-method': method });

  test('goes without a session, and a stray session id is ignored', async () => {
    const { result } = await rig.ask('treasury', 'payments', modern('server/discover'), {
      ...headers('server/discover'),
      'mcp-session-id': 'stray',
    });
    expect(result).toEqual({});
    expect(rig.reached[0]?.headers['mcp-session-id']).toBeUndefined();
    expect(rig.reached[0]?.headers['mcp-method']).toBe('server/discover');
  });

  test('a filtered list is private for caches', async () => {
    await grant(rig, 'reader', 'payments', ['balance']);
    rig.upstream = (_, response) =>
      answer(response, {
        jsonrpc: '2.0',
        id: 1,
        result: { resultType: 'complete', ttlMs: 9, cacheScope: 'public', tools: [{ name: 'balance' }, { name: 'pay' }] },
      });
    const { result } = await rig.ask('reader', 'payments', modern('tools/list'), headers('tools/list'));
    expect(result).toMatchObject({ resultType: 'complete', ttlMs: 9, cacheScope: 'private', tools: [{ name: 'balance' }] });
  });

  test('a call that asks for input is no outcome: the retry with its answers is sent', async () => {
    rig.upstream = (_, response, body) => {
      const { params } = JSON.parse(body);
      answer(response, {
        jsonrpc: '2.0',
        id: 1,
        result: params.inputResponses ? { resultType: 'complete', content: [] } : { resultType: 'input_required', requestState: 's' },
      });
    };
    const call = (extra: object) => {
      const body = modern('tools/call', { name: 'pay', arguments: {}, ...extra });
      Object.assign(body.params._meta, { 'cdk-mcp-fleet/idempotencyKey': 'multi' });
      return rig.ask('treasury', 'payments', body, { ...headers('tools/call'), 'mcp-name': 'pay' });
    };
    expect((await call({})).result).toMatchObject({ resultType: 'input_required', requestState: 's' });
    expect((await call({ inputResponses: { a: {} }, requestState: 's' })).result).toMatchObject({ resultType: 'complete' });
    expect(rig.reached.filter(({ body }) => body.includes('tools/call'))).toHaveLength(2);
  });
});
