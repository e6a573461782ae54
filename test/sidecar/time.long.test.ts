import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { HttpRuntimeConfig, StdioRuntimeConfig } from '../../core/fleet-config';
import { signContext } from '../../core/signed-context';
import { Child } from '../../sidecar/child';
import { LIMITS } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { Sidecar } from '../../sidecar/sidecar';
import { ManualClock } from './manual-clock';
import { JSON_TYPE, opensSession, resultOf, SSE_TYPE, startRawServer } from './raw-server';
import { call, events, initialize, KEY, MODERN, postInit, startSdkServer, stopAll, until } from './started';

const dual: StdioRuntimeConfig = {
  kind: 'stdio',
  command: [process.execPath, join(__dirname, 'fixtures/dual-era-stdio.mjs')],
  environment: [],
};
const silent: StdioRuntimeConfig = { kind: 'stdio', command: [process.execPath, '-e', 'process.stdin.resume()'], environment: [] };

let server: Awaited<ReturnType<typeof startSdkServer>> | undefined;
let sidecar: Sidecar;
let clock: ManualClock;
let url: string;
let printed: string[];
let logged: { event: string; [fact: string]: unknown }[];

async function start(runtime: HttpRuntimeConfig | StdioRuntimeConfig, slots = 10) {
  clock = new ManualClock();
  printed = [];
  logged = [];
  const log = openLog({}, { write: (line) => void logged.push(JSON.parse(line)) });
  const config = { fleet: 'acme', server: 'tools', runtime, slots, drainSeconds: 5 };
  const childEnvironment = { PATH: process.env.PATH ?? '' };
  sidecar = new Sidecar(
    { config, keys: [KEY], host: '127.0.0.1', port: 0, childEnvironment },
    { instance: 'task-1', clock, limits: LIMITS, log, print: (line) => void printed.push(line) },
  );
  url = `http://127.0.0.1:${await sidecar.start()}/tools/mcp`;
}

function send(init: RequestInit, headers: Record<string, string> = {}): Promise<Response> {
  const signed = signContext({ agent: 'agent-a', server: 'tools' }, KEY, clock.now() / 1000);
  return fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers, 'mcp-fleet-context': signed } });
}

function claim(body: object, session: Record<string, string>): Promise<Response> {
  const context = signContext({ agent: 'agent-a', server: 'tools', claimed: true, callId: randomUUID() }, KEY, clock.now() / 1000);
  return fetch(url, postInit(body, { ...session, 'mcp-fleet-context': context }));
}

async function openSession(): Promise<Record<string, string>> {
  const response = await send(postInit(initialize));
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
}

const happened = (event: string) => logged.filter((line) => line.event === event);

afterEach(async () => {
  sidecar.sessions.endAll('drained');
  await sidecar.close();
  Child.killAll();
  await stopAll([server?.process]);
  server = undefined;
});

describe('metrics', () => {
  test('every ten seconds one EMF line says what is open, also when nothing is', async () => {
    server = await startSdkServer();
    await start({ kind: 'http', url: server.url }, 8);
    clock.advance(10_000);
    const session = await openSession();
    await openSession();
    clock.advance(10_000);
    await (await send({ method: 'DELETE' }, session)).text();
    clock.advance(10_000);
    const lines = printed.map((line) => JSON.parse(line));
    expect(lines.map(({ _aws, ...values }) => values)).toEqual([
      { Fleet: 'acme', Server: 'tools', ActiveSessions: 0, SlotsInUse: 0, SlotUtilization: 0, ColdStarts: 0 },
      { Fleet: 'acme', Server: 'tools', ActiveSessions: 2, SlotsInUse: 2, SlotUtilization: 25, ColdStarts: 2 },
      { Fleet: 'acme', Server: 'tools', ActiveSessions: 1, SlotsInUse: 1, SlotUtilization: 12.5, ColdStarts: 0 },
    ]);
    expect(lines[1]._aws).toEqual({
      Timestamp: clock.now() - 10_000,
      CloudWatchMetrics: [
        {
          Namespace: 'McpFleet',
          Dimensions: [['Fleet', 'Server']],
          Metrics: [
            { Name: 'ActiveSessions', Unit: 'Count' },
            { Name: 'SlotsInUse', Unit: 'Count' },
            { Name: 'SlotUtilization', Unit: 'Percent' },
            { Name: 'ColdStarts', Unit: 'Count' },
          ],
        },
      ],
    });
  });
});

