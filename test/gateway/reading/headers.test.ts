import { connect } from 'node:net';
import { text as streamText } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { grant, type Rig, startRig } from '../rig';
import { call, INITIALIZE } from './messages';
import { openSession, reachedServer, serving } from './serving';
import { sendOverWire } from './wire';

let rig: Rig;
let session: string;
beforeAll(async () => {
  rig = await startRig({ payments: {} });
  await grant(rig, 'support', 'payments', ['*']);
  await grant(rig, 'treasury', 'payments', ['*']);
  rig.upstream = serving();
  session = await openSession(rig, 'support', 'payments', INITIALIZE);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

const body = JSON.stringify(call('pay'));
const bearer = async (subject: string): Promise<string> => `Bearer ${await rig.token(subject)}`;

describe('a header by which something is decided has one value:', () => {
  test.each<[string, readonly string[]]>([
    ['two keys', ['Idempotency-Key: k-1', 'Idempotency-Key: k-2']],
    ['the same key twice', ['Idempotency-Key: k-1', 'idempotency-key: k-1']],
    ['a list of keys', ['Idempotency-Key: k-1, k-2']],
    ['a list of quoted keys', ['Idempotency-Key: "k-1", "k-2"']],
    ['two methods', ['Mcp-Method: tools/call', 'Mcp-Method: tools/list']],
    ['a list of methods', ['Mcp-Method: tools/call, tools/list']],
    ['two names', ['Mcp-Name: pay', 'Mcp-Name: admin']],
    ['a list of names', ['Mcp-Name: pay, admin']],
    ['two revisions', ['Mcp-Protocol-Version: 2025-11-25', 'Mcp-Protocol-Version: 2025-06-18']],
    ['a list of revisions', ['Mcp-Protocol-Version: 2025-11-25, 2025-06-18']],
    ['two tasks', ['Mcp-Fleet-Task: a', 'Mcp-Fleet-Task: b']],
    ['two parameters', ['Mcp-Param-Region: eu', 'Mcp-Param-Region: us']],
    ['two content types', ['Content-Type: application/json']],
    ['two traces', [`Traceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, `Traceparent: 00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`]],
    ['two codings', ['Content-Encoding: identity', 'Content-Encoding: identity']],
    ['two origins', ['Origin: https://console.test', 'Origin: https://evil.test']],
  ])('%s', async (_, lines) => {
    const before = (await rig.rows()).length;
    const answer = await sendOverWire(rig, 'support', { body, lines });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).error.data.outcome).toBe('not_executed');
    expect(reachedServer(rig)).toEqual([]);
    expect(await rig.rows()).toHaveLength(before);
  });

  test('two session ids', async () => {
    const lines = [`Mcp-Session-Id: ${session}`, `Mcp-Session-Id: ${session}`];
    expect((await sendOverWire(rig, 'support', { body, lines })).status).toBe(400);
    expect((await sendOverWire(rig, 'support', { body, lines: [`Mcp-Session-Id: ${session}, ${session}`] })).status).toBe(404);
    expect(reachedServer(rig)).toEqual([]);
  });

  test('two tokens, as two lines or as a list', async () => {
    const [one, other] = [await bearer('support'), await bearer('treasury')];
    for (const authorization of [[`Authorization: ${one}`, `Authorization: ${other}`], [`Authorization: ${one}, ${other}`]]) {
      const { status } = await sendOverWire(rig, 'support', { body, authorization });
      expect([400, 401]).toContain(status);
    }
    expect(reachedServer(rig)).toEqual([]);
  });

  test('two content types in one', async () => {
    const answer = await sendOverWire(rig, 'support', { body, contentType: ['Content-Type: application/json, application/json'] });
    expect(answer.status).toBe(415);
  });

  test('whatever is asked: for an outcome, for a stream, for the end of a session', async () => {
    const [one, other] = [await bearer('support'), await bearer('treasury')];
    const authorization = [`Authorization: ${one}`, `Authorization: ${other}`];
    for (const [method, path] of [
      ['GET', '/payments/calls/k-1'],
      ['GET', '/payments/mcp'],
      ['DELETE', '/payments/mcp'],
    ] as const) {
      const lines = [`Mcp-Session-Id: ${session}`];
      expect((await sendOverWire(rig, 'support', { method, path, authorization, lines, contentType: [] })).status).toBe(400);
    }
    expect(reachedServer(rig)).toEqual([]);
  });
});

test('a method beside a response, which has none', async () => {
  const response = JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} });
  const lines = [`Mcp-Session-Id: ${session}`, 'Mcp-Method: tools/call'];
  const answer = await sendOverWire(rig, 'support', { body: response, lines });
  expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([400, -32_020]);
  expect(reachedServer(rig)).toEqual([]);
});

test('a transfer coding that only some take off', async () => {
  const { hostname, port, host } = new URL(rig.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    [
      'POST /payments/mcp HTTP/1.1',
      `Host: ${host}`,
      'Connection: close',
      `Authorization: ${await bearer('support')}`,
      'Content-Type: application/json',
      'Accept: application/json, text/event-stream',
      'Transfer-Encoding: gzip, chunked',
      '',
      `${Buffer.byteLength(body).toString(16)}`,
      body,
      '0',
      '',
      '',
    ].join('\r\n'),
  );
  expect(await streamText(socket)).toMatch(/^HTTP\/1.1 415 /);
  expect(reachedServer(rig)).toEqual([]);
});

describe('a quoted key may hold what a list could not:', () => {
  test.each([
    ['"a, b"', 'a, b'],
    ['"say \\"x\\""', 'say "x"'],
    ['plain-1', 'plain-1'],
  ])('%s', async (field, key) => {
    const answer = await sendOverWire(rig, 'support', { body, lines: [`Idempotency-Key: ${field}`] });
    expect(answer.status).toBe(200);
    expect((await rig.rows()).some(({ idempotencyKey }) => idempotencyKey === key)).toBe(true);
  });
});

describe('a coded body is refused by name, whatever it is coded in:', () => {
  test.each<[string, Buffer]>([
    ['gzip', gzipSync(body)],
    ['gzip', Buffer.from(body)],
    ['GZIP', gzipSync(body)],
    ['br', Buffer.from(body)],
    ['deflate', Buffer.from(body)],
    ['identity, gzip', gzipSync(body)],
    ['x-unknown', Buffer.from(body)],
  ])('%s', async (coding, bytes) => {
    const answer = await sendOverWire(rig, 'support', { body: bytes, lines: [`Content-Encoding: ${coding}`] });
    expect([answer.status, JSON.parse(answer.text).error.data.error]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect(answer.headers.get('accept-encoding')).toBe('identity');
    expect(reachedServer(rig)).toEqual([]);
  });

  test('but not one that is not coded', async () => {
    expect((await sendOverWire(rig, 'support', { body, lines: ['Content-Encoding: identity'] })).status).toBe(200);
  });
});

describe('what a field value cannot hold is refused:', () => {
  test.each<[string, string]>([
    ['a key in latin1', 'Idempotency-Key: k-\xe9'],
    ['a key in UTF-8', `Idempotency-Key: k-${Buffer.from('é').toString('latin1')}`],
    ['a name', `Mcp-Name: ${Buffer.from('pay€').toString('latin1')}`],
    ['a task', 'Mcp-Fleet-Task: t\xff'],
    ['a session', 'Mcp-Session-Id: s\xa0'],
    ['a parameter', 'Mcp-Param-Region: \xfcber'],
    ['a folded key', 'Idempotency-Key: k-1\r\n k-2'],
    ['a folded method', 'Mcp-Method: tools/call\r\n\tx'],
    ['a key with a zero', 'Idempotency-Key: k\x00'],
    ['space before the colon', 'Idempotency-Key : k-1'],
  ])('%s', async (_, line) => {
    const { status } = await sendOverWire(rig, 'support', { body, lines: [line] });
    expect(status).toBe(400);
    expect(reachedServer(rig)).toEqual([]);
  });

  test('others may hold what they like: nobody decides by them', async () => {
    const answer = await sendOverWire(rig, 'support', { body, lines: ['User-Agent: ag\xebnt', 'X-Trace: a', 'X-Trace: b'] });
    expect(answer.status).toBe(200);
    expect(Object.keys(rig.reached[0]?.headers ?? {})).not.toEqual(expect.arrayContaining(['x-trace']));
  });
});

describe('a name that was encoded is compared as it is, spaces at its ends included:', () => {
  const encoded = (name: string): string => `Mcp-Name: =?base64?${Buffer.from(name).toString('base64')}?=`;
  const post = async (name: string, line: string) =>
    sendOverWire(rig, 'support', { body: JSON.stringify(call(name)), lines: [`Mcp-Session-Id: ${session}`, line] });

  test.each([' pay', 'pay ', '\tpay', '\ufeffpay', 'pay\u00a0'])('%j', async (name) => {
    expect((await post(name, encoded(name))).status).toBe(200);
    expect(reachedServer(rig)).toHaveLength(1);
    rig.reached.length = 0;
    expect((await post('pay', encoded(name))).status).toBe(400);
    expect(reachedServer(rig)).toEqual([]);
  });
});
