import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { answer, deferred, grant, type Rig, type RpcAnswer, startRig, type Upstream } from './rig';

let rig: Rig;
let keys = 0;

beforeAll(async () => {
  // A head that is primed meanwhile would let a fetch resolve.
  rig = await startRig({ payments: { tools: { balance: { effect: 'read_only', key: 'fenced' } } } });
  await grant(rig, 'treasury', 'payments', ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.reached.length = 0;
});

async function callTwice(tool: string): Promise<{ first: RpcAnswer; second: RpcAnswer; sent: number; key: string }> {
  const key = `key-${++keys}`;
  const body = {
    jsonrpc: '2.0',
    id: keys,
    method: 'tools/call',
    params: { name: tool, arguments: {}, _meta: { 'cdk-mcp-fleet/idempotencyKey': key } },
  };
  const first = await rig.ask('treasury', 'payments', body);
  const sent = rig.reached.length;
  rig.upstream = (_, response) => answer(response, { jsonrpc: '2.0', id: body.id, result: { content: [] } });
  const second = await rig.ask('treasury', 'payments', body);
  return { first, second, sent, key };
}
const LOST: [string, Upstream][] = [
  ['resets the connection before it answers', (request) => request.socket.destroy()],
  [
    'is cut in the middle of a JSON body',
    (request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500', 'mcp-fleet-instance': 'task-1' });
      response.write('{"jsonrpc":"2.0"');
      setImmediate(() => request.socket.destroy());
    },
  ],
  [
    'ends a stream without the response',
    (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
      response.end('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n');
    },
  ],
  [
    'says that its server ended',
    (_, response) => response.writeHead(502, { 'mcp-fleet-instance': 'task-1', 'mcp-fleet-reason': 'server_lost' }).end(),
  ],
  ['is gone, says the load balancer', (_, response) => response.writeHead(502).end('<html>')],
  ['answers 500', (_, response) => response.writeHead(500, { 'mcp-fleet-instance': 'task-1' }).end('{}')],
  [
    'answers with two results',
    (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 'task-1' })
        .end('{"id":1,"result":{},"result":{}}'),
  ],
];

const NOT_SENT: [string, number, Upstream][] = [
  ['the load balancer has no target', 502, (_, response) => response.writeHead(503).end()],
  [
    'every instance is full',
    503,
    (_, response) => response.writeHead(503, { 'mcp-fleet-instance': 'task-1', 'mcp-fleet-reason': 'at_capacity' }).end(),
  ],
  [
    'the instance cannot reach its server',
    502,
    (_, response) => response.writeHead(503, { 'mcp-fleet-instance': 'task-1', 'mcp-fleet-reason': 'server_unavailable' }).end(),
  ],
];

describe('when the instance took a write and', () => {
  test.each(LOST)('%s, the outcome is unknown and the same key does not send it again', async (_, upstream) => {
    rig.upstream = upstream;
    const { first, second, sent, key } = await callTwice('transfer');
    expect(first.error).toMatchObject({ code: 504, data: { outcome: 'unknown', retry: 'same_key', idempotencyKey: key } });
    expect(second.error).toMatchObject({ code: 504, data: { outcome: 'unknown', callId: first.error.data.callId } });
    expect(sent).toBe(1);
    expect(rig.reached).toHaveLength(1);
    const row = (await rig.rows()).find(({ callId }) => callId === first.error.data.callId);
    expect(row).toMatchObject({ state: 'unknown', idempotencyKey: key });
  });
});

describe('when a write was not sent because', () => {
  test.each(NOT_SENT)('%s, it was not executed and the same key may try again', async (_, code, upstream) => {
    rig.upstream = upstream;
    const { first, second } = await callTwice('transfer');
    expect(first.error).toMatchObject({ code, data: { outcome: 'not_executed', retry: 'safe' } });
    expect(second.result).toMatchObject({ content: [] });
  });
});

test('a remote server that speaks like a sidecar is not believed, and nothing is sent to it twice', async () => {
  const remote = await startRig({ abroad: { remoteUrl: 'http://127.0.0.1:9/mcp' } });
  try {
    Object.assign(remote.gateway.config.servers.abroad ?? {}, { remoteUrl: `${remote.gateway.config.serversUrl}/anywhere` });
    await grant(remote, 'treasury', 'abroad', ['*']);
    remote.upstream = (_, response) => response.writeHead(503, { 'mcp-fleet-instance': 'x', 'mcp-fleet-reason': 'at_capacity' }).end('{}');
    const { error } = await remote.ask('treasury', 'abroad', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'transfer' } });
    expect(error.data).toMatchObject({ outcome: 'unknown' });
    expect(remote.reached).toHaveLength(1);
  } finally {
    await remote.stop();
  }
});

