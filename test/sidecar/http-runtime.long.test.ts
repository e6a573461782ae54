import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Ports } from '../../local/processes/ports';
import {
  call,
  connectClient,
  contextHeader,
  gatewayFetch,
  initialize,
  MODERN,
  post,
  postInit,
  type StartedSidecar,
  startSdkServer,
  startSidecar,
  stopAll,
  until,
} from './started';

type Server = Awaited<ReturnType<typeof startSdkServer>>;
let server: Server;
let sidecar: StartedSidecar;

async function start(environment: Record<string, string> = {}, config: Parameters<typeof startSidecar>[1] = {}, path = '/mcp') {
  server = await startSdkServer(environment);
  sidecar = await startSidecar({ kind: 'http', url: `http://127.0.0.1:${server.port}${path}` }, config);
}

async function openSession(agent = 'agent-a'): Promise<string> {
  const response = await post(sidecar.url, initialize, {}, agent);
  await response.text();
  return response.headers.get('mcp-session-id') as string;
}

afterEach(() => stopAll([sidecar?.process, server?.process]));

describe('a session of an HTTP server', () => {
  beforeEach(() => start({}, { slots: 3 }));

  test('serves the official client from initialize to DELETE, and its slot comes back', async () => {
    const { client, transport } = await connectClient(sidecar.url);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('count');
    await client.callTool({ name: 'count' });
    expect(await client.callTool({ name: 'count' })).toMatchObject({ content: [{ text: '2' }] });
    expect(await sidecar.ready()).toEqual({ status: 'ready', activeSessions: 1, slotsInUse: 1, slots: 3 });
    await transport.terminateSession();
    await client.close();
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 0, slotsInUse: 0 });
    expect(await sidecar.event('session_closed')).toMatchObject({ reason: 'deleted', agent: 'agent-a', server: 'tools' });
  });

  test('streams progress as it happens, in order, before the result', async () => {
    const { client } = await connectClient(sidecar.url);
    const steps: number[] = [];
    const result = await client.callTool({ name: 'progress', arguments: { steps: 5 } }, undefined, {
      onprogress: ({ progress }) => steps.push(progress),
    });
    expect(steps).toEqual([1, 2, 3, 4, 5]);
    expect(result).toMatchObject({ content: [{ text: '5' }] });
    await client.close();
  });

  test('the server sees neither token nor cookie nor context, and the gateway sees none of its cookies', async () => {
    const id = await openSession();
    const response = await post(sidecar.url, call('headers'), {
      'mcp-session-id': id,
      authorization: 'Bearer agent-token',
      cookie: 'AWSALB=abc',
      'x-trace': 'kept',
    });
    const text = await response.text();
    expect(text).toContain('x-trace');
    expect(text).not.toMatch(/agent-token|AWSALB|mcp-fleet-context/);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('mcp-fleet-instance')).toBe('local');
    expect(response.headers.get('mcp-fleet-reason')).toBeNull();
  });

  test('two requests with one id get each its own answer', async () => {
    const session = { 'mcp-session-id': await openSession() };
    await server.tell('hold');
    const paying = post(sidecar.url, call('pay', 1), session);
    await until(async () => (await server.seen()).payments === 1, 'the call to run');
    const echoing = post(sidecar.url, call('echo', 1, { text: 'mine' }), session);
    const other = await (await post(sidecar.url, call('echo', 2, { text: 'other' }), session)).text();
    expect(other).toContain('other');
    await server.tell('release');
    expect(await (await paying).text()).toContain('paid 1');
    expect(await (await echoing).text()).toContain('mine');
  });

  test('another agent gets 404 for it, and the server hears nothing of that', async () => {
    const id = await openSession('agent-a');
    const before = (await server.seen()).seen.length;
    const response = await post(sidecar.url, call('count'), { 'mcp-session-id': id }, 'agent-b');
    expect(response.status).toBe(404);
    expect(response.headers.get('mcp-fleet-reason')).toBe('unknown_session');
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32001, data: { outcome: 'not_executed' } } });
    expect((await server.seen()).seen).toHaveLength(before);
    expect((await post(sidecar.url, call('count'), { 'mcp-session-id': id }, 'agent-a')).status).toBe(200);
  });

  test('a modern request cannot carry another agent into a session', async () => {
    const id = await openSession('agent-a');
    const response = await post(sidecar.url, call('count', 1, {}, MODERN), { 'mcp-session-id': id }, 'agent-b');
    expect(response.status).toBe(404);
  });

  test('an unknown id gets 404 without being forwarded', async () => {
    const response = await post(sidecar.url, call('count'), { 'mcp-session-id': 'never-was' });
    expect(response.status).toBe(404);
    expect(response.headers.get('mcp-fleet-reason')).toBe('unknown_session');
    expect((await server.seen()).seen).toEqual([]);
  });

  test.each([
    ['no context', {}],
    ['a forged context', { 'mcp-fleet-context': `${contextHeader()['mcp-fleet-context']?.slice(0, -4)}AAAA` }],
    ['the context of another server', contextHeader({ server: 'payments' })],
  ])('%s is refused with 403 before the server hears of it', async (_, headers) => {
    const response = await fetch(sidecar.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{}',
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('mcp-fleet-reason')).toBe('unauthenticated');
    expect((await server.seen()).seen).toEqual([]);
  });

  test('beyond the cap a session is refused at once, and one slot freed is one slot to have', async () => {
    const ids = await Promise.all([openSession(), openSession(), openSession()]);
    const refused = await post(sidecar.url, initialize);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('mcp-fleet-reason')).toBe('at_capacity');
    expect(await sidecar.event('refused')).toMatchObject({ reason: 'at_capacity', slotsInUse: 3 });
    // What is open goes on.
    expect((await post(sidecar.url, call('count'), { 'mcp-session-id': ids[0] as string })).status).toBe(200);
    await gatewayFetch()(sidecar.url, { method: 'DELETE', headers: { 'mcp-session-id': ids[0] as string } });
    expect((await post(sidecar.url, initialize)).status).toBe(200);
  });

  test('an initialize that fails takes no slot', async () => {
    const response = await post(sidecar.url, { ...initialize, params: {} });
    expect(response.ok).toBe(false);
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot of a failed initialize');
    expect((await sidecar.ready()).activeSessions).toBe(0);
  });

  test('the server killed in the middle of a call is a lost call, later ones are not delivered', async () => {
    const id = await openSession();
    const alive = post(sidecar.url, call('wait'), { 'mcp-session-id': id });
    await until(async () => (await server.seen()).seen.length >= 2, 'the call to arrive');
    const exited = once(server.process, 'exit');
    server.process.kill('SIGKILL');
    const response = await alive.catch((error: Error) => error);
    // The SDK sends the head of its stream at once, so what broke is a body: the gateway must see it broken.
    if (response instanceof Response) {
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow('terminated');
    }
    await exited;
    const later = await post(sidecar.url, call('count'), { 'mcp-session-id': id });
    expect(later.status).toBe(503);
    expect(later.headers.get('mcp-fleet-reason')).toBe('server_unavailable');
    expect(await later.json()).toMatchObject({ error: { code: 502, data: { outcome: 'not_executed' } } });
    expect(await (await fetch(`http://127.0.0.1:${sidecar.port}/readyz`)).json()).toMatchObject({ status: 'server_unavailable' });
    expect((await fetch(`http://127.0.0.1:${sidecar.port}/healthz`)).status).toBe(200);
  });

  test('a body that is too large is refused with 413, whether or not it says so', async () => {
    const huge = 'x'.repeat(5 * 1024 * 1024);
    const refused = await post(sidecar.url, huge);
    expect([refused.status, refused.headers.get('mcp-fleet-reason')]).toEqual([413, 'not_taken']);
    const chunked = await new Promise<number | undefined>((resolve) => {
      const request = httpRequest(sidecar.url, { method: 'POST', headers: contextHeader() }, ({ statusCode }) => resolve(statusCode));
      request.on('error', () => {});
      for (let i = 0; i < 5; i++) request.write('x'.repeat(1024 * 1024));
      request.end();
    });
    expect(chunked).toBe(413);
    expect((await server.seen()).seen).toEqual([]);
  });

  test('other paths and methods are refused', async () => {
    expect((await fetch(`http://127.0.0.1:${sidecar.port}/payments/mcp`)).status).toBe(404);
    expect((await gatewayFetch()(sidecar.url, { method: 'PUT' })).status).toBe(405);
    expect((await post(sidecar.url, '{"jsonrpc"')).status).toBe(400);
  });

  test('clients that vanish while their sessions open leave no slot and no session behind', async () => {
    await server.tell('hold');
    const leave = new AbortController();
    const opened = [1, 2, 3].map(() => gatewayFetch()(sidecar.url, { ...postInit(initialize), signal: leave.signal }).catch(() => 'gone'));
    await until(async () => (await server.seen()).seen.length === 3, 'three initializes to arrive');
    leave.abort();
    expect(await Promise.all(opened)).toEqual(['gone', 'gone', 'gone']);
    expect((await sidecar.ready()).slotsInUse).toBe(3);
    await server.tell('release');
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'all slots to come back');
    await until(async () => (await server.seen()).sessions.length === 0, 'the server to be told');
    expect(await sidecar.event('session_closed')).toMatchObject({ reason: 'abandoned' });
  });
});

