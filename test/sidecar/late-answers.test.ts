import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openWord } from '../../core/sidecar-word';
import { LIMITS } from '../../sidecar/limits';
import { type InProcess, startInProcess } from './in-process';
import { type Heard, JSON_TYPE, opensSession, type RawServer, resultOf, SSE_TYPE, startRawServer } from './raw-server';
import { call, events, initialize, KEY, postInit, until } from './started';

let server: RawServer;
let running: InProcess;
let session: Record<string, string>;
/** What the server has been asked and not answered. */
let asked: [heard: Heard, response: ServerResponse] | undefined;
/** Whether it answers initialize by itself. */
let opens: boolean;

beforeEach(async () => {
  asked = undefined;
  opens = true;
  server = await startRawServer((heard, response) => {
    if (opens && opensSession(heard, response)) return;
    if (heard.message?.method === 'ping') response.writeHead(404).end();
    else asked = [heard, response];
  });
  running = await startInProcess({ kind: 'http', url: server.url });
  session = await running.openSession();
});

afterEach(async () => {
  await running.stop();
  await server.close();
});

/** A call of which the server says nothing for ten seconds. */
async function silentCall(context = {}): Promise<{ response: Response; heard: Heard; late: ServerResponse; signed: string }> {
  const signed = running.context(context);
  const calling = running.send(postInit(call('slow', 'slow-1')), session, context);
  await until(() => asked !== undefined, 'the call to arrive');
  running.clock.advance(LIMITS.streamAfter + LIMITS.heartbeatSweep);
  const response = await calling;
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const [heard, late] = asked as [Heard, ServerResponse];
  return { response, heard, late, signed };
}

async function messages(response: Response): Promise<Record<string, never>[]> {
  const heard = [];
  for await (const message of events(response)) heard.push(message);
  return heard;
}

test.each<[string, (late: ServerResponse, heard: Heard) => void]>([
  ['in JSON', (late, heard) => late.writeHead(200, JSON_TYPE).end(resultOf(heard, { late: 'é€' }))],
  [
    'in JSON of many lines, behind a byte order mark, byte by byte',
    (late, heard) => {
      late.writeHead(200, JSON_TYPE).flushHeaders();
      const text = `\ufeff${JSON.stringify({ jsonrpc: '2.0', id: heard.message.id, result: { late: 'é€' } }, null, 2)}\r\n`;
      for (const byte of Buffer.from(text)) late.write(Buffer.of(byte));
      late.end();
    },
  ],
  ['as a stream', (late, heard) => late.writeHead(200, SSE_TYPE).end(`\ufeffdata: ${resultOf(heard, { late: 'é€' })}\n\n`)],
])('an answer that comes %s is the one event of a stream that comments kept open', async (_, answer) => {
  const { response, heard, late } = await silentCall();
  running.clock.advance(LIMITS.heartbeat + LIMITS.heartbeatSweep);
  answer(late, heard);
  expect(await messages(response)).toEqual([{ jsonrpc: '2.0', id: 'slow-1', result: { late: 'é€' } }]);
  expect(server.heard.filter(({ message }) => message?.method === 'tools/call')).toHaveLength(1);
});

test('the answer of a claimed call is kept, too', async () => {
  const { response, heard, late } = await silentCall({ claimed: true, callId: 'c-1' });
  await response.body?.cancel();
  late.writeHead(200, JSON_TYPE).end(resultOf(heard, { late: true }));
  const ask = () => fetch(running.url.replace('/mcp', '/orphans/c-1'), { headers: { 'mcp-fleet-context': running.context() } });
  await until(async () => (await ask()).status === 200, 'the answer to be kept');
  expect(await (await ask()).json()).toEqual({ jsonrpc: '2.0', id: 'slow-1', result: { late: true } });
});

test.each([
  ['names its request', 'slow-1'],
  ['names none', null],
])('a JSON-RPC error on a 400 that %s is the answer', async (_, id) => {
  const { response, late } = await silentCall();
  late.writeHead(400, JSON_TYPE).end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message: 'no' } }, null, 1));
  expect(await messages(response)).toEqual([{ jsonrpc: '2.0', id: 'slow-1', error: { code: -32602, message: 'no' } }]);
});

test.each<[string, string, (late: ServerResponse) => void]>([
  ['a 404', 'unknown_session', (late) => late.writeHead(404).end()],
  ['a 400 that denies the session', 'unknown_session', (late) => late.writeHead(400).end('Session not found')],
  ["a limiter's 429", 'rate_limited', (late) => late.writeHead(429).end('slow down')],
  ['a 401', 'server_lost', (late) => late.writeHead(401).end('who are you?')],
  ['a 500 with an error', 'server_lost', (late) => late.writeHead(500, JSON_TYPE).end('{"jsonrpc":"2.0","id":null,"error":{}}')],
  ['a broken connection', 'server_lost', (late) => late.destroy()],
])('%s is told on the stream as the sidecar would have told it before: %s', async (_, reason, refuse) => {
  const { response, late, signed } = await silentCall();
  refuse(late);
  const [told] = (await messages(response)) as unknown as [{ id: string; error: { data: { sidecar: unknown } } }];
  expect(told.id).toBe('slow-1');
  expect(openWord(told.error.data.sidecar, signed, 'slow-1', KEY)).toBe(reason);
  expect(running.sidecar.sessions.count).toBe(reason === 'unknown_session' ? 0 : 1);
});

test('a JSON answer that breaks off on the stream breaks the stream', async () => {
  const { response, late } = await silentCall();
  late.writeHead(200, JSON_TYPE).write('{"jsonrpc":"2.0",', () => late.destroy());
  await expect(messages(response)).rejects.toThrow();
});

test('the answer to initialize keeps its head, however late it is, and so does one whose caller takes no stream', async () => {
  const callsOf = (method: string) => server.heard.filter(({ message }) => message?.method === method).length;
  asked = undefined;
  const plain = running.send(
    { ...postInit(call('slow')), headers: { 'content-type': 'application/json', accept: 'application/json' } },
    session,
  );
  await until(() => callsOf('tools/call') === 1, 'the call to arrive');
  running.clock.advance(LIMITS.streamAfter + LIMITS.heartbeatSweep);
  const [heard, late] = asked as unknown as [Heard, ServerResponse];
  late.writeHead(201, { ...JSON_TYPE, 'mcp-session-id': 's-1' }).end(resultOf(heard));
  expect((await plain).status).toBe(201);
  opens = false;
  asked = undefined;
  const opening = running.send(postInit(initialize));
  await until(() => asked !== undefined, 'initialize to arrive');
  running.clock.advance(LIMITS.streamAfter + LIMITS.heartbeatSweep);
  const [question, answer] = asked as unknown as [Heard, ServerResponse];
  opensSession(question, answer, 's-2');
  expect((await opening).headers.get('mcp-session-id')).toBe('s-2');
});
