import { afterEach, describe, expect, test } from '@jest/globals';
import { type Heard, JSON_TYPE, opensSession, type RawServer, resultOf, SSE_TYPE, startRawServer } from './raw-server';
import { scripted } from './scripted';
import { call, events, gatewayFetch, initialize, post, postInit, type StartedSidecar, startSidecar, stopAll, until } from './started';

let server: RawServer | undefined;
let sidecar: StartedSidecar;

async function start(answer: Parameters<typeof startRawServer>[0]): Promise<void> {
  server = await startRawServer(answer);
  sidecar = await startSidecar({ kind: 'http', url: server.url });
}

const startStdio = async (command: string[], environment: Record<string, string> = {}) => {
  sidecar = await startSidecar({ kind: 'stdio', command, environment: Object.keys(environment) }, {}, environment);
};
const reasonOf = (response: Response) => response.headers.get('mcp-fleet-reason');
const sessionOf = (response: Response) => ({ 'mcp-session-id': response.headers.get('mcp-session-id') as string });
const event = (message: object) => `data: ${JSON.stringify(message)}\n\n`;
const PING = { jsonrpc: '2.0', id: 's-ping', method: 'ping' };
const LOG = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'starting' } };

afterEach(async () => {
  await stopAll([sidecar?.process]);
  await server?.close();
  server = undefined;
});