describe('a server that has forgotten a session', () => {
  test.each(['400', '404'])('that says so with %s is translated into 404 unknown_session, and the slot is free', async (status) => {
    await start({ UNKNOWN: status });
    const id = await openSession();
    await server.tell('forget');
    const response = await post(sidecar.url, call('count'), { 'mcp-session-id': id });
    expect(response.status).toBe(404);
    expect(response.headers.get('mcp-fleet-reason')).toBe('unknown_session');
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 0, slotsInUse: 0 });
    expect(await sidecar.event('session_closed')).toMatchObject({ reason: 'unknown_to_server' });
  });

  test('another 400 passes as the server gave it, and the session stays', async () => {
    await start();
    const id = await openSession();
    const response = await post(sidecar.url, call('count'), { 'mcp-session-id': id, 'mcp-protocol-version': '1999-01-01' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Unsupported protocol version');
    expect((await sidecar.ready()).activeSessions).toBe(1);
  });
});

describe('a server that answers JSON', () => {
  test('and dies before its answer: 502 server_lost, outcome unknown', async () => {
    await start({ JSON_RESPONSES: '1' });
    const id = await openSession();
    const response = await post(sidecar.url, call('die'), { 'mcp-session-id': id });
    expect(response.status).toBe(502);
    expect(response.headers.get('mcp-fleet-reason')).toBe('server_lost');
    expect(await response.json()).toMatchObject({ id: null, error: { code: 504, data: { outcome: 'unknown', retry: 'same_key' } } });
    expect(await sidecar.event('server_lost')).toMatchObject({ delivered: true });
  });

  test('two agents cannot be given one session id', async () => {
    await start({ FIXED_SESSION: 'the-only-one' });
    expect(await openSession('agent-a')).toBe('the-only-one');
    const second = await post(sidecar.url, initialize, {}, 'agent-b');
    expect([second.status, second.headers.get('mcp-fleet-reason')]).toEqual([503, 'server_unavailable']);
    expect(second.headers.get('mcp-session-id')).toBeNull();
    expect((await post(sidecar.url, call('count'), { 'mcp-session-id': 'the-only-one' }, 'agent-b')).status).toBe(404);
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 1, slotsInUse: 1 });
  });
});

