import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Heard, JSON_TYPE, type RawServer, resultOf, SSE_TYPE } from './raw-server';
import { openSession, startRawSession } from './raw-session';
import { scripted } from './scripted';
import { call, contextHeader, gatewayFetch, post, postInit, type StartedSidecar, startSidecar, stopAll, until } from './started';

let server: RawServer | undefined;
let sidecar: StartedSidecar;
let session: Record<string, string>;

async function start(answer: Parameters<typeof startRawSession>[0]): Promise<void> {
  ({ server, sidecar, session } = await startRawSession(answer));
}

const claim = (body: object) => fetch(sidecar.url, postInit(body, { ...session, ...contextHeader({ claimed: true, callId: 'c-1' }) }));
const end = () => gatewayFetch()(sidecar.url, { method: 'DELETE', headers: session });

afterEach(async () => {
  await stopAll([sidecar?.process]);
  await server?.close();
  server = undefined;
});

describe('the response to a claimed call ends the exchange', () => {
  test('though the server leaves its stream open, which is then cut there', async () => {
    await start((heard, response) => {
      response.writeHead(200, SSE_TYPE).write('data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n');
      response.write(`data: ${resultOf(heard)}\n\n`);
    });
    expect(await (await claim(call('t'))).text()).toContain('"result"');
    await until(() => server?.open() === 0, 'the server to be rid of its stream');
    expect((await sidecar.ready()).activeSessions).toBe(1);
  });

  test('though it is larger than may be held', async () => {
    await start((heard, response) => {
      response.writeHead(200, SSE_TYPE).write('data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n');
      // As the official SDK writes it: the id is the last that comes.
      const id = JSON.stringify(heard.message.id);
      response.write(`event: message\ndata: {"result":{"text":"${'x'.repeat(3 * 1024 * 1024)}"},"jsonrpc":"2.0","id":${id}}\n\n`);
    });
    expect((await (await claim(call('t', 'mine'))).text()).endsWith('"id":"mine"}\n\n')).toBe(true);
    await until(() => server?.open() === 0, 'the server to be rid of its stream');
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 1, slotsInUse: 1 });
  });

  test('nothing else does: a request of the server with the same id, a response to another', async () => {
    let go = () => {};
    await start((heard, response) => {
      response.writeHead(200, SSE_TYPE).write(`data: {"jsonrpc":"2.0","id":${heard.message.id},"method":"roots/list"}\n\n`);
      response.write(`data: {"jsonrpc":"2.0","id":99,"result":{}}\n\ndata: {"jsonrpc":"2.0","id":${heard.message.id},"result":5}\n\n`);
      go = () => response.write(`data: ${resultOf(heard, { real: true })}\n\n`);
    });
    const response = await claim(call('t'));
    await until(() => server?.open() === 1, 'the call to be there');
    go();
    expect(await response.text()).toContain('"real":true');
  });

  test('of any other call it is its gateway that knows, and the server is left when the gateway leaves', async () => {
    await start((heard, response) => response.writeHead(200, SSE_TYPE).write(`data: ${resultOf(heard)}\n\n`));
    const response = await post(sidecar.url, call('t'), session);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('"result"');
    expect(server?.open()).toBe(1);
    await reader.cancel();
    await until(() => server?.open() === 0, 'the server to be rid of its stream');
  });
});

describe('DELETE ends the session, whatever the server says', () => {
  test.each<[string, (response: ServerResponse) => unknown]>([
    ['405', (response) => response.writeHead(405).end()],
    ['500', (response) => response.writeHead(500).end()],
    ['404', (response) => response.writeHead(404).end()],
    ['nothing', (response) => response.destroy()],
    ['nothing, and keeps the connection', () => {}],
    ['200', (response) => response.writeHead(200).end()],
  ])('it says %s', async (_, answer) => {
    await start((heard, response) => (heard.method === 'DELETE' ? answer(response) : response.writeHead(500).end()));
    expect((await end()).status).toBe(200);
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 0, slotsInUse: 0 });
    expect(await sidecar.event('session_closed')).toMatchObject({ reason: 'deleted' });
    await until(() => server?.heard.at(-1)?.method === 'DELETE', 'the server to be told');
    expect(server?.heard.at(-1)?.session).toBe('s-1');
    expect((await post(sidecar.url, call('t'), session)).headers.get('mcp-fleet-reason')).toBe('unknown_session');
    expect((await end()).status).toBe(404);
  });

  test('it waits for a claimed call, in which the agent may still be asked, and lets nothing new begin', async () => {
    let paying: { heard: Heard; response: ServerResponse } | undefined;
    await start((heard, response) => {
      if (heard.message?.method === 'tools/call') paying = { heard, response };
      else if (heard.method === 'POST') response.writeHead(202).end();
      else response.writeHead(200).end();
    });
    const answer = claim(call('pay'));
    await until(() => paying !== undefined, 'the call to run');
    const ended = end();
    await until(async () => (await post(sidecar.url, call('t', 2), session)).status === 404, 'the session to be ending');
    const reply = { jsonrpc: '2.0', id: 's-1', result: { action: 'accept' } };
    expect((await post(sidecar.url, reply, session)).status).toBe(202);
    expect((await gatewayFetch()(sidecar.url, { headers: session })).status).toBe(404);
    expect([(await sidecar.ready()).activeSessions, server?.heard.some(({ method }) => method === 'DELETE')]).toEqual([1, false]);
    paying?.response.writeHead(200, JSON_TYPE).end(resultOf(paying.heard, { paid: true }));
    expect(await (await answer).json()).toMatchObject({ result: { paid: true } });
    expect((await ended).status).toBe(200);
    expect((await sidecar.ready()).activeSessions).toBe(0);
    await until(() => server?.heard.at(-1)?.method === 'DELETE', 'the server to be told');
  });

  test('and with it its stream, though the server would go on', async () => {
    await start((heard, response) => {
      if (heard.method === 'DELETE') response.writeHead(405).end();
      else response.writeHead(200, SSE_TYPE).flushHeaders();
    });
    const stream = await gatewayFetch()(sidecar.url, { headers: session });
    expect((await end()).status).toBe(200);
    // The id by which it could be resumed, and nothing else.
    expect(await stream.text()).toMatch(/^event: message\nid: \S+\ndata: \n\n$/);
    await until(() => server?.open() === 0, 'the server to be rid of it');
  });

  test('it does not wait for a call that nobody claimed', async () => {
    await start((heard, response) => {
      if (heard.method === 'DELETE') response.writeHead(200).end();
      else response.writeHead(200, SSE_TYPE).flushHeaders();
    });
    const reading = await post(sidecar.url, call('read'), session);
    expect((await end()).status).toBe(200);
    await reading.body?.cancel();
  });

  test('a claimed call of a stdio server is waited for, too', async () => {
    const command = scripted(`
      if (m.method === 'initialize') ready(m);
      if (m.method === 'tools/call') { globalThis.asked = m; process.stderr.write('paying\\n'); }
      if (m.method === 'notifications/go') results(asked, { paid: true });`);
    sidecar = await startSidecar({ kind: 'stdio', command, environment: [] });
    session = await openSession(sidecar);
    const answer = claim(call('pay'));
    await sidecar.event('child_said');
    const ended = end();
    await until(async () => (await post(sidecar.url, call('t', 2), session)).status === 404, 'the session to be ending');
    await post(sidecar.url, { jsonrpc: '2.0', method: 'notifications/go' }, session);
    expect(await (await answer).json()).toMatchObject({ result: { paid: true } });
    expect((await ended).status).toBe(200);
    expect(await sidecar.event('child_ended')).toBeDefined();
  });
});