describe('what nobody uses', () => {
  test('a session ends after an hour without requests, and the server is told', async () => {
    server = await startSdkServer();
    await start({ kind: 'http', url: server.url });
    const session = await openSession();
    clock.advance(59 * 60_000);
    await (await send(postInit(call('count')), session)).text();
    await until(() => sidecar.server.openExchanges === 0, 'the call to be over');
    clock.advance(59 * 60_000);
    expect(sidecar.sessions.count).toBe(1);
    clock.advance(2 * 60_000);
    expect([sidecar.sessions.count, sidecar.slots.inUse]).toEqual([0, 0]);
    expect(happened('session_closed')).toMatchObject([{ reason: 'idle' }]);
    await until(async () => (await server?.seen())?.sessions.length === 0, 'the server to end its session');
    expect((await send(postInit(call('count')), session)).status).toBe(404);
  });

  test('a session with an open GET stream is used, however quiet it is', async () => {
    server = await startSdkServer();
    await start({ kind: 'http', url: server.url });
    const session = await openSession();
    const stream = await send({ headers: { accept: 'text/event-stream' } }, session);
    expect(stream.status).toBe(200);
    clock.advance(3 * 60 * 60_000);
    expect(sidecar.sessions.count).toBe(1);
    await stream.body?.cancel();
    await until(() => sidecar.server.openExchanges === 0, 'the stream to close');
    clock.advance(61 * 60_000);
    expect(sidecar.sessions.count).toBe(0);
  });

  test('the child of an agent of the modern era ends after five minutes', async () => {
    await start(dual);
    const pid = async () =>
      ((await (await send(postInit(call('pid', 1, {}, MODERN)))).json()) as { result: { content: [{ text: string }] } }).result.content[0]
        .text;
    const first = await pid();
    clock.advance(4 * 60_000);
    expect(await pid()).toBe(first);
    clock.advance(5 * 60_000 + LIMITS.idleSweep);
    await until(() => happened('child_ended').length === 1, 'the child to end');
    expect(await pid()).not.toBe(first);
  });
});

describe('what does not end', () => {
  test('behind its response a server may end its stream within a second, and keeps the connection; later it is cut off', async () => {
    const held: ServerResponse[] = [];
    const raw = await startRawServer((heard, response) => {
      if (opensSession(heard, response)) return;
      response.writeHead(200, SSE_TYPE).write(`data: ${resultOf(heard)}\n\n`);
      held.push(response);
    });
    try {
      await start({ kind: 'http', url: raw.url });
      const session = await openSession();
      for (const id of [1, 2]) expect(await (await claim(call('t', id), session)).text()).toContain('"result"');
      const [ending, staying] = held as [ServerResponse, ServerResponse];
      clock.advance(LIMITS.afterResponse - 1);
      await new Promise<void>((resolve) => ending.end(resolve));
      expect([ending, staying].map(({ req }) => req.socket.destroyed)).toEqual([false, false]);
      // The sidecar has read that end once it uses the connection again.
      const port = ending.req.socket.remotePort;
      await until(async () => {
        await (await claim(call('t', 3), session)).text();
        return held.at(-1)?.req.socket.remotePort === port;
      }, 'the connection to serve another call');
      clock.advance(1);
      await until(() => staying.destroyed, 'the other to be cut off');
    } finally {
      await raw.close();
    }
  });

  test('a claimed call holds up the end of its session for ten seconds, and no longer', async () => {
    server = await startSdkServer();
    await start({ kind: 'http', url: server.url });
    const session = await openSession();
    const context = signContext({ agent: 'agent-a', server: 'tools', claimed: true, callId: 'c-1' }, KEY, clock.now() / 1000);
    const calling = await fetch(url, postInit(call('wait'), { ...session, 'mcp-fleet-context': context }));
    const ended = send({ method: 'DELETE' }, session);
    await until(async () => (await send(postInit(call('count', 2)), session)).status === 404, 'the session to be ending');
    clock.advance(LIMITS.claimedWait - 1);
    expect([sidecar.sessions.count, sidecar.slots.inUse]).toEqual([1, 1]);
    clock.advance(1);
    expect((await ended).status).toBe(200);
    expect([sidecar.sessions.count, sidecar.slots.inUse]).toEqual([0, 0]);
    await calling.text().catch(() => {});
  });
});

