import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  call,
  contextHeader,
  events,
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
let server: Server | undefined;
let sidecar: StartedSidecar;

async function start(path = '/mcp', environment: Record<string, string> = {}, config: Parameters<typeof startSidecar>[1] = {}) {
  server = await startSdkServer(environment);
  sidecar = await startSidecar({ kind: 'http', url: `http://127.0.0.1:${server.port}${path}` }, config);
}

async function startStdio(config: Parameters<typeof startSidecar>[1] = {}, command = [join(__dirname, 'fixtures/dual-era-stdio.mjs')]) {
  sidecar = await startSidecar({ kind: 'stdio', command: [process.execPath, ...command], environment: [] }, config);
}

async function openSession(): Promise<Record<string, string>> {
  const response = await post(sidecar.url, initialize);
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
}

test('a claimed call that comes after its moment is refused, and never reaches the server', async () => {
  await start();
  const session = await openSession();
  const send = async (deliverBy: number) => {
    const context = contextHeader({ claimed: true, callId: 'late', deliverBy });
    const response = await fetch(sidecar.url, postInit(call('echo', 2, { text: 'x' }), { ...session, ...context }));
    return { status: response.status, reason: response.headers.get('mcp-fleet-reason'), text: await response.text() };
  };
  expect(await send(Date.now() - 1)).toMatchObject({ status: 503, reason: 'too_late', text: expect.stringContaining('NOT_DELIVERED') });
  expect(await ask('late')).toMatchObject({ status: 404, reason: 'unknown_call' });
  expect(await send(Date.now() + 60_000)).toMatchObject({ status: 200 });
});

/** Sends a claimed call, as a gateway that can be made to die does. */
function claim(callId: string, body: unknown, session: Record<string, string> = {}) {
  const gateway = new AbortController();
  const context = contextHeader({ claimed: true, callId });
  const answer = fetch(sidecar.url, { ...postInit(body, { ...session, ...context }), signal: gateway.signal }).then(async (response) => ({
    status: response.status,
    reason: response.headers.get('mcp-fleet-reason'),
    text: await response.text(),
  }));
  answer.catch(() => {});
  return { answer, die: () => gateway.abort() };
}

async function ask(callId: string, agent = 'agent-a') {
  const response = await gatewayFetch(agent)(`http://127.0.0.1:${sidecar.port}/tools/orphans/${callId}`);
  const { status, headers } = response;
  return { status, reason: headers.get('mcp-fleet-reason'), type: headers.get('content-type'), text: await response.text() };
}

const status = async (callId: string) => (await ask(callId)).status;
const payments = async () => (await server?.seen())?.payments;
const open = async () => (await server?.seen())?.open;
const UNKNOWN = { status: 404, reason: 'unknown_call' };
const LOST = { status: 502, reason: 'server_lost' };

/** Starts a claimed payment that the server holds back until it is told. */
async function payHeld(callId: string, session: Record<string, string>, args: object = {}) {
  await server?.tell('hold');
  const gateway = claim(callId, call('pay', 'p-1', args), session);
  await until(async () => (await payments()) === 1, 'the payment to be made');
  return gateway;
}

async function orphan(gateway: { die: () => void }): Promise<void> {
  gateway.die();
  await sidecar.event('call_orphaned');
}

/** The JSON-RPC response in an answer, as the server wrote it. */
function responseIn(text: string): string | undefined {
  return text.startsWith('{') ? text : text.match(/^data: ([^\n]+)$/m)?.[1];
}

afterEach(async () => {
  await stopAll([sidecar?.process, server?.process]);
  server = undefined;
});

