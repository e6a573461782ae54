import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Holdings } from '../../../gateway/holdings';
import type { PurseLimits } from '../../../gateway/purse';
import { askedId, grant, type Rig, type RpcAnswer, readRpc, startRig, type Upstream } from '../rig';
import { call } from './messages';
import { eventually, serving, stream } from './serving';
import { sendOverWire } from './wire';

const MIB = 1024 * 1024;

let rig: Rig;
let keys = 0;
beforeAll(async () => {
  const servers = {
    payments: { recovery: { attempts: 1, seconds: 1 }, tools: { balance: { effect: 'read_only', key: 'fenced' } } },
    other: {},
  } as const;
  rig = await startRig(servers);
  for (const subject of ['support', 'treasury']) for (const server of ['payments', 'other']) await grant(rig, subject, server, ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.upstream = serving();
  rig.reached.length = 0;
});

/** From here on the replica may hold no more than this. @param patienceMs how long somebody waits for room */
function bound(limits: PurseLimits, patienceMs = 300, small = limits): void {
  (rig.gateway as { holdings: Holdings }).holdings = new Holdings({ small, large: limits }, patienceMs);
}
const ROOMY: PurseLimits = { replica: 128 * MIB, server: 96 * MIB, agent: 72 * MIB };
beforeEach(() => bound(ROOMY));

const done = { content: [{ type: 'text', text: 'done' }] };
/** A call of this server is answered by whatever; all others as ever. */
const at =
  (server: string, upstream: Upstream): Upstream =>
  (request, response, body) =>
    request.url?.startsWith(`/${server}/`) && body.includes('"huge"')
      ? upstream(request, response, body)
      : serving()(request, response, body);
const huge = (subject = 'support'): Promise<RpcAnswer> => rig.ask(subject, 'payments', call('huge', {}, `huge-${++keys}`));
const nothingHeld = (): Promise<void> => eventually(() => rig.gateway.holdings.bytes === 0 && rig.gateway.admission.underWay.length === 0);

/** Writes pieces until the reader leaves; gives how many bytes were taken. */
function pouring(head: (id: unknown) => string, type: string, piece: string, pieces: number, written: { bytes: number }): Upstream {
  return (_, response) => {
    response.writeHead(200, { 'content-type': type, 'mcp-fleet-instance': 'task-1' });
    response.write(head(askedId(response)));
    let left = pieces;
    const pour = (): void => {
      while (left-- > 0 && !response.destroyed) {
        written.bytes += piece.length;
        if (!response.write(piece)) return void response.once('drain', pour);
      }
      if (!response.destroyed) response.end();
    };
    pour();
  };
}

describe('an answer that is larger than may be held is told, recorded, let go, and harms nobody:', () => {
  const bounds: PurseLimits = { replica: 8 * MIB, server: 6 * MIB, agent: 4 * MIB };

  test.each<[string, string, (id: unknown) => string]>([
    ['one event line without an end', 'text/event-stream', () => 'data: '],
    ['one line that is no field', 'text/event-stream', () => ''],
    ['a comment without an end', 'text/event-stream', () => ':'],
    ['an event of another type', 'text/event-stream', () => 'event: other\ndata: '],
    ['a JSON body', 'application/json', (id) => `{"jsonrpc":"2.0","id":${id},"result":{"x":"`],
    ['a text', 'text/plain', () => ''],
  ])('%s', async (_, type, head) => {
    bound(bounds);
    const written = { bytes: 0 };
    rig.upstream = at('payments', pouring(head, type, 'x'.repeat(256 * 1024), 1_200, written));
    const [told, other, elsewhere] = await Promise.all([
      huge(),
      rig.ask('treasury', 'payments', call('pay')),
      rig.ask('treasury', 'other', call('pay')),
    ]);
    expect(told.error.data).toMatchObject({ error: 'OUTCOME_UNKNOWN', outcome: 'unknown', retry: 'same_key' });
    expect([other.result, elsewhere.result]).toMatchObject([done, done]);
    expect((await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === `huge-${keys}`)?.state).toBe('unknown');
    await nothingHeld();
    expect(written.bytes).toBeLessThan(64 * MIB);
  });

  test('many small events are no such thing: what has passed is not held', async () => {
    bound(bounds);
    const notification = `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x'.repeat(100_000) } })}\n\n`;
    rig.upstream = at('payments', (_, response) => {
      stream(response);
      for (let n = 0; n < 100; n++) response.write(notification);
      response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: askedId(response), result: done })}\n\n`);
    });
    expect((await huge()).result).toMatchObject(done);
    await nothingHeld();
  });

  test('a small answer that becomes a large one', async () => {
    bound(bounds);
    rig.upstream = at('payments', (_, response) => {
      const text = `{"jsonrpc":"2.0","id":${askedId(response)},"result":{"x":"${' '.repeat(100 * MIB)}"}}`;
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', 'mcp-fleet-instance': 'task-1' });
      response.end(gzipSync(text, { level: 1 }));
    });
    expect((await huge()).error.data).toMatchObject({ outcome: 'unknown' });
    await nothingHeld();
  });
});

describe('what is held is counted over all requests of a replica:', () => {
  test.each([
    ['come one after the other', 20_000, 8],
    ['are told so when their patience ends', 100, 1],
  ])('many answers at a time, of which only so many fit, %s; another agent is served meanwhile', async (_name, patienceMs, whole) => {
    bound({ replica: 16 * MIB, server: 12 * MIB, agent: 6 * MIB }, patienceMs, ROOMY);
    const release: (() => void)[] = [];
    rig.upstream = at('payments', (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 'task-1' });
      response.write(`{"jsonrpc":"2.0","id":${askedId(response)},"result":{"content":[],"x":"${'x'.repeat(2 * MIB)}`);
      release.push(() => response.end('"}}'));
    });
    const asked = Array.from({ length: 8 }, () => huge());
    await eventually(() => release.length === 8 && rig.gateway.holdings.bytes > 6 * MIB);
    expect(rig.gateway.holdings.bytes).toBeLessThanOrEqual(16 * MIB);
    expect((await rig.ask('treasury', 'payments', call('pay'))).result).toMatchObject(done);
    if (whole === 1) await eventually(() => rig.gateway.admission.underWay.length === 1);
    for (const finish of release) finish();
    const told = await Promise.all(asked);
    expect(told.filter(({ result }) => result !== undefined)).toHaveLength(whole);
    expect(told.filter(({ error }) => error?.data.outcome === 'unknown')).toHaveLength(8 - whole);
    await nothingHeld();
  });

  test('bodies of requests, too: what does not fit is told to come again, and was not executed', async () => {
    bound({ replica: 16 * MIB, server: 12 * MIB, agent: 1 * MIB });
    const { error } = await rig.ask('support', 'payments', call('pay', { x: 'x'.repeat(2 * MIB) }));
    expect(error.data).toMatchObject({ error: 'AT_CAPACITY', outcome: 'not_executed', retryAfterMs: 1_000 });
    expect(rig.reached).toEqual([]);
    await nothingHeld();
    // On the same connection, of whose earlier request nothing is left.
    expect((await rig.ask('support', 'payments', call('pay', { x: 1 }))).result).toMatchObject(done);
  });

  test('and one that turns out too large on its way', async () => {
    const body = new ReadableStream({
      start: (controller) => {
        for (let n = 0; n < 6; n++) controller.enqueue(new Uint8Array(MIB).fill(0x20));
        controller.close();
      },
    });
    const headers = { authorization: `Bearer ${await rig.token('support')}`, 'content-type': 'application/json', accept: '*/*' };
    const response = await fetch(`${rig.url}/payments/mcp`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit);
    expect([response.status, readRpc(await response.text()).error.data.error]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    await nothingHeld();
    expect((await rig.ask('support', 'payments', call('pay', { x: 2 }))).result).toMatchObject(done);
  });

  test('an answer that its agent does not read is held for it until it leaves', async () => {
    bound({ replica: 64 * MIB, server: 48 * MIB, agent: 40 * MIB });
    rig.upstream = at('payments', (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 'task-1' });
      response.end(`{"jsonrpc":"2.0","id":${askedId(response)},"result":{"content":[],"x":"${'x'.repeat(30 * MIB)}"}}`);
    });
    const response = await rig.post('support', 'payments', call('huge', {}, `huge-${++keys}`));
    await eventually(async () => (await rig.rows()).find(({ idempotencyKey }) => idempotencyKey === `huge-${keys}`)?.state === 'confirmed');
    expect(rig.gateway.holdings.bytes).toBeGreaterThanOrEqual(30 * MIB);
    expect((await rig.ask('treasury', 'payments', call('pay'))).result).toMatchObject(done);
    await response.body?.cancel();
    await nothingHeld();
  });
});

