import { afterEach, describe, expect, test } from '@jest/globals';
import { JSON_TYPE, type RawServer, resultOf, SSE_TYPE, startRawServer } from './raw-server';
import { startRawSession } from './raw-session';
import { call, contextHeader, gatewayFetch, initialize, post, postInit, type StartedSidecar, startSidecar, stopAll } from './started';

let server: RawServer;
let sidecar: StartedSidecar;
let session: Record<string, string>;

async function start(answer: Parameters<typeof startRawSession>[0]): Promise<void> {
  ({ server, sidecar, session } = await startRawSession(answer));
}

const claim = (callId = 'c-1', headers: Record<string, string> = {}) =>
  fetch(sidecar.url, postInit(call('pay'), { ...session, ...contextHeader({ claimed: true, callId }), ...headers }));
const reasonOf = (response: Response) => response.headers.get('mcp-fleet-reason');
const kept = async (callId = 'c-1') => gatewayFetch()(`http://127.0.0.1:${sidecar.port}/tools/orphans/${callId}`);
const NOT_FOUND = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } });

afterEach(async () => {
  await stopAll([sidecar?.process]);
  await server?.close();
});

describe('a claimed call whose session the server denies', () => {
  const denials: [string, number, string][] = [
    ['404', 404, 'not found'],
    ['404 and the words', 404, NOT_FOUND],
    ['400 and the words', 400, 'Bad Request: No valid session ID provided'],
  ];

  test.each(denials)('with %s, though it still has it: nobody knows what the call did', async (_, status, text) => {
    await start((heard, response) => {
      if (heard.message?.method === 'ping') response.writeHead(200, JSON_TYPE).end(resultOf(heard, {}));
      else if (heard.message?.params?.name === 'pay') response.writeHead(status).end(text);
      else response.writeHead(200, JSON_TYPE).end(resultOf(heard));
    });
    const response = await claim('c-1', { 'mcp-protocol-version': '2025-06-18' });
    expect([response.status, reasonOf(response)]).toEqual([502, 'server_lost']);
    expect(await response.json()).toMatchObject({ error: { data: { outcome: 'unknown' } } });
    expect(reasonOf(await kept())).toBe('server_lost');
    expect(server.heard.at(-1)).toMatchObject({
      session: 's-1',
      headers: { 'mcp-protocol-version': '2025-06-18' },
      message: { method: 'ping' },
    });
    // The session is what it was.
    expect((await post(sidecar.url, call('balance'), session)).status).toBe(200);
    expect((await sidecar.ready()).activeSessions).toBe(1);
  });

  test.each(denials)('with %s, and has it no more: nothing was executed', async (_, status, text) => {
    await start((_heard, response) => response.writeHead(status).end(text));
    const response = await claim();
    expect([response.status, reasonOf(response)]).toEqual([404, 'unknown_session']);
    expect(reasonOf(await kept())).toBe('unknown_call');
    expect(await sidecar.ready()).toMatchObject({ activeSessions: 0, slotsInUse: 0 });
  });

  test.each<[string, Parameters<typeof startRawServer>[0]]>([
    ['fails when it is asked', (_heard, response) => response.writeHead(500).end()],
    ['breaks off when it is asked', (_heard, response) => response.destroy()],
    ['answers the question with a stream that it never ends', (_heard, response) => response.writeHead(200, SSE_TYPE).flushHeaders()],
    ['says of the question that it is bad', (_heard, response) => response.writeHead(400).end('Bad Request: no such method')],
  ])('and that %s: nobody knows', async (_, asked) => {
    await start((heard, response) => {
      if (heard.message?.method === 'ping') return asked(heard, response);
      response.writeHead(404).end();
    });
    expect(reasonOf(await claim())).toBe('server_lost');
    expect((await sidecar.ready()).activeSessions).toBe(1);
  });

  test('is asked about once, and a call without a claim is not', async () => {
    await start((_heard, response) => response.writeHead(404).end());
    expect(reasonOf(await post(sidecar.url, call('balance'), session))).toBe('unknown_session');
    expect(server.heard.map(({ message }) => message?.method)).toEqual(['initialize', 'tools/call']);
  });
});

describe('429', () => {
  test.each<[string, Record<string, string>, string]>([
    ['plain text', { 'content-type': 'text/plain' }, 'slow down'],
    ['nothing', {}, ''],
    ['JSON that is no response', JSON_TYPE, '{"error":"rate limited"}'],
    ['a long page', { 'content-type': 'text/html' }, `<html>${'x'.repeat(10_000)}</html>`],
  ])('with %s passes as it is, named as not executed', async (_, headers, body) => {
    await start((_heard, response) => response.writeHead(429, { ...headers, 'retry-after': '7' }).end(body));
    const response = await claim();
    expect([response.status, reasonOf(response), response.headers.get('retry-after')]).toEqual([429, 'rate_limited', '7']);
    expect(await response.text()).toBe(body);
    expect(reasonOf(await kept())).toBe('unknown_call');
    expect((await sidecar.ready()).activeSessions).toBe(1);
  });

  test.each<[string, object]>([
    ['a JSON-RPC error', { error: { code: -32000, message: 'limit' } }],
    ['a JSON-RPC error of some length', { error: { code: -32000, message: 'limit', data: 'x'.repeat(10_000) } }],
  ])("with %s is the server's own answer, of which the sidecar says nothing", async (_, answer) => {
    await start((heard, response) =>
      response.writeHead(429, JSON_TYPE).end(JSON.stringify({ jsonrpc: '2.0', id: heard.message.id, ...answer })),
    );
    const response = await claim();
    expect([response.status, reasonOf(response)]).toEqual([429, null]);
    expect(await response.json()).toMatchObject({ id: 1, error: { code: -32000 } });
  });

  const RESPONSE = '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
  const TWICE = '{"jsonrpc":"2.0","id":1,"id":1,"result":{"content":[]}}';
  test.each<[string, Record<string, string>, string]>([
    ['a response in a stream', SSE_TYPE, `data: ${RESPONSE}\n\n`],
    ['an error in a stream', SSE_TYPE, 'data: {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"limit"}}\n\n'],
    ['a response behind a byte order mark', JSON_TYPE, `\ufeff${RESPONSE}`],
    ['a response behind 70,000 spaces', JSON_TYPE, ' '.repeat(70_000) + RESPONSE],
    ['a response with a member that comes twice', JSON_TYPE, TWICE],
    ['an array of responses', JSON_TYPE, `[${RESPONSE}]`],
    ['a response that is cut off', JSON_TYPE, RESPONSE.slice(0, -1)],
    ['a response that forgets its version', JSON_TYPE, '{"id":1,"result":{}}'],
  ])('with %s may be of a server that has begun: it is not named', async (_, headers, body) => {
    await start((_heard, response) => response.writeHead(429, headers).end(body));
    const response = await claim();
    expect([response.status, reasonOf(response)]).toEqual([429, null]);
    expect(Buffer.from(await response.arrayBuffer()).toString()).toBe(body);
    expect(reasonOf(await kept())).not.toBe('unknown_call');
  });

  test('to initialize takes no slot', async () => {
    await start(() => {});
    const limited = await startRawServer((_heard, response) => response.writeHead(429, { 'retry-after': '1' }).end());
    const other = await startSidecar({ kind: 'http', url: limited.url });
    try {
      const response = await post(other.url, initialize);
      expect([response.status, reasonOf(response)]).toEqual([429, 'rate_limited']);
      expect((await other.ready()).slotsInUse).toBe(0);
    } finally {
      await stopAll([other.process]);
      await limited.close();
    }
  });
});