describe.each([
  ['an event stream', {}],
  ['JSON', { JSON_RESPONSES: '1' }],
])('a claimed call of an HTTP server that answers with %s', (_, environment) => {
  let session: Record<string, string>;

  beforeEach(async () => {
    await start('/mcp', environment);
    session = await openSession();
  });

  test('runs to its end when its gateway dies, and its answer is there for who asks', async () => {
    const gateway = await payHeld('c-1', session);
    expect(await ask('c-1')).toMatchObject({ status: 202, text: '' });
    await orphan(gateway);
    expect(await status('c-1')).toBe(202);
    expect(await ask('c-1', 'agent-b')).toMatchObject(UNKNOWN);
    await server?.tell('release');
    await until(async () => (await status('c-1')) !== 202, 'the call to end');
    expect(await ask('c-1')).toEqual({
      status: 200,
      reason: null,
      type: 'application/json',
      text: '{"result":{"content":[{"type":"text","text":"paid 1"}]},"jsonrpc":"2.0","id":"p-1"}',
    });
    expect(await ask('c-1', 'agent-b')).toMatchObject(UNKNOWN);
    expect(await ask('c-2')).toMatchObject(UNKNOWN);
    expect(await payments()).toBe(1);
    expect((await sidecar.ready()).activeSessions).toBe(1);
  });

  test('that was handed over whole is kept too, byte for byte', async () => {
    const { text } = await claim('c-1', call('echo', 7, { text: 'déjà\nvu \u2028' }), session).answer;
    expect(responseIn(text)).toContain('déjà');
    expect(await ask('c-1')).toMatchObject({ status: 200, text: responseIn(text) });
  });

  test('whose server is killed in the middle is known to be lost', async () => {
    await orphan(await payHeld('c-1', session));
    server?.process.kill('SIGKILL');
    await until(async () => (await status('c-1')) !== 202, 'the call to be lost');
    expect(await ask('c-1')).toMatchObject(LOST);
    expect(await ask('c-1', 'agent-b')).toMatchObject(UNKNOWN);
  });

  test('that is larger than may be kept goes whole to a gateway that is there, and is not kept', async () => {
    const { text } = await claim('c-1', call('pay', 1, { size: 700_000 }), session).answer;
    expect(Buffer.byteLength(text)).toBeGreaterThan(1_400_000);
    expect(JSON.parse(responseIn(text) ?? '')).toMatchObject({ id: 1, result: { content: [{ type: 'text' }] } });
    expect(await ask('c-1')).toMatchObject(UNKNOWN);
  });

  test('is read to its end although its gateway reads nothing and then dies', async () => {
    const body = JSON.stringify(call('pay', 1, { size: 20_000_000 }));
    const headers = { ...contextHeader({ claimed: true, callId: 'c-1' }), ...session, accept: 'application/json, text/event-stream' };
    const gateway = httpRequest(sidecar.url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }).end(body);
    gateway.on('error', () => {});
    const [response] = await once(gateway, 'response');
    response.on('error', () => {});
    await until(async () => (await payments()) === 1, 'the payment to be made');
    expect([await open(), await status('c-1')]).toEqual([1, 202]);
    gateway.destroy();
    await until(async () => (await open()) === 0, 'the server to be rid of its answer');
    await until(async () => (await status('c-1')) === 404, 'the call to end');
  });
});

describe('a claimed call of a server without sessions', () => {
  test('holds its slot until the server is done, not until its gateway leaves', async () => {
    await start('/stateless', {}, { slots: 1 });
    await orphan(await payHeld('c-1', {}));
    expect((await sidecar.ready()).slotsInUse).toBe(1);
    await server?.tell('release');
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot');
    expect(await ask('c-1')).toMatchObject({ status: 200 });
    expect(await payments()).toBe(1);
  });
});

describe('what is not kept', () => {
  test('calls that were refused before they reached the server, and calls that nobody claimed', async () => {
    await start('/stateless', {}, { slots: 1 });
    const session = { 'mcp-session-id': 'never-was' };
    expect(await claim('c-1', call('pay'), session).answer).toMatchObject({ status: 404, reason: 'unknown_session' });
    expect(await claim('c-2', '{"jsonrpc"').answer).toMatchObject({ status: 400 });
    expect((await gatewayFetch()(sidecar.url, postInit(call('pay'), contextHeader({ callId: 'c-3' })))).status).toBe(200);
    const running = await payHeldAgain('c-4');
    expect(await claim('c-5', call('pay')).answer).toMatchObject({ status: 503, reason: 'at_capacity' });
    // A second try that is refused takes nothing from what is known of the first.
    expect(await claim('c-4', call('pay')).answer).toMatchObject({ status: 503, reason: 'at_capacity' });
    expect(await status('c-4')).toBe(202);
    server?.process.kill('SIGKILL');
    await running.answer.catch(() => {});
    await until(async () => (await sidecar.ready()).status === 'server_unavailable', 'the server to be gone');
    expect(await claim('c-6', call('pay')).answer).toMatchObject({ status: 503, reason: 'server_unavailable' });
    for (const callId of ['c-1', 'c-2', 'c-3', 'c-5', 'c-6']) expect(await ask(callId)).toMatchObject(UNKNOWN);
    expect(await ask('c-4')).toMatchObject(LOST);
  });

  async function payHeldAgain(callId: string) {
    const before = (await payments()) ?? 0;
    await server?.tell('hold');
    const gateway = claim(callId, call('pay'));
    await until(async () => (await payments()) === before + 1, 'the payment to be made');
    return gateway;
  }

  test('nothing is told without a context, and nothing but GET is answered', async () => {
    await start();
    const url = `http://127.0.0.1:${sidecar.port}/tools/orphans/c-1`;
    const stranger = await fetch(url);
    expect([stranger.status, stranger.headers.get('mcp-fleet-reason')]).toEqual([403, 'unauthenticated']);
    expect((await gatewayFetch()(url, postInit(call('pay')))).status).toBe(405);
  });
});

