import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { signContext } from '../../core/signed-context';
import { Budget } from '../../sidecar/budget';
import { Child } from '../../sidecar/child';
import { LIMITS, type Limits } from '../../sidecar/limits';
import { Lines } from '../../sidecar/lines';
import { openLog } from '../../sidecar/log';
import { SessionStream } from '../../sidecar/session-stream';
import { Sidecar } from '../../sidecar/sidecar';
import { ManualClock } from './manual-clock';
import { JSON_TYPE, opensSession, type RawServer, resultOf, SSE_TYPE, startRawServer } from './raw-server';
import { scripted } from './scripted';
import { call, initialize, KEY, postInit, until } from './started';

const MIB = 1024 * 1024;
let server: RawServer | undefined;
let sidecar: Sidecar | undefined;
let url: string;

async function start(
  runtime: { kind: 'http'; url: string } | { kind: 'stdio'; command: string[]; environment: string[] },
  limits: Partial<Limits> = {},
): Promise<void> {
  sidecar = new Sidecar(
    {
      config: { fleet: 'acme', server: 'tools', runtime, slots: 50, drainSeconds: 5 },
      keys: [KEY],
      host: '127.0.0.1',
      port: 0,
      childEnvironment: { PATH: process.env.PATH ?? '' },
    },
    {
      instance: 'task-1',
      clock: new ManualClock(Date.now()),
      limits: { ...LIMITS, ...limits },
      log: openLog({}, { write: () => {} }),
      print: () => {},
    },
  );
  url = `http://127.0.0.1:${await sidecar.start()}/tools/mcp`;
}

const signed = (agent: string, more: object = {}) => ({
  'mcp-fleet-context': signContext({ agent, server: 'tools', ...more }, KEY, Date.now() / 1000),
});

function send(body: unknown, headers: Record<string, string> = {}, agent = 'agent-a', more: object = {}): Promise<Response> {
  return fetch(url, postInit(body, { ...headers, ...signed(agent, more) }));
}

async function openSession(agent = 'agent-a'): Promise<Record<string, string>> {
  const response = await send(initialize, {}, agent);
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
}

/** A POST of which the body never ends; the bytes that were sent of it are held. */
async function unfinished(bytes: number, agent = 'agent-a') {
  const before = sidecar?.budget.held ?? 0;
  const sending = httpRequest(url, { method: 'POST', headers: { ...signed(agent), 'content-type': 'application/json' } });
  sending.on('error', () => {});
  sending.write('x'.repeat(bytes));
  await until(() => (sidecar?.budget.held ?? 0) >= before + bytes, 'the bytes to arrive');
  return sending;
}

const held = () => sidecar?.budget.held;
const nothingHeld = () => until(() => held() === 0, 'nothing to be held');
const reasonOf = (response: Response) => response.headers.get('mcp-fleet-reason');

afterEach(async () => {
  sidecar?.sessions.endAll('drained');
  await sidecar?.close();
  Child.killAll();
  await server?.close();
  sidecar = undefined;
  server = undefined;
});

