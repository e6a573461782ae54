import { afterEach, describe, expect, test } from '@jest/globals';
import { signContext } from '../../core/signed-context';
import { Budget } from '../../sidecar/budget';
import { KeptAnswers } from '../../sidecar/kept-answers';
import { LIMITS, type Limits } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { ResponseReader } from '../../sidecar/response-reader';
import { Sidecar } from '../../sidecar/sidecar';
import { ManualClock } from './manual-clock';
import { call, KEY, postInit, startSdkServer, stopAll, until } from './started';

const clock = new ManualClock();
const EVENTS = ['content-type', 'text/event-stream; charset=utf-8'];
const JSON_BODY = ['content-type', 'application/json'];

describe('kept answers', () => {
  const kept = (limits: Partial<Limits> = {}) => new KeptAnswers(clock, { ...LIMITS, ...limits });
  const answer = (store: KeptAnswers, callId: string, text: string) => store.open('a', callId).answered(text);
  const textOf = (store: KeptAnswers, callId: string) => {
    const state = store.find('a', callId);
    return typeof state === 'object' ? state.answer.toString() : state;
  };

  test('the oldest leave when all of them are too large, and what remains is what is counted', () => {
    const store = kept({ keptAnswersBytes: 10_000 });
    for (const callId of ['1', '2', '3', '4']) answer(store, callId, callId.repeat(2_000));
    expect(store.bytes).toBeLessThanOrEqual(10_000);
    expect(['1', '2', '3', '4'].map((callId) => textOf(store, callId)?.length)).toEqual([undefined, 2_000, 2_000, 2_000]);
    answer(store, '5', 'é'.repeat(4_000));
    expect(['3', '4', '5'].map((callId) => textOf(store, callId)?.length)).toEqual([undefined, undefined, 4_000]);
    expect(store.bytes).toBeGreaterThan(8_000);
  });

  test('facts without an answer are bounded too', () => {
    const store = kept({ keptAnswersBytes: 10_000 });
    for (let i = 0; i < 1_000; i++) store.open('a', `c-${i}`).lost();
    expect(store.bytes).toBeLessThanOrEqual(10_000);
    expect([textOf(store, 'c-0'), textOf(store, 'c-999')]).toEqual([undefined, 'lost']);
  });

  test('each leaves half an hour after its call ended, and nothing is counted then', () => {
    const store = kept();
    answer(store, '1', 'first');
    clock.advance(20 * 60_000);
    const slow = store.open('a', '2');
    answer(store, '3', 'third');
    clock.advance(10 * 60_000 - 1);
    expect(textOf(store, '1')).toBe('first');
    clock.advance(1);
    expect(['1', '2', '3'].map((callId) => textOf(store, callId))).toEqual([undefined, 'running', 'third']);
    slow.lost();
    clock.advance(20 * 60_000);
    expect(['2', '3'].map((callId) => textOf(store, callId))).toEqual(['lost', undefined]);
    clock.advance(10 * 60_000);
    store.expire();
    expect(store.bytes).toBe(0);
  });

  test('the first word on how a call ended counts, and an answer over the bound is not kept', () => {
    const store = kept({ keptAnswerBytes: 10 });
    const running = store.open('a', '1');
    running.answered('0123456789');
    running.lost();
    expect(textOf(store, '1')).toBe('0123456789');
    answer(store, '2', '01234567890');
    store.open('a', '3').forgotten();
    expect([textOf(store, '2'), textOf(store, '3'), store.find('b', '1')]).toEqual([undefined, undefined, undefined]);
    answer(store, '1', 'again');
    expect([textOf(store, '1'), store.bytes]).toEqual(['again', 512 + 'a 1'.length + 'again'.length]);
  });
});