describe('a server without sessions', () => {
  test('holds a slot for the length of each request, and no longer', async () => {
    await start({}, { slots: 1 }, '/stateless');
    expect((await openSession()) === null).toBe(true);
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 0, slotsInUse: 0 });
    const leave = new AbortController();
    const waiting = gatewayFetch()(sidecar.url, {
      ...postInit(call('wait')),
      signal: leave.signal,
    }).then(async (response) => response.text());
    await until(async () => (await sidecar.ready()).slotsInUse === 1, 'the call to take its slot');
    expect((await post(sidecar.url, call('count'))).headers.get('mcp-fleet-reason')).toBe('at_capacity');
    leave.abort();
    await expect(waiting).rejects.toThrow();
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot of a caller who left');
    await until(async () => (await server.seen()).open === 0, 'the server to be left too');
    expect((await post(sidecar.url, call('count'))).status).toBe(200);
  });
});

describe('server-everything', () => {
  test('serves the official client through the sidecar', async () => {
    const script = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');
    const port = await new Ports().take();
    const child = spawn(process.execPath, [script, 'streamableHttp'], { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
    sidecar = await startSidecar({ kind: 'http', url: `http://127.0.0.1:${port}/mcp` });
    try {
      await until(async () => (await sidecar.ready()).status === 'ready', 'server-everything to listen');
      const { client } = await connectClient(sidecar.url);
      const result = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
      expect(JSON.stringify(result)).toContain('hello');
      await client.close();
    } finally {
      await stopAll([child]);
    }
  });
});