describe('before the session of an HTTP server stands', () => {
  test.each([
    ['a session', { 'mcp-session-id': 's-1' }, 's-1'],
    ['no session', {}, undefined],
  ])('its ping is answered for the agent, and logging waits behind the result: %s', async (_, headers, id) => {
    let pinged: ((heard: Heard) => void) | undefined;
    await start(async (heard, response) => {
      if (heard.method === 'GET') {
        response.writeHead(200, SSE_TYPE).write(event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' }));
      } else if (heard.message?.method === 'initialize') {
        const pong = new Promise<Heard>((resolve) => {
          pinged = resolve;
        });
        response.writeHead(200, { ...SSE_TYPE, ...headers }).write('id: prime\ndata:\n\n');
        response.write(event(LOG) + event(PING));
        expect(await pong).toMatchObject({ session: id, message: { jsonrpc: '2.0', id: 's-ping', result: {} } });
        // It stays open behind the response.
        response.write(`data: ${resultOf(heard, { protocolVersion: '2025-11-25' })}\n\n`);
      } else {
        pinged?.(heard);
        response.writeHead(202).end();
      }
    });
    const response = await post(sidecar.url, initialize);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 0, result: { protocolVersion: '2025-11-25' } });
    expect(response.headers.get('mcp-session-id')).toBe(id ?? null);
    await until(() => server?.open() === 0, 'the server to be rid of its stream');
    if (id === undefined) return;
    const stream = events(await gatewayFetch()(sidecar.url, { headers: sessionOf(response) }));
    expect([(await stream.next()).value, (await stream.next()).value]).toMatchObject([LOG, { method: 'notifications/tools/list_changed' }]);
    await stream.return(undefined);
  });

  test.each<[string, (heard: Heard) => string]>([
    ['ends before the result', () => event(LOG)],
    ['answers somebody else', () => event({ jsonrpc: '2.0', id: 99, result: {} })],
    ['answers with what is larger than may be read', (heard) => `data: ${resultOf(heard, { text: 'x'.repeat(2 * 1024 * 1024) })}\n\n`],
  ])('a stream that %s opens nothing, and the server is told to forget it', async (_, text) => {
    await start((heard, response) => {
      if (heard.method === 'DELETE') response.writeHead(200).end();
      else response.writeHead(200, { ...SSE_TYPE, 'mcp-session-id': 's-1' }).end(text(heard));
    });
    const response = await post(sidecar.url, initialize);
    expect([response.status, reasonOf(response)]).toEqual([503, 'server_unavailable']);
    expect(await response.json()).toMatchObject({ error: { data: { outcome: 'not_executed' } } });
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot');
    await until(() => server?.heard.at(-1)?.method === 'DELETE', 'the server to be told');
  });

  test.each([
    ['gives an id that is refused', 'x'.repeat(9_000), 503],
    ['denies its service', undefined, 403],
  ])('a stream that never ends and %s holds no slot', async (_, id, status) => {
    await start((heard, response) => {
      if (heard.method === 'DELETE') response.writeHead(200).end();
      else response.writeHead(id === undefined ? 403 : 200, { ...SSE_TYPE, ...(id && { 'mcp-session-id': id }) }).flushHeaders();
    });
    const response = await post(sidecar.url, initialize);
    expect(response.status).toBe(status);
    await response.body?.cancel();
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot');
    await until(() => server?.open() === 0, 'the server to be rid of it');
  });

  test('a stream that never ends holds no slot once the gateway has left', async () => {
    await start((_heard, response) => response.writeHead(200, SSE_TYPE).write(event(LOG)));
    const leave = new AbortController();
    const opening = gatewayFetch()(sidecar.url, { ...postInit(initialize), signal: leave.signal }).catch(() => {});
    await until(() => server?.open() === 1, 'initialize to arrive');
    leave.abort();
    await opening;
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot');
    await until(() => server?.open() === 0, 'the server to be rid of it');
  });

  const DENIED = { code: -32000, message: 'not now' };
  const denial = ({ message: { id } }: Heard) => JSON.stringify({ jsonrpc: '2.0', id, error: DENIED });
  test.each<[string, object, (heard: Heard) => string]>([
    ['a body', JSON_TYPE, denial],
    ['a stream', SSE_TYPE, (heard) => `data: ${denial(heard)}\n\n`],
  ])("the server's error in %s passes as it is, and the session that came with it is ended", async (_, type, text) => {
    await start((heard, response) => {
      if (heard.method === 'DELETE') response.writeHead(200).end();
      else response.writeHead(200, { ...type, 'mcp-session-id': 's-1' }).end(text(heard));
    });
    const response = await post(sidecar.url, initialize);
    expect([response.status, reasonOf(response), response.headers.get('mcp-session-id')]).toEqual([200, null, null]);
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 0, error: DENIED });
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 0, slotsInUse: 0 });
    await until(() => server?.heard.at(-1)?.method === 'DELETE', 'the server to be told');
    expect(server?.heard.at(-1)?.session).toBe('s-1');
  });

  test.each<[string, number, object, (heard: Heard) => string]>([
    ['a result that names no revision', 200, JSON_TYPE, (heard) => resultOf(heard, {})],
    ['a result that names no revision, in a stream', 200, SSE_TYPE, (heard) => `data: ${resultOf(heard, {})}\n\n`],
    ['the answer to somebody else', 200, JSON_TYPE, () => '{"jsonrpc":"2.0","id":99,"result":{"protocolVersion":"2025-11-25"}}'],
    ['an error to nobody', 200, JSON_TYPE, () => '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no"}}'],
    ['no JSON', 200, { 'content-type': 'text/html' }, () => '<html>'],
    ['nothing', 202, {}, () => ''],
    [
      'more than may be read',
      200,
      JSON_TYPE,
      (heard) => resultOf(heard, { protocolVersion: '2025-11-25', text: 'x'.repeat(2 * 1024 * 1024) }),
    ],
  ])('an id with %s opens nothing: the slot is free, and the server told', async (_, status, type, text) => {
    await start((heard, response) => {
      if (heard.method === 'DELETE') response.writeHead(200).end();
      else response.writeHead(status, { ...type, 'mcp-session-id': 's-1' }).end(text(heard));
    });
    const response = await post(sidecar.url, initialize);
    expect([response.status, reasonOf(response), response.headers.get('mcp-session-id')]).toEqual([503, 'server_unavailable', null]);
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 0, slotsInUse: 0 });
    await until(() => server?.heard.at(-1)?.method === 'DELETE', 'the server to be told');
    expect(server?.heard.at(-1)?.session).toBe('s-1');
  });

  test('a stream that breaks off opens nothing', async () => {
    await start((heard, response) => {
      if (heard.method === 'DELETE') response.writeHead(200).end();
      else {
        response.writeHead(200, { ...SSE_TYPE, 'mcp-session-id': 's-1' }).write(event(LOG));
        setImmediate(() => response.destroy());
      }
    });
    expect((await post(sidecar.url, initialize)).ok).toBe(false);
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot');
    await until(() => server?.heard.at(-1)?.method === 'DELETE', 'the server to be told');
  });
});

