import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { askedId, deferred, grant, type Rig, type RpcAnswer, startRig, type Upstream } from '../rig';
import { call } from './messages';
import { serving } from './serving';

let rig: Rig;
let keys = 0;
beforeAll(async () => {
  rig = await startRig({ payments: { tools: { balance: { effect: 'read_only', key: 'fenced' } } } });
  await grant(rig, 'support', 'payments', ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.reached.length = 0;
});

const RESULT = { content: [{ type: 'text', text: 'é€😀' }] };
const responseTo = (id: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, result: RESULT });

/** Answers a call by these very bytes, in these pieces. */
function bytes(
  write: (id: unknown) => Buffer,
  headers: Record<string, string>,
  cut: (whole: Buffer) => Buffer[] = (whole) => [whole],
): Upstream {
  return serving({
    'tools/call': async (_, response) => {
      response.writeHead(200, { 'mcp-fleet-instance': 'task-1', ...headers });
      for (const piece of cut(write(askedId(response)))) {
        response.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    },
  });
}
const ask = (tool = 'pay'): Promise<RpcAnswer> => rig.ask('support', 'payments', call(tool, {}, `key-${++keys}`));
const each = (whole: Buffer): Buffer[] => [...whole].map((byte) => Buffer.from([byte]));
const STREAM = { 'content-type': 'text/event-stream' };
const NOISE = 'event: ping\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n: comment\n\nretry: 5\n\nid: 3\n\ndata\n\nunknown: x\n\n';

describe('a stream is read as WHATWG says:', () => {
  test.each<[string, (id: unknown) => string]>([
    ['an event of another type before the result', (id) => `event: ping\ndata: not json\n\ndata: ${responseTo(id)}\n\n`],
    [
      'an event of another type that looks like the result',
      (id) => `event: result\ndata: ${responseTo(id).replace('é', 'forged')}\n\ndata: ${responseTo(id)}\n\n`,
    ],
    ['all kinds of noise', (id) => `${NOISE}data: ${responseTo(id)}\n\n`],
    ['no space behind the colon', (id) => `event:message\ndata:${responseTo(id)}\n\n`],
    ['lines that end in CR', (id) => `event: message\rdata: ${responseTo(id)}\r\r`],
    ['lines that end in CRLF', (id) => `event: message\r\ndata: ${responseTo(id)}\r\n\r\n`],
    ['lines that end in each', (id) => `event: message\ndata: ${responseTo(id)}\r\n\r`],
    ['a byte order mark', (id) => `\ufeffdata: ${responseTo(id)}\n\n`],
    ['data in many lines', (id) => `data: {"jsonrpc":"2.0",\ndata: "id":${id},\ndata:  "result":${JSON.stringify(RESULT)}\ndata: }\n\n`],
    ['an id with a zero, which is none', (id) => `id: a\0b\ndata: ${responseTo(id)}\n\n`],
    ['more behind the result', (id) => `data: ${responseTo(id)}\n\ndata: ${responseTo(id)}\n\ndata: x`],
  ])('%s, whole and byte by byte', async (_, write) => {
    for (const cut of [undefined, each]) {
      rig.upstream = bytes((id) => Buffer.from(write(id)), STREAM, cut);
      const { result } = await ask();
      expect(result).toMatchObject(RESULT);
    }
    expect(rig.reached).toHaveLength(2);
  });

  test('a result comes when it is there, although the server sends no more and does not end', async () => {
    for (const [coding, encode] of [
      ['identity', (text: Buffer) => text],
      ['deflate', (text: Buffer) => deflateSync(text, { finishFlush: constants.Z_SYNC_FLUSH })],
      ['deflate', (text: Buffer) => deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH })],
      ['gzip', (text: Buffer) => gzipSync(text, { finishFlush: constants.Z_SYNC_FLUSH })],
    ] as const) {
      const [closed, close] = deferred();
      rig.upstream = serving({
        'tools/call': (request, response) => {
          response.writeHead(200, { 'mcp-fleet-instance': 'task-1', ...STREAM, 'content-encoding': coding });
          response.write(encode(Buffer.from(`data: ${responseTo(askedId(response))}\n\n`)));
          request.socket.once('close', close);
        },
      });
      expect((await ask()).result).toMatchObject(RESULT);
      await closed;
    }
    expect(rig.gateway.holdings.bytes).toBe(0);
  });

  test('a result whose event does not end is none', async () => {
    rig.upstream = bytes((id) => Buffer.from(`data: ${responseTo(id)}\n`), STREAM);
    expect((await ask()).error.data).toMatchObject({ outcome: 'unknown' });
  });
});

describe('a media type is what it is in any spelling:', () => {
  test.each([
    'text/event-stream',
    'Text/Event-Stream',
    'text/event-stream;charset=utf-8',
    'TEXT/EVENT-STREAM ; charset="UTF-8"',
    ' text/event-stream ',
  ])('%s', async (type) => {
    rig.upstream = bytes((id) => Buffer.from(`data: ${responseTo(id)}\n\n`), { 'content-type': type });
    expect((await ask()).result).toMatchObject(RESULT);
  });

  test.each(['application/json', 'Application/JSON; charset=utf-8', 'text/plain', 'application/vnd.api+json'])('%s', async (type) => {
    rig.upstream = bytes((id) => Buffer.from(`\ufeff ${responseTo(id)}\n`), { 'content-type': type });
    expect((await ask()).result).toMatchObject(RESULT);
  });
});

describe('a server that codes its answer unasked is understood:', () => {
  const CODINGS: [string, (text: Buffer) => Buffer][] = [
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['gzip, gzip', (text) => gzipSync(gzipSync(text))],
    ['deflate, gzip', (text) => gzipSync(deflateSync(text))],
    ['identity', (text) => text],
    ['identity, gzip', gzipSync],
  ];

  test.each(CODINGS)('%s, a read asked once, whole and byte by byte, as a body and as a stream', async (coding, encode) => {
    for (const cut of [undefined, each]) {
      rig.upstream = bytes(
        (id) => encode(Buffer.from(responseTo(id))),
        { 'content-type': 'application/json', 'content-encoding': coding },
        cut,
      );
      expect((await ask('balance')).result).toMatchObject(RESULT);
      rig.upstream = bytes((id) => encode(Buffer.from(`data: ${responseTo(id)}\n\n`)), { ...STREAM, 'content-encoding': coding }, cut);
      expect((await ask('balance')).result).toMatchObject(RESULT);
    }
    expect(rig.reached).toHaveLength(4);
    expect(rig.reached.map(({ headers }) => headers['accept-encoding'])).toEqual(Array(4).fill(undefined));
  });

  test.each<[string, string, (id: unknown) => Buffer]>([
    ['in what nobody knows', 'x-secret', (id) => Buffer.from(responseTo(id))],
    ['in three codings', 'gzip, gzip, gzip', (id) => gzipSync(gzipSync(gzipSync(responseTo(id))))],
    ['in deflate that is none', 'deflate', (id) => Buffer.from(responseTo(id))],
    ['in gzip that is none', 'gzip', (id) => Buffer.from(responseTo(id))],
    ['in gzip that is cut off', 'gzip', (id) => gzipSync(responseTo(id)).subarray(0, 30)],
  ])('but not %s', async (_, coding, write) => {
    rig.upstream = bytes(write, { 'content-type': 'application/json', 'content-encoding': coding });
    expect((await ask()).error.data).toMatchObject({ outcome: 'unknown', retry: 'same_key' });
    expect(rig.reached).toHaveLength(1);
    expect(rig.gateway.holdings.bytes).toBe(0);
  });
});