describe('a claimed call of a stdio server', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'pay-'));

  async function paying(callId: string, session: Record<string, string>, meta?: object) {
    const files = folder();
    const [journal, gate] = [join(files, 'journal'), join(files, 'gate')];
    const gateway = claim(callId, call('pay', 'p-1', { journal, gate }, meta), session);
    await until(() => existsSync(journal), 'the payment to be made');
    return { gateway, written: () => readFileSync(journal, 'utf8'), release: () => writeFileSync(gate, '') };
  }

  test.each([
    ['a session', undefined],
    ['the modern era', MODERN],
  ])('of %s is not cancelled when its gateway dies, and its answer is kept', async (_, meta) => {
    await startStdio();
    const { gateway, written, release } = await paying('c-1', meta === undefined ? await openSession() : {}, meta);
    expect(await status('c-1')).toBe(202);
    await orphan(gateway);
    release();
    await until(async () => (await status('c-1')) !== 202, 'the call to end');
    const { status: found, text } = await ask('c-1');
    expect([found, JSON.parse(text)]).toMatchObject([200, { jsonrpc: '2.0', id: 'p-1', result: { content: [{ text: 'paid' }] } }]);
    expect(written()).toBe('paid ');
    expect(await ask('c-1', 'agent-b')).toMatchObject(UNKNOWN);
  });

  test('that was handed over whole is kept as it was', async () => {
    await startStdio();
    const { text } = await claim('c-1', call('echo', 1, { text: 'hello' }), await openSession()).answer;
    expect(await ask('c-1')).toMatchObject({ status: 200, text });
  });

  test('whose child is killed in the middle is known to be lost', async () => {
    await startStdio();
    const session = await openSession();
    const { answer } = claim('c-1', call('die'), session);
    expect(await answer).toMatchObject(LOST);
    expect(await ask('c-1')).toMatchObject(LOST);
  });

  test('whose child dies behind the first message of a stream is lost, whatever the gateway is told on it', async () => {
    const logs = `require('readline').createInterface({ input: process.stdin }).on('line', (line) => { const m = JSON.parse(line);
      if (m.method === 'initialize') console.log(JSON.stringify({ jsonrpc: '2.0', id: m.id, result: {} }));
      if (m.method === 'tools/call') console.log(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: {} }));
      if (m.method === 'notifications/go') process.exit(); })`;
    await startStdio({}, ['-e', logs]);
    const session = await openSession();
    const { answer } = claim('c-1', call('log'), session);
    await until(async () => (await status('c-1')) === 202, 'the call to arrive');
    await post(sidecar.url, { jsonrpc: '2.0', method: 'notifications/go' }, session);
    expect((await answer).text).toContain('OUTCOME_UNKNOWN');
    expect(await ask('c-1')).toMatchObject(LOST);
  });

  test('that has outlived its gateway may still ask the agent, on the stream of its session', async () => {
    const asks = `let asked; const send = (m) => console.log(JSON.stringify({ jsonrpc: '2.0', ...m }));
      require('readline').createInterface({ input: process.stdin }).on('line', (line) => { const m = JSON.parse(line);
        if (m.method === 'initialize') send({ id: m.id, result: {} });
        if (m.method === 'tools/call') asked = m.id;
        if (m.method === 'notifications/go') send({ id: 99, method: 'elicitation/create', params: {} });
        if (m.id === 99) send({ id: asked, result: m.result }); })`;
    await startStdio({}, ['-e', asks]);
    const session = await openSession();
    const gateway = claim('c-1', call('ask'), session);
    await until(async () => (await status('c-1')) === 202, 'the call to arrive');
    await orphan(gateway);
    const stream = await gatewayFetch()(sidecar.url, { headers: session });
    await post(sidecar.url, { jsonrpc: '2.0', method: 'notifications/go' }, session);
    for await (const message of events(stream)) {
      expect(message).toMatchObject({ id: 99, method: 'elicitation/create' });
      break;
    }
    await post(sidecar.url, { jsonrpc: '2.0', id: 99, result: { action: 'accept' } }, session);
    await until(async () => (await status('c-1')) !== 202, 'the call to end');
    expect(JSON.parse((await ask('c-1')).text)).toEqual({ jsonrpc: '2.0', id: 1, result: { action: 'accept' } });
  });
});

describe('SIGTERM', () => {
  async function sigterm() {
    sidecar.process.kill('SIGTERM');
    await sidecar.event('drain_started');
  }

  test('waits for a claimed call whose gateway has died, and for no answer that is kept', async () => {
    await start('/stateless', {}, { drainSeconds: 60 });
    await orphan(await payHeld('c-1', {}));
    const exited = once(sidecar.process, 'exit');
    await sigterm();
    expect(await status('c-1')).toBe(202);
    expect(sidecar.lines.some(({ event }) => event === 'drain_finished')).toBe(false);
    await server?.tell('release');
    expect(await exited).toEqual([0, null]);
    expect(await sidecar.event('drain_finished')).toMatchObject({ finished: true });
  });

  test('waits no longer than the drain time', async () => {
    await start('/stateless', {}, { drainSeconds: 1 });
    await orphan(await payHeld('c-1', {}));
    const exited = once(sidecar.process, 'exit');
    await sigterm();
    expect(await exited).toEqual([0, null]);
    expect(await sidecar.event('drain_finished')).toMatchObject({ finished: false });
  });
});