describe('what is kept of a result', () => {
  test.each([
    ['that is large and could be made small', 'x'.repeat(6 * MIB)],
    ['that is large', Array.from({ length: 200_000 }, () => Math.random()).join('')],
  ])('%s is so little that whoever asks for it, however often, is told what is known', async (_, text) => {
    rig.upstream = at('payments', (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-fleet-instance': 'task-1' });
      response.end(`{"jsonrpc":"2.0","id":${askedId(response)},"result":{"content":[],"x":"${text}"}}`);
    });
    const { result } = await huge();
    expect(result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'confirmed' });
    const path = `/payments/calls/huge-${keys}`;
    const told = await Promise.all(
      Array.from({ length: 12 }, () => sendOverWire(rig, 'support', { method: 'GET', path, contentType: [] })),
    );
    for (const answer of told) {
      expect([answer.status, answer.text.length < 64 * 1024]).toEqual([200, true]);
      expect(JSON.parse(answer.text)).toMatchObject({ tool: 'huge', outcome: 'confirmed' });
    }
    const replay = readRpc(await (await rig.post('support', 'payments', call('huge', {}, `huge-${keys}`))).text());
    expect(replay.result).toMatchObject({ content: [{ type: 'text', text: expect.stringContaining('too large to be kept') }] });
    await nothingHeld();
  });
});
