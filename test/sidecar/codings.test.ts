import { brotliCompressSync, constants, createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Heard, JSON_TYPE, type RawServer, resultOf, SSE_TYPE } from './raw-server';
import { startRawSession } from './raw-session';
import { call, contextHeader, gatewayFetch, post, postInit, type StartedSidecar, stopAll, until } from './started';

let server: RawServer;
let sidecar: StartedSidecar;
let session: Record<string, string>;

async function start(answer: Parameters<typeof startRawSession>[0]): Promise<void> {
  ({ server, sidecar, session } = await startRawSession(answer));
}

const claimed = (callId: string) => ({ ...session, ...contextHeader({ claimed: true, callId }) });
const kept = async (callId: string) => gatewayFetch()(`http://127.0.0.1:${sidecar.port}/tools/orphans/${callId}`);

afterEach(async () => {
  await stopAll([sidecar?.process]);
  await server?.close();
});

const twice = (text: string) => gzipSync(deflateSync(text));

describe('a server that codes its answers unasked', () => {
  test.each<[string, (text: string) => Buffer, string]>([
    ['gzip', gzipSync, 'gzip'],
    ['GZIP, in capitals', gzipSync, 'GZip'],
    ['x-gzip', gzipSync, 'x-gzip'],
    ['deflate', deflateSync, 'deflate'],
    ['deflate without its frame', deflateRawSync, 'deflate'],
    ['br', brotliCompressSync, 'br'],
    ['two codings', twice, 'deflate, gzip'],
    ['none by name', Buffer.from, 'identity'],
  ])('with %s is read, kept and passed on as if it had not', async (_, encode, coding) => {
    await start((heard, response) => {
      const body = encode(resultOf(heard, { text: 'é'.repeat(1_000) }));
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': coding, 'content-length': body.length }).end(body);
    });
    const response = await fetch(sidecar.url, postInit(call('t'), claimed('c-1')));
    expect([response.status, response.headers.get('content-encoding')]).toEqual([200, coding === 'identity' ? coding : null]);
    const text = await response.text();
    expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', id: 1, result: { text: 'é'.repeat(1_000) } });
    expect(await (await kept('c-1')).text()).toBe(text);
    expect(server.heard.at(-1)?.headers['accept-encoding']).toBe('identity');
  });

  test('its events arrive as they are sent, and the response to a claimed call ends the exchange', async () => {
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    let asked: Heard | undefined;
    await start((heard, response) => {
      asked = heard;
      response.writeHead(200, { ...SSE_TYPE, 'content-encoding': 'gzip' });
      gzip.pipe(response);
      gzip.write('data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n');
    });
    const response = await fetch(sidecar.url, postInit(call('t'), claimed('c-1')));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('notifications/message');
    gzip.write(`data: ${resultOf(asked as Heard)}\n\n`);
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('"result"');
    expect((await reader.read()).done).toBe(true);
  });

  test('an error that it codes is read, too: a session that it denies is one that is gone', async () => {
    await start((_heard, response) => {
      response.writeHead(400, { 'content-encoding': 'gzip' }).end(gzipSync('Bad Request: No valid session ID provided'));
    });
    expect((await post(sidecar.url, call('t'), session)).headers.get('mcp-fleet-reason')).toBe('unknown_session');
  });

  test.each<[string, string, (heard: Heard) => Buffer]>([
    ['in a way that nobody knows', 'zstd', (heard) => Buffer.from(resultOf(heard))],
    ['in a way that only objects know', 'constructor', (heard) => Buffer.from(resultOf(heard))],
    ['three times', 'gzip, gzip, gzip', (heard) => gzipSync(gzipSync(gzipSync(resultOf(heard))))],
  ])('%s: the answer is lost, and a gateway that asks hears so', async (_, coding, body) => {
    await start((heard, response) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': coding }).end(body(heard)));
    const response = await fetch(sidecar.url, postInit(call('t'), claimed('c-1')));
    expect([response.status, response.headers.get('mcp-fleet-reason')]).toEqual([502, 'server_lost']);
    expect(await sidecar.event('server_lost')).toMatchObject({ delivered: true, code: 'UNKNOWN_CODING' });
    expect((await kept('c-1')).headers.get('mcp-fleet-reason')).toBe('server_lost');
  });

  test.each<[string, (heard: Heard) => Buffer]>([
    ['breaks off', (heard) => gzipSync(resultOf(heard, { text: 'x'.repeat(10_000) })).subarray(0, 60)],
    ['is not coded at all', (heard) => Buffer.from(resultOf(heard))],
  ])('an answer that %s is lost', async (_, body) => {
    await start((heard, response) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(body(heard)));
    const response = await fetch(sidecar.url, postInit(call('t'), claimed('c-1'))).catch((error: Error) => error);
    // Its head may have left: then what is read of it must not pass for whole.
    if (response instanceof Response) await expect(response.text()).rejects.toThrow();
    await until(async () => (await kept('c-1')).headers.get('mcp-fleet-reason') === 'server_lost', 'the call to be lost');
  });

  test('one that becomes larger than may be decoded is cut off, and the sidecar holds none of it', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
    await start((_heard, response) => response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(bomb));
    const response = await fetch(sidecar.url, postInit(call('t'), claimed('c-1')));
    let bytes = 0;
    await expect(
      (async () => {
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) bytes += chunk.length;
      })(),
    ).rejects.toThrow();
    expect(bytes).toBeLessThanOrEqual(64 * 1024 * 1024);
    expect(await sidecar.event('server_lost')).toMatchObject({ code: 'DECODED_TOO_LARGE' });
    expect((await kept('c-1')).status).not.toBe(200);
  });
});