describe('a session id of an HTTP server', () => {
  const echo = (id: string) => (heard: Heard, response: import('node:http').ServerResponse) => {
    if (opensSession(heard, response, id)) return;
    if (heard.session !== id) response.writeHead(404).end();
    else if (heard.method === 'DELETE') response.writeHead(200).end();
    else response.writeHead(200, { ...JSON_TYPE, 'mcp-session-id': id }).end(resultOf(heard));
  };

  test.each([513, 600, 8_192])('of %d characters stays here and is known outside by a short one', async (length) => {
    const id = `!${'~'.repeat(length - 1)}`;
    await start(echo(id));
    const response = await post(sidecar.url, initialize);
    const session = sessionOf(response);
    expect(session['mcp-session-id']).toMatch(/^[\w-]{22}$/);
    const called = await post(sidecar.url, call('t'), session);
    expect([called.status, called.headers.get('mcp-session-id')]).toEqual([200, session['mcp-session-id']]);
    expect((await post(sidecar.url, call('t'), session, 'agent-b')).status).toBe(404);
    // A header of the server's own id is no way around that.
    expect((await post(sidecar.url, call('t'), { 'mcp-session-id': id })).status).toBe(404);
    await gatewayFetch()(sidecar.url, { method: 'DELETE', headers: session });
    await until(() => server?.heard.at(-1)?.method === 'DELETE', 'the server to be told');
    expect(server?.heard.at(-1)?.session).toBe(id);
  });

  test('of 512 characters is passed on as it is', async () => {
    const id = 'x'.repeat(512);
    await start(echo(id));
    expect((await post(sidecar.url, initialize)).headers.get('mcp-session-id')).toBe(id);
  });

  test.each([
    ['more than 8 KiB', 'x'.repeat(8_193), true],
    ['a space in it', 'a b', false],
    ['a letter that is not ASCII', 'é', false],
  ])('with %s is refused once, opens nothing, and is closed where it can be said', async (_, id, told) => {
    await start(echo(id));
    const response = await post(sidecar.url, initialize);
    expect([response.status, reasonOf(response), response.headers.get('mcp-session-id')]).toEqual([503, 'server_unavailable', null]);
    expect(await sidecar.event('session_id_refused')).toMatchObject({ length: id.length, taken: false });
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 0, slotsInUse: 0 });
    if (told) await until(() => server?.heard.at(-1)?.method === 'DELETE', 'the server to be told');
  });

  test('that another session has, long as it may be, is refused', async () => {
    const id = 'y'.repeat(600);
    await start(echo(id));
    const first = sessionOf(await post(sidecar.url, initialize, {}, 'agent-a'));
    const second = await post(sidecar.url, initialize, {}, 'agent-b');
    expect([second.status, reasonOf(second), second.headers.get('mcp-session-id')]).toEqual([503, 'server_unavailable', null]);
    expect((await post(sidecar.url, call('t'), first)).status).toBe(200);
    expect(server?.heard.some(({ method }) => method === 'DELETE')).toBe(false);
  });
});

