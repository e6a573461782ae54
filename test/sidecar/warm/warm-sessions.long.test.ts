import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { type Heard, JSON_TYPE, type RawServer, resultOf, SSE_TYPE, startRawServer } from '../raw-server';
import {
  call,
  events,
  gatewayFetch,
  initialize,
  post,
  postInit,
  type StartedSidecar,
  startSdkServer,
  startSidecar,
  stopAll,
  until,
} from '../started';
import { coldStartsOf, untilWarm } from './counted';

let server: RawServer | undefined;
let sidecar: StartedSidecar;
let sdk: Awaited<ReturnType<typeof startSdkServer>> | undefined;
/** Sessions that the server has. */
const held = new Set<string>();

afterEach(async () => {
  await stopAll([sidecar?.process, sdk?.process]);
  await server?.close();
  server = undefined;
  sdk = undefined;
  held.clear();
});

/** A server that opens a session for whoever asks, ends it when it is told, and knows no other. */
function serve(heard: Heard, response: ServerResponse, before = ''): void {
  const { method, session, message } = heard;
  if (message?.method === 'initialize') {
    const id = randomUUID();
    held.add(id);
    const answer = resultOf(heard, { protocolVersion: '2025-11-25', for: message.params.clientInfo.name });
    response.writeHead(200, { ...(before === '' ? JSON_TYPE : SSE_TYPE), 'mcp-session-id': id });
    response.end(before === '' ? answer : `${before}data: ${answer}\n\n`);
  } else if (session === undefined || !held.has(session)) response.writeHead(404).end();
  else if (method === 'DELETE') response.writeHead(held.delete(session) ? 200 : 404).end();
  else if (method === 'GET') response.writeHead(200, SSE_TYPE).flushHeaders();
  else if (message.id === undefined) response.writeHead(202).end();
  else response.writeHead(200, JSON_TYPE).end(resultOf(heard, { session }));
}

async function start(warm: number, answer: Parameters<typeof startRawServer>[0] = serve, slots = 10): Promise<void> {
  server = await startRawServer(answer);
  sidecar = await startSidecar({ kind: 'http', url: server.url }, { warm, slots });
}

async function open(agent = 'agent-a', body: object = initialize, headers: Record<string, string> = {}) {
  const response = await post(sidecar.url, body, headers, agent);
  expect(response.status).toBe(200);
  return { answer: (await response.json()) as object, session: { 'mcp-session-id': response.headers.get('mcp-session-id') as string } };
}

/** What agents themselves have said to open sessions. */
const openedNow = () => server?.heard.filter(({ message }) => message?.method === 'initialize' && message.id !== 'fleet-warm') ?? [];

/** An instance that knows how agents open their sessions: the first of them has waited. */
async function startTaught(warm: number, answer?: Parameters<typeof startRawServer>[0]): Promise<void> {
  await start(warm, answer);
  await untilWarm(sidecar, warm);
  await open();
  await untilTaught(warm);
}

async function untilTaught(warm: number): Promise<void> {
  const taught = () =>
    server?.heard.filter(({ message }) => message?.id === 'fleet-warm' && message.params.clientInfo.name === 'test') ?? [];
  await until(() => taught().length >= warm, 'sessions by the words of agents');
  await untilWarm(sidecar, warm);
}

test('an instance is ready once sessions are, opened by the words of the fleet, which it lets go of for those of agents', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  await start(2, async (heard, response) => {
    await gate;
    serve(heard, response);
  });
  expect(await sidecar.ready()).toMatchObject({ status: 'server_unavailable', warm: 0 });
  release();
  await untilWarm(sidecar, 2);
  expect(await sidecar.ready()).toMatchObject({ status: 'ready', activeSessions: 0, slotsInUse: 0 });
  const own = new Set(held);
  await open();
  await untilTaught(2);
  expect([...held].filter((id) => own.has(id))).toEqual([]);
  expect(held.size).toBe(3);
});

test('an agent gets a session that stands, with the answer that its own initialize would have had', async () => {
  await startTaught(2);
  const before = new Set(held);
  const { answer, session } = await open('agent-b', { ...initialize, id: 'mine' });
  expect(answer).toEqual({ jsonrpc: '2.0', id: 'mine', result: { protocolVersion: '2025-11-25', for: 'test' } });
  expect(before.has(session['mcp-session-id'])).toBe(true);
  expect(openedNow()).toHaveLength(1);
  // It is the agent's like any other, and nobody else's.
  const asked = await post(sidecar.url, call('x'), session, 'agent-b');
  expect(await asked.json()).toMatchObject({ result: { session: session['mcp-session-id'] } });
  expect((await post(sidecar.url, call('x'), session, 'agent-a')).status).toBe(404);
  expect(await sidecar.ready()).toMatchObject({ activeSessions: 2, slotsInUse: 2 });
});

test('each is given once, also to those who come together', async () => {
  await startTaught(3);
  const sessions = await Promise.all(Array.from({ length: 6 }, (_, at) => open(`agent-${at}`)));
  expect(new Set(sessions.map(({ session }) => session['mcp-session-id'])).size).toBe(6);
  // Who taught the words has waited, and of six at once three at most.
  expect(await coldStartsOf(sidecar)).toBeLessThanOrEqual(4);
});