describe('an event stream of any making', () => {
  const RESULT = (heard: Heard) => `data: ${resultOf(heard)}`;

  test.each<[string, string, (heard: Heard) => string]>([
    ['a byte order mark', 'text/event-stream', (heard) => `\u{feff}${RESULT(heard)}\n\n`],
    ['carriage returns and line feeds', 'text/event-stream', (heard) => `event: message\r\n${RESULT(heard)}\r\n\r\n`],
    ['lone carriage returns', 'text/event-stream', (heard) => `event: message\r${RESULT(heard)}\r\r`],
    ['ends of both kinds', 'text/event-stream', (heard) => `event: message\r${RESULT(heard)}\n\r\n`],
    ['a type in capitals, with parameters', 'Text/Event-Stream ; Charset=UTF-8', (heard) => `${RESULT(heard)}\n\n`],
    ['an event of another type before', 'text/event-stream', (heard) => `event: hello\n${RESULT(heard)}x\n\n${RESULT(heard)}\n\n`],
    ['data on two lines', 'text/event-stream', (heard) => `data: {"jsonrpc":"2.0",\ndata: "id":${heard.message.id},"result":{}}\n\n`],
  ])('with %s ends with its response, and the response is kept', async (_, type, stream) => {
    await start((heard, response) => {
      response.writeHead(200, { 'content-type': type });
      // Byte by byte; and it stays open.
      for (const byte of Buffer.from(stream(heard))) response.write(Buffer.from([byte]));
    });
    const response = await fetch(sidecar.url, postInit(call('t'), claimed('c-1')));
    expect(await response.text()).not.toContain('\u{feff}');
    expect(await (await kept('c-1')).json()).toMatchObject({ id: 1, result: {} });
  });

  test('a mark that comes long after the head is left out, too', async () => {
    let late = () => {};
    await start((heard, response) => {
      response.writeHead(200, SSE_TYPE).flushHeaders();
      late = () => response.end(`\u{feff}${RESULT(heard)}\n\n`);
    });
    const response = await post(sidecar.url, call('t'), session);
    late();
    expect(await response.text()).toBe(`${RESULT(server.heard.at(-1) as Heard)}\n\n`);
  });
});