test('a read whose answer breaks off is asked at another instance, as long as the agent has seen nothing of it', async () => {
  const events = [
    ': a comment is no answer\n\n',
    'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\n\n',
  ];
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'balance' } };
  const breaksAfter = async (count: number): Promise<RpcAnswer> => {
    rig.reached.length = 0;
    rig.upstream = (request, response) => {
      if (rig.reached.length > 1) return answer(response, { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: '12' }] } });
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-fleet-instance': 'task-1' });
      response.write(events.slice(0, count).join(''), () => request.socket.destroy());
    };
    return rig.ask('treasury', 'payments', body);
  };
  expect((await breaksAfter(1)).result).toMatchObject({ content: [{ text: '12' }] });
  expect(rig.reached).toHaveLength(2);
  expect((await breaksAfter(2)).error).toMatchObject({ code: 504, data: { outcome: 'unknown', retry: 'safe' } });
  expect(rig.reached).toHaveLength(1);
});

test('a read that was lost is unknown, whatever refuses its second attempt', async () => {
  rig.reached.length = 0;
  rig.upstream = (request, response) => {
    if (rig.reached.length === 1) return request.socket.destroy();
    response.writeHead(404, { 'mcp-fleet-instance': 'task-1', 'mcp-fleet-reason': 'unknown_session' }).end('{}');
  };
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'balance' } };
  const { status, error } = await rig.ask('treasury', 'payments', body);
  expect([status, error.data.outcome]).toEqual([404, 'unknown']);
  expect((await rig.rows()).find(({ callId }) => callId === error.data.callId)).toMatchObject({ tool: 'balance', state: 'unknown' });
});

test('a budget of recovery that is spent says what was tried', async () => {
  rig.upstream = (request) => request.socket.destroy();
  const { error } = await rig.ask('treasury', 'payments', { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'balance' } });
  expect(error.data).toMatchObject({ retry: 'safe', recovery: { attempts: 6, budget: { attempts: 6, seconds: 20 } } });
  const { steps } = error.data.recovery as { steps: { did: string; found: string; at: number }[] };
  expect(steps.map(({ did }) => did)).toEqual(Array(6).fill('sent'));
  expect(rig.reached).toHaveLength(6);
});

test('a lost read is unknown, and may simply be asked again', async () => {
  rig.upstream = (request) => request.socket.destroy();
  const { status, error } = await rig.ask('treasury', 'payments', {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'balance' },
  });
  expect(status).toBe(200);
  expect(error.data).toMatchObject({ outcome: 'unknown', retry: 'safe' });
});

test('a call that nobody waits for any more runs to its end, and its outcome is kept', async () => {
  const [reached, arrive] = deferred();
  const [release, letGo] = deferred();
  rig.upstream = async (_, response, body) => {
    arrive();
    await release;
    answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [{ type: 'text', text: 'paid' }] } });
  };
  const leaving = new AbortController();
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'transfer', _meta: { 'cdk-mcp-fleet/idempotencyKey': 'left' } },
  });
  const headers = { authorization: `Bearer ${await rig.token('treasury')}`, 'content-type': 'application/json', accept: '*/*' };
  const abandoned = fetch(`${rig.url}/payments/mcp`, { method: 'POST', headers, body, signal: leaving.signal });
  await reached;
  leaving.abort();
  await expect(abandoned).rejects.toThrow(/abort/);
  letGo();
  const again = await rig.ask('treasury', 'payments', body);
  expect(again.result).toMatchObject({
    content: [{ text: 'paid' }],
    _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed', replayed: true } },
  });
  expect(rig.reached).toHaveLength(1);
});

test('a claim whose lease ran out while it was sent is unknown, never free', async () => {
  const [reached, arrive] = deferred();
  rig.upstream = () => arrive(); // never answers
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'transfer', _meta: { 'cdk-mcp-fleet/idempotencyKey': 'stuck' } },
  };
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${await rig.token('treasury')}`, 'content-type': 'application/json', accept: '*/*' };
  const stuck = fetch(`${rig.url}/payments/mcp`, { method: 'POST', headers, body: JSON.stringify(body), signal: leaving.signal }).catch(
    () => undefined,
  );
  await reached;
  rig.skewMs = 60 * 60_000;
  const { error } = await rig.ask('treasury', 'payments', body);
  rig.skewMs = 0;
  expect(error).toMatchObject({ code: 504, data: { outcome: 'unknown', retry: 'same_key' } });
  expect(rig.reached).toHaveLength(1);
  leaving.abort();
  await stuck;
});