describe('a budget', () => {
  test('has no more room than it says, over all and for one agent, and gets back what is let go of', () => {
    const budget = new Budget(100, 70);
    const [a, more, b] = [budget.open('a'), budget.open('a'), budget.open('b')];
    expect([a.grow(50), more.grow(21), more.grow(20), b.grow(31), b.grow(30)]).toEqual([true, false, true, false, true]);
    expect(budget.held).toBe(100);
    a.shrink(10);
    a.shrink(1_000);
    more.release();
    more.release();
    expect(budget.held).toBe(30);
    expect([a.grow(70), a.grow(1)]).toEqual([true, false]);
    b.add(500);
    expect([budget.held, budget.open('c').grow(1)]).toEqual([600, false]);
    for (const holding of [a, b]) holding.release();
    expect([budget.held, budget.open('c').grow(70)]).toEqual([0, true]);
  });

  test('bounds lines that are not whole yet, and messages that wait', () => {
    const budget = new Budget(100, 100);
    const heard: string[] = [];
    const lines = new Lines(1_000, budget.open('a'), {
      onLine: (line) => heard.push(line),
      onOverlong: (beginning) => heard.push(`overlong ${beginning.length}`),
      onOverlongEnd: (ending) => heard.push(`end ${ending.slice(-3)}`),
    });
    lines.push(Buffer.from('x'.repeat(60)));
    const lost: object[] = [];
    const log = openLog({}, { write: (line) => void lost.push(JSON.parse(line)) });
    const waiting = new SessionStream(budget.open('a'), new ManualClock(), LIMITS, log);
    waiting.tell('y'.repeat(30));
    waiting.tell('z'.repeat(35));
    expect([lost, budget.held]).toEqual([[expect.objectContaining({ event: 'stream_messages_lost', count: 1 })], 95]);
    lines.push(Buffer.from('x'.repeat(20)));
    expect([heard, budget.held]).toEqual([['overlong 80'], 35]);
    lines.push(Buffer.from('abc\nnext\n'));
    expect(heard).toEqual(['overlong 80', 'end abc', 'next']);
    waiting.close();
    expect([lost.length, budget.held]).toEqual([2, 0]);
  });
});

describe('bodies under way', () => {
  const answers: Parameters<typeof startRawServer>[0] = (heard, response) =>
    opensSession(heard, response) || response.writeHead(200, JSON_TYPE).end(resultOf(heard));

  test('beyond the budget are refused before the server has heard of them, and others go on', async () => {
    server = await startRawServer(answers);
    await start({ kind: 'http', url: server.url }, { heldBytes: 4 * MIB, agentHeldBytes: 3 * MIB });
    const slow = await unfinished(2 * MIB);
    const heard = server.heard.length;
    const refused = await send(call('t', 1, { text: 'x'.repeat(2 * MIB) }));
    expect([refused.status, reasonOf(refused)]).toEqual([503, 'at_capacity']);
    expect(await refused.json()).toMatchObject({ error: { data: { outcome: 'not_executed' } } });
    expect(server.heard.length).toBe(heard);
    // Another agent is not its victim.
    expect((await send(call('t', 1, { text: 'x'.repeat(MIB) }), {}, 'agent-b')).status).toBe(200);
    slow.destroy();
    await nothingHeld();
    expect((await send(call('t', 1, { text: 'x'.repeat(2 * MIB) }))).status).toBe(200);
    await nothingHeld();
  });

  test('are held as long as a claimed call, though its gateway leaves', async () => {
    let end = () => {};
    server = await startRawServer((heard, response) => {
      end = () => response.writeHead(200, JSON_TYPE).end(resultOf(heard));
    });
    await start({ kind: 'http', url: server.url });
    const gateway = new AbortController();
    const init = postInit(call('pay', 1, { text: 'x'.repeat(MIB) }), signed('agent-a', { claimed: true, callId: 'c-1' }));
    const calling = fetch(url, { ...init, signal: gateway.signal }).catch(() => {});
    await until(() => server?.heard.length === 1, 'the call to arrive');
    gateway.abort();
    await calling;
    expect(held()).toBeGreaterThan(MIB);
    end();
    await nothingHeld();
  });

  test('that are larger than may be, and those whose sender leaves, are let go of at once', async () => {
    server = await startRawServer(answers);
    await start({ kind: 'http', url: server.url });
    expect((await send('x'.repeat(5 * MIB))).status).toBe(413);
    await nothingHeld();
    (await unfinished(MIB)).destroy();
    await nothingHeld();
  });
});

