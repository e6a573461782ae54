import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import {
  call,
  connectClient,
  events,
  gatewayFetch,
  initialize,
  MODERN,
  post,
  postInit,
  type StartedSidecar,
  startSidecar,
  stopAll,
  until,
} from './started';

let sidecar: StartedSidecar;
const dual = [process.execPath, join(__dirname, 'fixtures/dual-era-stdio.mjs')];

function start(
  command: string[],
  config: Parameters<typeof startSidecar>[1] = {},
  environment: Record<string, string> = {},
  named: string[] = [],
) {
  return startSidecar({ kind: 'stdio', command, environment: named }, config, environment).then((started) => {
    sidecar = started;
  });
}

/** A server written in a few lines: what it does with each message is `body`. */
function scripted(body: string): string[] {
  const file = join(mkdtempSync(join(tmpdir(), 'stdio-')), 'server.mjs');
  writeFileSync(
    file,
    `import { createInterface } from 'node:readline';
     const send = (message) => process.stdout.write(typeof message === 'string' ? message + '\\n' : JSON.stringify(message) + '\\n');
     const ready = (m) => send({ jsonrpc: '2.0', id: m.id, result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } } });
     createInterface({ input: process.stdin }).on('line', (line) => { const m = JSON.parse(line); ${body} });`,
  );
  return [process.execPath, file];
}

async function openSession(agent = 'agent-a'): Promise<Record<string, string>> {
  const response = await post(sidecar.url, initialize, {}, agent);
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
}

async function resultOf(response: Response): Promise<string> {
  const { result } = (await response.json()) as { result: { content: { text: string }[] } };
  return result.content[0]?.text ?? '';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

afterEach(() => stopAll([sidecar?.process]));

describe('server-memory over the bridge', () => {
  const memory = [process.execPath, require.resolve('@modelcontextprotocol/server-memory/dist/index.js')];

  test('gives each session a child of its own and ends it with the session', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'memory-')), 'graph.json');
    await start(memory, {}, { MEMORY_FILE_PATH: file }, ['MEMORY_FILE_PATH']);
    const first = await connectClient(sidecar.url);
    const second = await connectClient(sidecar.url, 'agent-b');
    expect(await sidecar.ready()).toEqual({ status: 'ready', activeSessions: 2, slotsInUse: 2, slots: 10 });
    await first.client.callTool({
      name: 'create_entities',
      arguments: { entities: [{ name: 'n', entityType: 't', observations: ['o'] }] },
    });
    expect(JSON.stringify(await second.client.callTool({ name: 'read_graph', arguments: {} }))).toContain('observations');
    expect(readFileSync(file, 'utf8')).toContain('"n"');
    await first.transport.terminateSession();
    await until(() => sidecar.lines.some(({ event }) => event === 'child_ended'), 'the child to end');
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 1, slotsInUse: 1 });
    await first.client.close();
    await second.client.close();
  });
});

