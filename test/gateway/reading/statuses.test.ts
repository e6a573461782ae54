import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { answer, askedId, grant, type Rig, type RpcAnswer, startRig, type Upstream } from '../rig';
import { call, INITIALIZE } from './messages';
import { openSession, says, serving } from './serving';

let rig: Rig;
let keys = 0;
beforeAll(async () => {
  rig = await startRig({
    payments: { tools: { balance: { effect: 'read_only', key: 'fenced' } }, recovery: { attempts: 1, seconds: 1 } },
    final: { finalErrors: [-32603], recovery: { attempts: 1, seconds: 1 } },
    abroad: { remoteUrl: 'http://127.0.0.1:9/mcp', recovery: { attempts: 1, seconds: 1 } },
    limited: { remoteUrl: 'http://127.0.0.1:9/mcp', remote: { rateLimitsBeforeExecution: true }, recovery: { attempts: 1, seconds: 1 } },
    nowhere: { remoteUrl: 'http://127.0.0.1:9/mcp', recovery: { attempts: 1, seconds: 1 } },
  });
  const { servers, serversUrl } = rig.gateway.config;
  for (const name of ['abroad', 'limited']) Object.assign(servers[name] ?? {}, { remoteUrl: `${serversUrl}/${name}/mcp` });
  for (const server of Object.keys(servers)) await grant(rig, 'support', server, ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.reached.length = 0;
});

const INSTANCE = { 'mcp-fleet-instance': 'task-1' };
const plain =
  (status: number, headers: Record<string, string>, text = 'x'): Upstream =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(text);

interface Told {
  readonly first: RpcAnswer;
  readonly state: string | undefined;
  readonly again: RpcAnswer;
}

/** A keyed call that is answered so, what its row says, and the same call again at a server that answers. */
async function told(upstream: Upstream, server = 'payments', headers: Record<string, string> = {}): Promise<Told> {
  const key = `key-${++keys}`;
  rig.upstream = upstream;
  const first = await rig.ask('support', server, call('pay', {}, key), headers);
  const state = (await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === key)?.state;
  rig.upstream = serving();
  return { first, state, again: await rig.ask('support', server, call('pay', {}, key), headers) };
}

function expectNotExecuted({ first, state, again }: Told, error: string): void {
  expect(first.error.data).toMatchObject({ error, outcome: 'not_executed' });
  expect(state).toBe('not_executed');
  expect(again.result.content).toEqual([{ type: 'text', text: 'done' }]);
}

function expectUnknown({ first, state, again }: Told): void {
  expect(first.error.data).toMatchObject({ error: 'OUTCOME_UNKNOWN', outcome: 'unknown', retry: 'same_key' });
  expect(state).toBe('unknown');
  expect(again.error.data.outcome).toBe('unknown');
  expect(rig.reached).toHaveLength(1);
}

describe('429 without a JSON-RPC response', () => {
  test('of a server of the fleet: nothing was executed, and the same key runs later', async () => {
    const result = await told(plain(429, { ...INSTANCE, 'mcp-fleet-reason': 'rate_limited', 'retry-after': '7' }, 'slow down'));
    expectNotExecuted(result, 'AT_CAPACITY');
    expect(result.first.error.data.retryAfterMs).toBe(7_000);
  });

  test('of a remote server: unknown, unless it is declared', async () => {
    expectUnknown(await told(plain(429, { 'retry-after': '7' }, 'slow down'), 'abroad'));
    rig.reached.length = 0;
    expectNotExecuted(await told(plain(429, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, 'slow down'), 'limited'), 'AT_CAPACITY');
  });

  test('that speaks in a sidecar’s name: a remote server is not heard', async () => {
    expectUnknown(await told(plain(429, { ...INSTANCE, 'mcp-fleet-reason': 'rate_limited' }), 'abroad'));
  });
});

describe('a server’s own words for "no such session" to a call that it was sent', () => {
  test.each([
    ['a text', 'Session not found'],
    ['JSON-RPC without an id', '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}'],
    ['JSON-RPC', '{"jsonrpc":"2.0","id":$id,"error":{"code":-32001,"message":"Session not found"}}'],
  ])('as %s, while the session lives: unknown', async (_, text) => {
    expectUnknown(await told(serving({ 'tools/call': says(text, { status: 404 }) })));
  });

  test('and the sidecar has asked the session, which is gone: not executed', async () => {
    rig.upstream = serving();
    const session = await openSession(rig, 'support', 'payments', INITIALIZE);
    rig.upstream = plain(404, { ...INSTANCE, 'mcp-fleet-reason': 'unknown_session' });
    const { status, error } = await rig.ask('support', 'payments', call('pay', {}, 'gone-1'), { 'mcp-session-id': session });
    expect([status, error.code, error.data.outcome]).toEqual([404, -32001, 'not_executed']);
    expect((await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === 'gone-1')?.state).toBe('not_executed');
  });
});

test.each([
  ['content-encoding', 200],
  ['location', 307],
  ['location', 308],
  ['retry-after', 503],
  ['allow', 405],
  ['mcp-protocol-version', 200],
] as const)('what a server says in %s of a %d is not told: the guard of secrets reads bodies', async (header, status) => {
  const secret = 'Secret-7hqyk2';
  const said = header === 'location' ? `https://${secret}.test/mcp` : secret;
  const upstream: Upstream = (_, response, body) =>
    response
      .writeHead(status, { 'content-type': 'application/json', [header]: said })
      .end(JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } }));
  expect(JSON.stringify(await told(upstream, 'abroad')).toLowerCase()).not.toContain(secret.toLowerCase());
});