describe('what is silent', () => {
  test('a quiet stream of an HTTP server gets a comment between its events', async () => {
    server = await startSdkServer();
    await start({ kind: 'http', url: server.url });
    const response = await send(postInit(call('wait')), await openSession());
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    clock.advance(LIMITS.heartbeat + LIMITS.heartbeatSweep);
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(': keep-alive\n\n');
    await reader.cancel();
  });

  test('a call of a stdio server that takes ten seconds becomes a stream, and its answer comes on it', async () => {
    await start({
      ...dual,
      command: [
        process.execPath,
        '-e',
        `require('readline').createInterface({ input: process.stdin }).on('line', (line) => { const m = JSON.parse(line);
           if (m.method === 'tools/call') globalThis.asked = m.id;
           if (m.method === 'initialize') console.log(JSON.stringify({ jsonrpc: '2.0', id: m.id, result: {} }));
           if (m.method === 'notifications/go') console.log(JSON.stringify({ jsonrpc: '2.0', id: globalThis.asked, result: { done: true } })); })`,
      ],
    });
    const session = await openSession();
    const waiting = send(postInit(call('slow', 'slow-1')), session);
    await until(() => sidecar.server.openExchanges === 1, 'the call to be open');
    clock.advance(LIMITS.streamAfter + LIMITS.heartbeatSweep);
    const response = await waiting;
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await send(postInit({ jsonrpc: '2.0', method: 'notifications/go' }), session);
    const heard = [];
    for await (const message of events(response)) heard.push(message);
    expect(heard).toEqual([{ jsonrpc: '2.0', id: 'slow-1', result: { done: true } }]);
  });

  test('a stdio server that never answers initialize is given up, its child ended, its slot free', async () => {
    await start(silent);
    const opening = send(postInit(initialize));
    await until(() => sidecar.slots.inUse === 1, 'initialize to arrive');
    clock.advance(LIMITS.initialize);
    const response = await opening;
    expect([response.status, response.headers.get('mcp-fleet-reason')]).toEqual([502, 'server_lost']);
    clock.advance(LIMITS.childKill);
    await until(() => sidecar.slots.inUse === 0, 'the slot');
  });

  test('an HTTP server that never answers initialize is given up', async () => {
    server = await startSdkServer();
    await start({ kind: 'http', url: server.url });
    await server.tell('hold');
    const opening = send(postInit(initialize));
    await until(async () => (await server?.seen())?.seen.length === 1, 'initialize to arrive');
    clock.advance(LIMITS.initialize);
    expect((await opening).headers.get('mcp-fleet-reason')).toBe('server_unavailable');
    expect(sidecar.slots.inUse).toBe(0);
  });

  test.each([
    ['the head', JSON_TYPE, ''],
    ['half a body', JSON_TYPE, '{"jsonrpc":"2.0",'],
    ['a stream that says nothing more', SSE_TYPE, ': soon\n\n'],
  ])('so is one of which nothing comes behind %s, and it is told', async (_, type, beginning) => {
    const raw = await startRawServer((heard, response) => {
      if (heard.method === 'DELETE') response.writeHead(200).end();
      else if (beginning === '') response.writeHead(200, { ...type, 'mcp-session-id': 's-1' }).flushHeaders();
      else response.writeHead(200, { ...type, 'mcp-session-id': 's-1' }).write(beginning);
    });
    try {
      await start({ kind: 'http', url: raw.url });
      const opening = send(postInit(initialize));
      await until(() => sidecar.sessions.count === 1, 'the head to arrive');
      clock.advance(LIMITS.initialize);
      const response = await opening;
      expect([response.status, response.headers.get('mcp-fleet-reason')]).toEqual([503, 'server_unavailable']);
      expect([sidecar.sessions.count, sidecar.slots.inUse]).toEqual([0, 0]);
      await until(() => raw.heard.at(-1)?.method === 'DELETE', 'the server to be told');
      await until(() => raw.open() === 0, 'the server to be rid of its answer');
    } finally {
      await raw.close();
    }
  });
});