describe('a session of a stdio server', () => {
  test('has its own state, and answers with plain JSON where the answer comes first', async () => {
    await start(dual);
    const [a, b] = [await openSession(), await openSession()];
    await post(sidecar.url, call('count'), a);
    const response = await post(sidecar.url, call('count', 'same-id'), a);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: 'same-id', result: { content: [{ text: '2' }] } });
    expect(await resultOf(await post(sidecar.url, call('count', 'same-id'), b))).toBe('1');
  });

  test('answers two requests with one id each with its own answer', async () => {
    await start(dual);
    const session = await openSession();
    const answers = await Promise.all(['one', 'two', 'three'].map((text) => post(sidecar.url, call('echo', 1, { text }), session)));
    expect(await Promise.all(answers.map(resultOf))).toEqual(['one', 'two', 'three']);
  });

  test('hands its child nothing of the environment but what is declared', async () => {
    await start(dual, {}, { DECLARED: 'yes', STRIPE_KEY: 'sk-secret', HOME: '/home/x' }, ['DECLARED', 'MCP_FLEET_SIDECAR_KEY']);
    const environment = JSON.parse(await resultOf(await post(sidecar.url, call('environment'), await openSession()))) as object;
    // The last is the mark by which whatever it starts is known.
    expect(Object.keys(environment).sort()).toEqual(['DECLARED', 'HOME', 'MCP_FLEET_CHILD', 'PATH']);
  });

  test('belongs to its agent: another gets 404', async () => {
    await start(dual);
    const session = await openSession('agent-a');
    const response = await post(sidecar.url, call('count'), session, 'agent-b');
    expect(response.status).toBe(404);
    expect(response.headers.get('mcp-fleet-reason')).toBe('unknown_session');
  });

  test('refuses a request without a session, and a body that is no message', async () => {
    await start(dual);
    expect((await post(sidecar.url, call('count'))).status).toBe(400);
    const session = await openSession();
    expect((await post(sidecar.url, '[]', session)).status).toBe(400);
    expect((await post(sidecar.url, 'no json', session)).status).toBe(400);
    expect((await sidecar.ready()).slotsInUse).toBe(1);
  });

  test('its child killed in the middle of a call: 502 server_lost, then 404, and the slot is free', async () => {
    await start(dual);
    const session = await openSession();
    const pid = Number(await resultOf(await post(sidecar.url, call('pid'), session)));
    const waiting = post(sidecar.url, call('wait'), session);
    await sidecar.event('child_said');
    process.kill(pid, 'SIGKILL');
    const response = await waiting;
    expect(response.status).toBe(502);
    expect(response.headers.get('mcp-fleet-reason')).toBe('server_lost');
    expect(await response.json()).toMatchObject({ error: { code: 504, data: { outcome: 'unknown' } } });
    expect((await post(sidecar.url, call('count'), session)).status).toBe(404);
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 0, slotsInUse: 0 });
    expect(await sidecar.event('session_closed')).toMatchObject({ reason: 'lost' });
  });

  test('relays requests of the server and their answers, on the stream of the call', async () => {
    const asking = scripted(`
      if (m.method === 'initialize') ready(m);
      if (m.method === 'tools/call') { globalThis.asked = m.id; send({ jsonrpc: '2.0', id: 's-1', method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } }); }
      if (m.id === 's-1') send({ jsonrpc: '2.0', id: globalThis.asked, result: { content: [{ type: 'text', text: m.result.content.text }] } });`);
    await start(asking);
    const { client } = await connectClient(sidecar.url);
    client.setRequestHandler(CreateMessageRequestSchema, () => ({
      model: 'm',
      role: 'assistant',
      content: { type: 'text', text: 'sampled' },
    }));
    expect(await client.callTool({ name: 'ask' })).toMatchObject({ content: [{ text: 'sampled' }] });
    await client.close();
  });

  test('keeps messages that belong to no call for the GET stream, in order', async () => {
    const chatty = scripted(`
      if (m.method === 'initialize') { ready(m); for (let n = 0; n < 3; n++) send({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'u:' + n } }); }
      if (m.method === 'tools/call') { send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }); send({ jsonrpc: '2.0', id: m.id, result: {} }); }`);
    await start(chatty);
    const session = await openSession();
    const stream = await gatewayFetch()(sidecar.url, { headers: { ...session, accept: 'text/event-stream' } });
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    const heard = events(stream);
    for (const n of [0, 1, 2]) expect((await heard.next()).value).toMatchObject({ params: { uri: `u:${n}` } });
    // What is unrelated leaves the answer of a call alone.
    expect((await post(sidecar.url, call('t'), session)).headers.get('content-type')).toBe('application/json');
    expect((await heard.next()).value).toMatchObject({ method: 'notifications/tools/list_changed' });
    await heard.return(undefined);
  });

  test('progress reaches the call it belongs to, under the token that the caller chose', async () => {
    const stepping = scripted(`
      if (m.method === 'initialize') ready(m);
      if (m.method === 'tools/call') { (globalThis.calls ??= []).push(m); if (globalThis.calls.length === 2) {
        for (const c of globalThis.calls) send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: c.params._meta.progressToken, progress: 1, message: c.params.name } });
        for (const c of globalThis.calls) send({ jsonrpc: '2.0', id: c.id, result: { name: c.params.name } }); } }`);
    await start(stepping);
    const session = await openSession();
    const responses = await Promise.all(
      ['a', 'b'].map((name) => post(sidecar.url, call(name, 7, {}, { progressToken: 'token' }), session)),
    );
    for (const [i, name] of ['a', 'b'].entries()) {
      const heard = [];
      for await (const message of events(responses[i] as Response)) heard.push(message);
      expect(heard).toEqual([
        { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 'token', progress: 1, message: name } },
        { jsonrpc: '2.0', id: 7, result: { name } },
      ]);
    }
  });

  test('a cancellation reaches the server under the id that it knows', async () => {
    const cancelling = scripted(`
      if (m.method === 'initialize') ready(m);
      if (m.method === 'tools/call') globalThis.asked = m.id;
      if (m.method === 'notifications/cancelled' && m.params.requestId === globalThis.asked) send({ jsonrpc: '2.0', id: globalThis.asked, result: { stopped: true } });`);
    await start(cancelling);
    const session = await openSession();
    const waiting = post(sidecar.url, call('wait', 'w-1'), session);
    await until(async () => {
      const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'w-1' } };
      expect((await post(sidecar.url, cancelled, session)).status).toBe(202);
      return Promise.race([waiting.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);
    }, 'the cancelled call to end');
    expect(await (await waiting).json()).toMatchObject({ id: 'w-1', result: { stopped: true } });
  });

  test('every byte of a result passes as the server wrote it, and noise on its output is left out', async () => {
    const exact = '{"jsonrpc":"2.0", "result":{"big":12345678901234567890,"float":1.0,"text":"a\\\\u0000\\\\r"} ,"id":ID}';
    await start(
      scripted(`if (m.method === 'initialize') { process.stdout.write('Starting up...\\n\\n'); ready(m); }
        if (m.method === 'tools/call') send('${exact}'.replace('ID', m.id));`),
    );
    const text = await (await post(sidecar.url, call('t', 5), await openSession())).text();
    expect(text).toBe('{"jsonrpc":"2.0", "result":{"big":12345678901234567890,"float":1.0,"text":"a\\u0000\\r"} ,"id":5}');
    expect(await sidecar.event('child_line_is_no_message')).toMatchObject({ length: 14 });
    expect(sidecar.output()).not.toContain('Starting up');
  });

  test('a stream that nobody reads holds a bounded part of what its server says', async () => {
    const flooding = scripted(`
      if (m.method === 'initialize') ready(m);
      if (m.method === 'tools/call') { for (let n = 0; n < 64; n++) send({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'x'.repeat(1024 * 1024) } }); send({ jsonrpc: '2.0', id: m.id, result: {} }); }`);
    await start(flooding);
    const session = await openSession();
    const stream = await gatewayFetch()(sidecar.url, { headers: { ...session, accept: 'text/event-stream' } });
    expect((await post(sidecar.url, call('t'), session)).status).toBe(200);
    expect(await sidecar.event('stream_messages_lost')).toMatchObject({ level: 'warn', count: 1 });
    await stream.body?.cancel();
  });

  test('initialize answered by an error opens no session, and its child ends', async () => {
    await start(scripted(`send({ jsonrpc: '2.0', id: m.id, error: { code: -32602, message: 'no' } });`));
    const response = await post(sidecar.url, initialize);
    expect(response.headers.get('mcp-session-id')).toBeNull();
    expect(await response.json()).toMatchObject({ id: 0, error: { code: -32602 } });
    await sidecar.event('child_ended');
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot');
  });

  test('a command that does not exist: not ready, and 503 server_unavailable without a slot lost', async () => {
    await start(['/no/such/program']);
    expect((await sidecar.ready()).status).toBe('server_unavailable');
    const response = await post(sidecar.url, initialize);
    expect(response.status).toBe(503);
    expect(response.headers.get('mcp-fleet-reason')).toBe('server_unavailable');
    expect((await sidecar.ready()).slotsInUse).toBe(0);
  });

  test('a child that dies at start: 503 server_ended without a slot lost', async () => {
    await start([process.execPath, '-e', 'process.exit(3)']);
    const response = await post(sidecar.url, initialize);
    expect([response.status, response.headers.get('mcp-fleet-reason')]).toEqual([503, 'server_ended']);
    expect(await response.json()).toMatchObject({ error: { data: { outcome: 'not_executed' } } });
    expect(await sidecar.event('child_ended')).toMatchObject({ code: 3 });
    expect((await sidecar.ready()).slotsInUse).toBe(0);
  });

  test('a child that ignores the end of its input is ended by signals', async () => {
    await start(
      scripted(
        `if (m.method === 'initialize') ready(m); if (m.method === 'tools/call') send({ jsonrpc: '2.0', id: m.id, result: { content: [{ text: '' + process.pid }] } }); globalThis.alive ??= setInterval(() => {}, 1000);`,
      ),
    );
    const session = await openSession();
    const pid = Number(await resultOf(await post(sidecar.url, call('pid'), session)));
    await gatewayFetch()(sidecar.url, { method: 'DELETE', headers: session });
    expect(await sidecar.event('child_ended')).toMatchObject({ signal: 'SIGTERM' });
    expect(isAlive(pid)).toBe(false);
  }, 15_000);
});

