import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { grant, type Rig, startRig } from '../rig';
import { call, INITIALIZE, KEY_META } from './messages';
import { openSession, reachedServer, says, serving } from './serving';
import { sendOverWire } from './wire';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ payments: { tools: { balance: { effect: 'read_only', key: 'fenced' } } } });
  await grant(rig, 'support', 'payments', ['*']);
  await grant(rig, 'guest', 'payments', ['balance']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

/** Texts that no compression makes smaller. */
const noise = (bytes: number): string => randomBytes(bytes).toString('base64').slice(0, bytes);

describe('a tool’s name that does not fit into a row is no call: refused, without a row and without a trace in memory:', () => {
  test.each<[string, string, string]>([
    ['3.9 MB', 'guest', 'x'.repeat(3_900_000)],
    ['90 kB, of who may call anything', 'support', 'x'.repeat(90_000)],
    ['1,025 bytes', 'support', 'x'.repeat(1_025)],
    ['1,024 characters of two bytes', 'support', 'é'.repeat(1_024)],
    ['nothing', 'support', ''],
  ])('%s', async (_, subject, name) => {
    const before = (await rig.rows()).length;
    const { status, error } = await rig.ask(subject, 'payments', call(name));
    expect([status, error.code, error.data.outcome]).toEqual([400, -32602, 'not_executed']);
    expect(reachedServer(rig)).toEqual([]);
    expect(await rig.rows()).toHaveLength(before);
    expect([rig.gateway.lateWrites.count, rig.gateway.holdings.bytes]).toEqual([0, 0]);
  });

  test.each([
    ['a lone surrogate', '"\\ud800"'],
    ['surrogates in the wrong order', '"\\udc00\\ud800"'],
    ['null', 'null'],
    ['a number', '7'],
    ['a list', '["balance"]'],
  ])('%s', async (_, name) => {
    const { status } = await rig.ask('support', 'payments', `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":${name}}}`);
    expect(status).toBe(400);
    expect(reachedServer(rig)).toEqual([]);
  });
});

describe('a call whose every field is as long as may be has a row, which is settled:', () => {
  test.each<[string, string]>([
    ['ASCII', 'x'.repeat(1_024)],
    ['two bytes a character', 'é'.repeat(512)],
    ['four bytes a character', '😀'.repeat(256)],
  ])('%s', async (_, name) => {
    const key = `${name.slice(0, 100)}`;
    const headers = { 'mcp-fleet-task': 't'.repeat(255) };
    const { result } = await rig.ask(
      'support',
      'payments',
      call(
        name,
        { x: noise(120_000) },
        Buffer.from(key)
          .subarray(0, 240)
          .toString()
          .replace(/\ufffd/g, ''),
        'i'.repeat(255),
      ),
      headers,
    );
    const row = (await rig.rows()).find(({ tool }) => tool === name);
    expect(row).toMatchObject({ state: 'confirmed', callId: result._meta['cdk-mcp-fleet/call']?.callId, task: 't'.repeat(255) });
  });

  test('with arguments and a result that cannot be made smaller', async () => {
    for (const size of [130_000, 200_000, 1_000_000]) {
      const text = noise(size);
      rig.upstream = serving({ 'tools/call': says(`{"jsonrpc":"2.0","id":$id,"result":{"content":[{"type":"text","text":"${text}"}]}}`) });
      const { result } = await rig.ask('support', 'payments', call('pay', { x: noise(size), size }, `size-${size}`));
      expect(result.content).toEqual([{ type: 'text', text }]);
      expect((await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === `size-${size}`)?.state).toBe('confirmed');
    }
    expect(rig.gateway.lateWrites.count).toBe(0);
  });
});

describe('what else reaches a row or the directory is bounded at the door:', () => {
  test.each<[string, object, Record<string, string>]>([
    ['an id', call('pay', {}, undefined, 'i'.repeat(256)), {}],
    ['an id of many bytes', call('pay', {}, undefined, 'é'.repeat(200)), {}],
    ['a key in _meta', call('pay', {}, 'k'.repeat(256)), {}],
    ['a key in the header', call('pay'), { 'idempotency-key': 'k'.repeat(8_000) }],
    ['a task in the header', call('pay'), { 'mcp-fleet-task': 't'.repeat(256) }],
    ['a task in _meta', { ...call('pay'), params: { name: 'pay', _meta: { 'cdk-mcp-fleet/taskId': 't'.repeat(10_000) } } }, {}],
  ])('%s', async (_, body, headers) => {
    const before = (await rig.rows()).length;
    const { status, error } = await rig.ask('support', 'payments', body, headers);
    expect([status, error.data.outcome]).toEqual([400, 'not_executed']);
    expect(reachedServer(rig)).toEqual([]);
    expect(await rig.rows()).toHaveLength(before);
  });

  test.each([
    ['of 8 kB', 'k'.repeat(8_000)],
    ['of 256 bytes', 'k'.repeat(256)],
    ['of many bytes', encodeURIComponent('é'.repeat(200))],
    ['of no UTF-8', '%ff%fe'],
    ['of a lone surrogate', '%ed%a0%80'],
  ])('a key %s that is asked for', async (_, key) => {
    const answer = await sendOverWire(rig, 'support', { method: 'GET', path: `/payments/calls/${key}`, contentType: [] });
    expect([answer.status, JSON.parse(answer.text).error.data.error]).toEqual([400, 'INVALID_PARAMS']);
  });

  test('a subject that is longer than an issuer may give', async () => {
    const subject = 's'.repeat(3_000);
    await grant(rig, subject, 'payments', ['*']);
    const { status, error } = await rig.ask(subject, 'payments', call('pay'));
    expect([status, error.data.error]).toEqual([401, 'UNAUTHENTICATED']);
    expect(reachedServer(rig)).toEqual([]);
  });

  test('what a session says of its log level and its subscriptions passes and is kept as far as it fits', async () => {
    const session = await openSession(rig, 'support', 'payments', INITIALIZE);
    for (const [method, params] of [
      ['logging/setLevel', { level: 'l'.repeat(500_000) }],
      ['resources/subscribe', { uri: `file:///${'u'.repeat(500_000)}` }],
    ] as const) {
      const { result } = await rig.ask('support', 'payments', { jsonrpc: '2.0', id: 1, method, params }, { 'mcp-session-id': session });
      expect(Object.keys(result)).toEqual(method === 'resources/subscribe' ? ['_meta'] : []);
    }
  });
});

test('a key of two hundred and fifty-five bytes names its call, and is found', async () => {
  const key = `${'é'.repeat(127)}k`;
  await rig.ask('support', 'payments', { ...call('pay'), params: { name: 'pay', _meta: { [KEY_META]: key } } });
  const answer = await sendOverWire(rig, 'support', { method: 'GET', path: `/payments/calls/${encodeURIComponent(key)}`, contentType: [] });
  expect(JSON.parse(answer.text)).toMatchObject({ tool: 'pay', outcome: 'confirmed', idempotencyKey: key });
});