describe('redirects', () => {
  const to =
    (location: string | undefined, status = 307): Upstream =>
    (request, response, body) => {
      if (request.url?.endsWith('/new')) return serving()(request, response, body);
      response.writeHead(status, location === undefined ? {} : { location }).end();
    };

  test.each([307, 308])('%d within the origin is followed, and remembered', async (status) => {
    const { servers, serversUrl } = rig.gateway.config;
    Object.assign(servers.abroad ?? {}, { remoteUrl: `${serversUrl}/abroad/${status}` });
    rig.upstream = to(`${serversUrl}/abroad/new`, status);
    for (const key of ['a', 'b']) {
      const { result } = await rig.ask('support', 'abroad', call('pay', {}, `${status}-${key}`));
      expect(result.content).toEqual([{ type: 'text', text: 'done' }]);
    }
    expect(rig.reached.map(({ line }) => line)).toEqual([`POST /abroad/${status}`, 'POST /abroad/new', 'POST /abroad/new']);
    Object.assign(servers.abroad ?? {}, { remoteUrl: `${serversUrl}/abroad/mcp` });
  });

  test.each<[string, string | undefined, RegExp]>([
    ['that says not where', undefined, /without saying where/],
    ['to nothing that is a URL', 'http://', /without saying where/],
    ['to another origin', 'https://evil.test/mcp', /redirects to another origin$/],
    ['to another scheme', 'file:///etc/passwd', /another origin/],
  ])('one %s is refused by name, and nothing was executed', async (_, location, reason) => {
    const result = await told(to(location), 'abroad');
    expectNotExecuted(result, 'SERVER_UNAVAILABLE');
    expect(result.first.error.data.reason).toMatch(reason);
  });

  test('in a circle ends', async () => {
    const result = await told((_, response) => void response.writeHead(307, { location: '/abroad/mcp' }).end(), 'abroad');
    expectNotExecuted(result, 'SERVER_UNAVAILABLE');
  });

  test.each([301, 302, 303])('%d, which changes the method, may come after it ran: unknown', async (status) => {
    expectUnknown(await told(to('/abroad/new', status), 'abroad'));
  });

  test('of a server of the fleet are refused by name', async () => {
    const result = await told(plain(307, { ...INSTANCE, location: '/payments/new' }));
    expectNotExecuted(result, 'SERVER_UNAVAILABLE');
  });
});

describe('the load balancer’s own', () => {
  test.each([400, 403, 404, 405, 413, 414, 421, 429, 431, 463, 464, 503])('%d was not forwarded: not executed', async (status) => {
    expectNotExecuted(await told(plain(status, { server: 'awselb/2.0' }, '<html>')), 'NOT_DELIVERED');
  });

  test.each([408, 460, 500, 502, 504, 520, 561])('%d may have been: unknown', async (status) => {
    expectUnknown(await told(plain(status, { server: 'awselb/2.0' }, '<html>')));
  });
});

describe('a JSON-RPC error that bridges say for time-outs', () => {
  const saying = (code: number): Upstream =>
    serving({ 'tools/call': says(`{"jsonrpc":"2.0","id":$id,"error":{"code":${code},"message":"m"}}`) });

  test.each([-32_000, -32_001, -32_603])('%d to a write is unknown', async (code) => {
    expectUnknown(await told(saying(code)));
  });

  test('is final where its operator calls it so', async () => {
    const { first, state } = await told(saying(-32_603), 'final');
    expect([first.error.code, state]).toEqual([-32_603, 'failed']);
    rig.reached.length = 0;
    expectUnknown(await told(saying(-32_000), 'final'));
  });

  test.each([-32_602, -32_601, -32_002, 1])('%d is an answer', async (code) => {
    const { first, state, again } = await told(saying(code));
    expect([first.error.code, state, again.error.code]).toEqual([code, 'failed', code]);
  });

  test('to a read is an answer', async () => {
    rig.upstream = saying(-32_603);
    expect((await rig.ask('support', 'payments', call('balance'))).error.code).toBe(-32_603);
  });
});

describe('"sent" comes from the first byte that was written:', () => {
  test('no connection, not executed', async () => {
    const { error } = await rig.ask('support', 'nowhere', call('pay', {}, 'nowhere-1'));
    expect(error.data).toMatchObject({ error: 'NOT_DELIVERED', outcome: 'not_executed' });
  });

  test('a connection that breaks behind the request, unknown', async () => {
    expectUnknown(await told((request) => void request.socket.destroy()));
  });

  test('an answer that is no HTTP, unknown', async () => {
    expectUnknown(await told((request) => void request.socket.end('nonsense\r\n\r\n')));
  });
});

test('a status of the server’s own beside a result changes nothing of the result', async () => {
  for (const status of [201, 203, 400, 404, 418]) {
    const { first, state } = await told(
      (_, response) =>
        void response
          .writeHead(status, { 'content-type': 'application/json', ...INSTANCE })
          .end(`{"jsonrpc":"2.0","id":${askedId(response)},"result":{"content":[]}}`),
    );
    expect([first.status, first.result.content, state]).toEqual([200, [], 'confirmed']);
  }
  rig.upstream = (_, response) => answer(response, {});
});