describe('what is read of answers on their way', () => {
  test('has its room, and an answer that has none is passed on and not kept', async () => {
    server = await startRawServer((heard, response) => {
      if (opensSession(heard, response)) return;
      response.writeHead(200, JSON_TYPE).end(resultOf(heard, { text: 'x'.repeat(300_000) }));
    });
    await start({ kind: 'http', url: server.url }, { heldBytes: 200_000 });
    const response = await send(call('t'), await openSession(), 'agent-a', { claimed: true, callId: 'c-1' });
    expect((await response.text()).length).toBeGreaterThan(300_000);
    await nothingHeld();
    const asked = await fetch(url.replace('/mcp', '/orphans/c-1'), { headers: signed('agent-a') });
    expect(reasonOf(asked)).toBe('unknown_call');
  });

  test('of an event that never ends no more is held than an event may be', async () => {
    let breakOff = () => {};
    server = await startRawServer((heard, response) => {
      if (opensSession(heard, response)) return;
      response.writeHead(200, SSE_TYPE);
      response.write(`data: ${'x'.repeat(3 * MIB)}`);
      breakOff = () => response.destroy();
    });
    await start({ kind: 'http', url: server.url });
    const response = await send(call('t'), await openSession(), 'agent-a', { claimed: true, callId: 'c-1' });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let most = 0;
    for (let bytes = 0; bytes < 3 * MIB; ) {
      bytes += (await reader.read()).value?.length ?? 0;
      most = Math.max(most, held() ?? 0);
    }
    expect(most).toBeLessThan(1.5 * MIB);
    await reader.cancel();
    breakOff();
    await nothingHeld();
  });
});

describe('lines of stdio children', () => {
  const stdio = (body: string) => ({
    kind: 'stdio' as const,
    command: scripted(`if (m.method === 'initialize') ready(m); ${body}`),
    environment: [],
  });

  test('a child that does not read holds up its own callers, within a bound', async () => {
    await start(stdio(`if (m.params?.name === 'sleep') { const end = Date.now() + 60000; while (Date.now() < end); }`), {
      childInputBytes: 2 * MIB,
    });
    const session = await openSession();
    void send(call('sleep'), session).catch(() => {});
    const statuses: number[] = [];
    const notification = { jsonrpc: '2.0', method: 'notifications/x', params: { text: 'x'.repeat(MIB) } };
    for (let n = 0; n < 8; n++) statuses.push((await send(notification, session)).status);
    expect(statuses).toContain(202);
    expect(statuses.at(-1)).toBe(503);
    expect(held()).toBeLessThan(5 * MIB);
    const refused = await send(call('t', 2), session);
    expect([refused.status, reasonOf(refused)]).toEqual([503, 'at_capacity']);
    sidecar?.sessions.endAll('drained');
    Child.killAll();
    await nothingHeld();
  });

  test('a line for which there is no room is as one that is too long: its call ends, and the next finds room', async () => {
    await start(
      stdio(
        `if (m.params?.name === 'long') results(m, { text: 'x'.repeat(${3 * MIB}) }); if (m.params?.name === 'short') results(m, { real: true });`,
      ),
      { heldBytes: 2 * MIB },
    );
    const session = await openSession();
    const lost = await send(call('long'), session);
    expect([lost.status, reasonOf(lost)]).toEqual([502, 'server_lost']);
    expect(await (await send(call('short', 2), session)).json()).toMatchObject({ id: 2, result: { real: true } });
    await nothingHeld();
  });

  test('an answer that its gateway does not read is counted until it is read or left', async () => {
    await start(stdio(`if (m.params?.name === 'long') results(m, { text: 'x'.repeat(${20 * MIB}) });`));
    const session = await openSession();
    const gateway = httpRequest(url, { method: 'POST', headers: { ...signed('agent-a'), ...session, 'content-type': 'application/json' } });
    gateway.on('error', () => {});
    gateway.end(JSON.stringify(call('long')));
    await new Promise<void>((resolve) => gateway.once('response', (response) => response.on('error', () => {}).pause() && resolve()));
    expect(held()).toBeGreaterThan(20 * MIB);
    gateway.destroy();
    await nothingHeld();
  });
});