describe('the response in an answer', () => {
  const RESPONSE = '{"jsonrpc":"2.0","id":"é","result":{"n":1.0}}';
  const read = (headers: string[], text: string, { status = 200, limit = 1_000, step = text.length + 9 } = {}) => {
    const reader = new ResponseReader('é', limit, new Budget(10_000, 10_000).open('a'));
    reader.begin(status, headers);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step));
    reader.end();
    return reader.tooLarge ? 'too large' : reader.response;
  };

  test.each([1, 2, 3, 7, 1_000])('is found in pieces of %d bytes, between everything else on the stream', (step) => {
    const stream = `id: 1\ndata:\n\nevent: message\ndata: {"jsonrpc":"2.0","id":"é","method":"roots/list"}\n\n: keep-alive\n\ndata: {"jsonrpc":"2.0","id":"e","result":{}}\r\n\r\ndata: no json\n\nevent: message\ndata: ${RESPONSE}\n\n`;
    expect(read(EVENTS, stream, { step })).toBe(RESPONSE);
    expect(read(JSON_BODY, RESPONSE, { step })).toBe(RESPONSE);
  });

  test.each([
    [200, undefined],
    [202, undefined],
    [302, undefined],
    [400, 'error'],
    [429, 'error'],
    [500, undefined],
  ])('of status %d may be an error without an id: %s', (status, found) => {
    const error = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}';
    expect(read(JSON_BODY, error, { status })).toBe(found && error);
    expect(read(EVENTS, `data: ${error}\n\n`, { status })).toBeUndefined();
  });

  test('is known as soon as it is whole', () => {
    const reader = new ResponseReader('é', 1_000, new Budget(10_000, 10_000).open('a'));
    reader.begin(200, EVENTS);
    reader.push(`data: ${RESPONSE}\n`);
    expect(reader.response).toBeUndefined();
    reader.push('\n');
    expect(reader.response).toBe(RESPONSE);
  });

  test.each([
    ['a stream that ends before it', EVENTS, `data: ${RESPONSE}\n`, 200],
    ['a body that is no JSON', JSON_BODY, 'Bad Gateway', 200],
    ['a body that is no response', JSON_BODY, '{"error_description":"no"}', 200],
    ['an answer of which nobody can tell what came before', JSON_BODY, RESPONSE, 500],
  ])('is not in %s', (_, headers, text, status) => {
    expect(read(headers, text, { status })).toBeUndefined();
  });

  test('is not read when a body or an event is larger than may be held, however long the stream is', () => {
    const large = `{"jsonrpc":"2.0","id":"é","result":"${'x'.repeat(1_000)}"}`;
    for (const step of [10, 5_000]) {
      expect(read(JSON_BODY, large, { step })).toBe('too large');
      expect(read(EVENTS, `data: ${large}\n\n`, { step })).toBe('too large');
      expect(read(EVENTS, `data: {"method":"notifications/progress"}\n\n`.repeat(100), { step: 10 })).toBeUndefined();
    }
  });
});

describe('a claimed call that never ends', () => {
  let server: Awaited<ReturnType<typeof startSdkServer>>;
  let sidecar: Sidecar;
  let url: string;

  afterEach(async () => {
    await sidecar.close();
    await stopAll([server.process]);
  });

  const signed = () => ({
    'mcp-fleet-context': signContext({ agent: 'a', server: 'tools', claimed: true, callId: 'c-1' }, KEY, clock.now() / 1000),
  });
  const ask = async () => (await fetch(`${url}/orphans/c-1`, { headers: signed() })).headers.get('mcp-fleet-reason');

  test('outlives its gateway by half an hour; then its slot is free and its answer counts as lost', async () => {
    server = await startSdkServer();
    const events: string[] = [];
    const log = openLog({}, { write: (line) => void events.push(JSON.parse(line).event) });
    const runtime = { kind: 'http' as const, url: `http://127.0.0.1:${server.port}/stateless` };
    sidecar = new Sidecar(
      {
        config: { fleet: 'acme', server: 'tools', runtime, slots: 2, drainSeconds: 5 },
        keys: [KEY],
        host: '127.0.0.1',
        port: 0,
        childEnvironment: {},
      },
      { instance: 'task-1', clock, limits: LIMITS, log, print: () => {} },
    );
    url = `http://127.0.0.1:${await sidecar.start()}/tools`;
    const gateway = new AbortController();
    const calling = fetch(`${url}/mcp`, { ...postInit(call('wait'), signed()), signal: gateway.signal }).catch(() => {});
    await until(async () => (await server.seen()).open === 1, 'the call to arrive');
    gateway.abort();
    await calling;
    await until(() => events.includes('call_orphaned'), 'the gateway to be gone');
    clock.advance(LIMITS.orphanRun - 1);
    expect([sidecar.slots.inUse, await ask()]).toEqual([1, null]);
    clock.advance(1);
    await until(() => sidecar.slots.inUse === 0, 'the slot');
    await until(async () => (await server.seen()).open === 0, 'the server to be left');
    expect(await ask()).toBe('server_lost');
  });
});