describe('the modern era of a stdio server', () => {
  test('one child per agent serves all its calls; a slot is taken only while a call runs', async () => {
    await start(dual);
    const pids = await Promise.all([1, 2, 3].map(async (id) => resultOf(await post(sidecar.url, call('pid', id, {}, MODERN)))));
    expect(new Set(pids).size).toBe(1);
    expect(await resultOf(await post(sidecar.url, call('pid', 1, {}, MODERN), {}, 'agent-b'))).not.toBe(pids[0]);
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slots');
    expect((await sidecar.ready()).activeSessions).toBe(0);
  });

  test('an error that the revision wants as a status gets that status', async () => {
    await start(dual);
    const unknown = { jsonrpc: '2.0', id: 1, method: 'ping', params: { _meta: MODERN } };
    const response = await post(sidecar.url, unknown);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ id: 1, error: { code: -32601 } });
  });

  test('a listen stream takes a slot, names the subscription by the id of the caller, and ends with it', async () => {
    await start(dual);
    const leave = new AbortController();
    const params = { _meta: MODERN, notifications: { toolsListChanged: true } };
    const listen = { jsonrpc: '2.0', id: 'listen-1', method: 'subscriptions/listen', params };
    const stream = await gatewayFetch()(sidecar.url, { ...postInit(listen), signal: leave.signal });
    const heard = events(stream);
    const named = { _meta: { 'io.modelcontextprotocol/subscriptionId': 'listen-1' } };
    expect((await heard.next()).value).toMatchObject({ method: 'notifications/subscriptions/acknowledged', params: named });
    expect((await sidecar.ready()).slotsInUse).toBe(1);
    await post(sidecar.url, call('change', 2, {}, MODERN));
    expect((await heard.next()).value).toMatchObject({ method: 'notifications/tools/list_changed', params: named });
    leave.abort();
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot of the stream');
  });

  test('a caller who leaves cancels its call at the server', async () => {
    const told = scripted(`
      if (m.method === 'tools/call' && m.params.name === 'wait') { globalThis.asked = m.id; process.stderr.write('waiting\\n'); }
      if (m.method === 'notifications/cancelled') globalThis.cancelled = m.params.requestId === globalThis.asked;
      if (m.method === 'tools/call' && m.params.name === 'ask') send({ jsonrpc: '2.0', id: m.id, result: { content: [{ text: String(globalThis.cancelled) }] } });`);
    await start(told);
    const leave = new AbortController();
    const waiting = gatewayFetch()(sidecar.url, { ...postInit(call('wait', 1, {}, MODERN)), signal: leave.signal });
    await sidecar.event('child_said');
    leave.abort();
    await expect(waiting).rejects.toThrow();
    await until(async () => (await resultOf(await post(sidecar.url, call('ask', 2, {}, MODERN)))) === 'true', 'the server to hear of it');
  });

  test('children of quiet agents give way to the cap', async () => {
    await start(dual, { slots: 1 });
    const first = Number(await resultOf(await post(sidecar.url, call('pid', 1, {}, MODERN), {}, 'agent-a')));
    const second = Number(await resultOf(await post(sidecar.url, call('pid', 1, {}, MODERN), {}, 'agent-b')));
    await until(() => !isAlive(first), 'the first child to end');
    expect(isAlive(second)).toBe(true);
  });

  test('a child that dies is replaced at the next call', async () => {
    await start(dual);
    expect((await post(sidecar.url, call('die', 1, {}, MODERN))).headers.get('mcp-fleet-reason')).toBe('server_lost');
    expect((await post(sidecar.url, call('pid', 1, {}, MODERN))).status).toBe(200);
  });
});