describe('before the session of a stdio server stands', () => {
  test('its ping is answered for the agent, and logging waits for the stream of the session', async () => {
    await startStdio(
      scripted(`
        if (m.method === 'initialize') { globalThis.asked = m; send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'starting' } }); send('{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}'); }
        else if (m.method === undefined) results(asked, { heard: line });`),
    );
    const response = await post(sidecar.url, initialize);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ id: 0, result: { heard: '{"jsonrpc":"2.0","id":12345678901234567890,"result":{}}' } });
    const stream = events(await gatewayFetch()(sidecar.url, { headers: sessionOf(response) }));
    expect((await stream.next()).value).toMatchObject(LOG);
    await stream.return(undefined);
  });

  test("later its ping is the agent's to answer", async () => {
    await startStdio(
      scripted(`
        if (m.method === 'initialize') ready(m);
        if (m.method === 'tools/call') { globalThis.asked = m; send({ jsonrpc: '2.0', id: 's-ping', method: 'ping' }); }
        if (m.id === 's-ping') results(asked, { by: m.result.by });`),
    );
    const session = sessionOf(await post(sidecar.url, initialize));
    const stream = events(await post(sidecar.url, call('t'), session));
    expect((await stream.next()).value).toMatchObject({ id: 's-ping', method: 'ping' });
    await post(sidecar.url, { jsonrpc: '2.0', id: 's-ping', result: { by: 'agent' } }, session);
    expect((await stream.next()).value).toMatchObject({ id: 1, result: { by: 'agent' } });
  });
});

describe('a stdio server that cannot be opened', () => {
  const DIES = `for (let n = 1; n <= 30; n++) console.error('line ' + n);
    console.error('cannot log in with ' + process.env.API_KEY); console.error(process.env.PEM); process.exitCode = 3;`;

  test('is told to the agent as not executed, and its last words to the operator, without what it was given', async () => {
    const environment = { API_KEY: 'sk-very-secret', PEM: 'BEGIN KEY\nabcdef123456\nEND KEY' };
    await startStdio([process.execPath, '-e', DIES], environment);
    const response = await post(sidecar.url, initialize);
    expect([response.status, reasonOf(response)]).toEqual([503, 'server_ended']);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { data: { outcome: 'not_executed' } } });
    const { words } = (await sidecar.event('child_last_words')) as unknown as { words: string };
    expect(words.split('\n')).toEqual([
      ...Array.from({ length: 16 }, (_, n) => `line ${n + 15}`),
      'cannot log in with [API_KEY]',
      '[PEM]',
      '[PEM]',
      '[PEM]',
    ]);
    expect(sidecar.output()).not.toMatch(/sk-very-secret|abcdef123456/);
    expect(text).not.toContain('line');
    expect(await sidecar.event('session_not_opened')).toMatchObject({ level: 'warn' });
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot');
  });

  test('tells two kilobytes of its words at most, and nothing of a line that is too long to be looked through', async () => {
    const environment = { API_KEY: 'sk-very-secret' };
    await startStdio(
      [
        process.execPath,
        '-e',
        `console.error('x'.repeat(5000)); console.error('y'.repeat(9000) + process.env.API_KEY); process.exitCode = 1;`,
      ],
      environment,
    );
    await post(sidecar.url, initialize);
    const { words } = (await sidecar.event('child_last_words')) as unknown as { words: string };
    expect(words).toBe(`${'x'.repeat(2_048 - '\n[a long line]'.length)}\n[a long line]`);
  });

  test.each([
    ['with what is no answer', `console.log('{"jsonrpc":"2.0","id":1,"result":NaN}'); setInterval(() => {}, 1000);`],
    ['with an error in the protocol, twice', `console.log('{"jsonrpc":"2.0","id":1,"id":1,"result":{}}'); setInterval(() => {}, 1000);`],
  ])('because it answers initialize %s: the child ends, and the slot is free', async (_, script) => {
    await startStdio([process.execPath, '-e', `process.stdin.once('data', () => { ${script} })`]);
    const response = await post(sidecar.url, initialize);
    expect([response.status, reasonOf(response)]).toEqual([503, 'server_unavailable']);
    await sidecar.event('child_ended');
    await until(async () => (await sidecar.ready()).slotsInUse === 0, 'the slot');
  });

  test('has no last words to tell once its session stood', async () => {
    await startStdio(scripted(`if (m.method === 'initialize') ready(m); else { console.error('farewell'); process.exit(1); }`));
    const session = sessionOf(await post(sidecar.url, initialize));
    expect(reasonOf(await post(sidecar.url, call('t'), session))).toBe('server_lost');
    await sidecar.event('child_ended');
    expect(sidecar.output()).not.toMatch(/child_last_words/);
  });
});