test.each<[string, object, Record<string, string>]>([
  ['`_meta`', { ...initialize, params: { ...initialize.params, _meta: { tenant: 'acme' } } }, {}],
  ['other capabilities', { ...initialize, params: { ...initialize.params, capabilities: { roots: {} } } }, {}],
  ['baggage', initialize, { baggage: 'tenant=acme' }],
  ['a header of its own', initialize, { 'mcp-param-tenant': 'acme' }],
])('an initialize with %s is said to the server', async (_, body, headers) => {
  await startTaught(1);
  await open('agent-b', body, headers);
  expect(openedNow()).toHaveLength(2);
});

test('a trace is no reason to wait', async () => {
  await startTaught(1);
  await open('agent-b', initialize, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
  expect(openedNow()).toHaveLength(1);
});

test('sessions that the server has forgotten are noticed: the agent waits, and nothing fails', async () => {
  await startTaught(3);
  held.clear();
  const { session } = await open('agent-b');
  expect((await post(sidecar.url, call('x'), session, 'agent-b')).status).toBe(200);
  expect(openedNow()).toHaveLength(2);
  expect(await sidecar.event('warming_failed')).toMatchObject({ reason: expect.stringContaining('forgotten') });
  await untilWarm(sidecar, 3);
  await open('agent-c');
  expect(openedNow()).toHaveLength(2);
});

test('what the server said before its answer is heard on the stream of the session', async () => {
  const said = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'starting' } };
  await startTaught(1, (heard, response) => serve(heard, response, `data: ${JSON.stringify(said)}\n\n`));
  const { session } = await open('agent-b');
  expect(openedNow()).toHaveLength(1);
  const stream = events(await gatewayFetch('agent-b')(sidecar.url, { headers: session }));
  expect((await stream.next()).value).toEqual(said);
  await stream.return(undefined);
});

test('an agent that leaves while its session is asked for leaves nothing behind', async () => {
  let hold: Promise<void> | undefined;
  let release = () => {};
  await startTaught(1, async (heard, response) => {
    if (heard.message?.method === 'ping') await hold;
    serve(heard, response);
  });
  hold = new Promise((resolve) => {
    release = resolve;
  });
  const leaving = new AbortController();
  const asked = gatewayFetch('agent-b')(sidecar.url, { ...postInit(initialize), signal: leaving.signal });
  await until(async () => (await sidecar.ready()).slotsInUse === 2, 'it to have its slot');
  leaving.abort();
  await expect(asked).rejects.toThrow();
  release();
  hold = undefined;
  await until(async () => (await sidecar.ready()).slotsInUse === 1, 'its slot to be free');
  await untilWarm(sidecar, 1);
  await until(() => held.size === 2, 'its session to be ended');
});

test.each<[string, (heard: Heard, response: ServerResponse) => void]>([
  [
    'opens no sessions',
    (heard, response) => void response.writeHead(200, JSON_TYPE).end(resultOf(heard, { protocolVersion: '2025-11-25' })),
  ],
  ['knows no initialize', (_, response) => void response.writeHead(400, JSON_TYPE).end('{}')],
  [
    'takes nothing before the agent has said that the session stands',
    (heard, response) => (heard.message?.method === 'ping' ? void response.writeHead(400).end() : serve(heard, response)),
  ],
])('a server that %s is told of, and waited for no more', async (_, answer) => {
  await start(2, answer);
  await sidecar.event('warming_failed');
  expect(await sidecar.ready()).toMatchObject({ status: 'ready', warm: 0 });
  expect(held.size).toBe(0);
});

test('nothing is left at the server when the instance ends', async () => {
  await startTaught(3);
  const { session } = await open('agent-b');
  await untilWarm(sidecar, 3);
  await gatewayFetch('agent-b')(sidecar.url, { method: 'DELETE', headers: session });
  await coldStartsOf(sidecar);
  // But for the one that an agent still had: servers end with their instance.
  expect(held.size).toBe(1);
});

test('a server on the SDK gives ready sessions to clients on the SDK', async () => {
  sdk = await startSdkServer();
  sidecar = await startSidecar({ kind: 'http', url: sdk.url }, { warm: 2 });
  await untilWarm(sidecar, 2);
  const own = (await sdk.seen()).sessions;
  for (const agent of ['agent-a', 'agent-b', 'agent-c']) {
    const { session } = await open(agent);
    await post(sidecar.url, { jsonrpc: '2.0', method: 'notifications/initialized' }, session, agent);
    const counted = await post(sidecar.url, call('count'), session, agent);
    expect(await counted.text()).toContain('"text":"1"');
    await until(async () => !(await sdk?.seen())?.sessions.some((id) => own.includes(id)), 'the fleet to let go of its own');
    await untilWarm(sidecar, 2);
  }
  expect(await coldStartsOf(sidecar)).toBe(1);
});
