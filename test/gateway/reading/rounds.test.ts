import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { answer, deferred, grant, type Rig, type RpcAnswer, startRig } from '../rig';
import { KEY_META, modern, modernHeaders } from './messages';
import { serving } from './serving';

let rig: Rig;
let executed: number;
let round: number;
beforeAll(async () => {
  rig = await startRig({ payments: { recovery: { attempts: 1, seconds: 1 } } });
  await grant(rig, 'support', 'payments', ['*']);
});
afterAll(() => rig.stop());

const ASKS = {
  confirm: { method: 'elicitation/create', params: { message: 'sure?', requestedSchema: { type: 'object', properties: {} } } },
};

/** A server that asks before it pays, with a state that is fresh each time. */
beforeEach(() => {
  executed = 0;
  round = 0;
  rig.reached.length = 0;
  rig.upstream = serving({
    'server/discover': (_, response) =>
      answer(response, {
        jsonrpc: '2.0',
        result: { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'private' },
      }),
    'tools/call': (_, response, body) => {
      const { params } = JSON.parse(body);
      if (params.inputResponses === undefined)
        return answer(response, {
          jsonrpc: '2.0',
          result: { resultType: 'input_required', inputRequests: ASKS, requestState: `state-${++round}` },
        });
      executed++;
      answer(response, { jsonrpc: '2.0', result: { resultType: 'complete', content: [{ type: 'text', text: `paid ${executed}` }] } });
    },
  });
});

interface Rounds {
  readonly key?: string;
  readonly amount?: number;
  readonly state?: string;
  readonly id?: unknown;
}

const say = ({ key, amount = 1, state, id = 1 }: Rounds): Promise<RpcAnswer> =>
  rig.ask(
    'support',
    'payments',
    modern(
      'tools/call',
      {
        name: 'pay',
        arguments: { amount },
        ...(state !== undefined && { requestState: state, inputResponses: { confirm: { action: 'accept', content: {} } } }),
        ...(key !== undefined && { _meta: { [KEY_META]: key } }),
      },
      id,
    ),
    modernHeaders('tools/call', 'pay'),
  );
const typeOf = ({ result }: RpcAnswer): unknown => (result as { resultType?: unknown } | undefined)?.resultType;
const rowOf = async (key: string) => (await rig.rows()).find((row) => row.pk.endsWith(`#k:${key}`));

describe('the rounds of one call with a key are one call:', () => {
  test('one round asks, the next one runs, and beginning again finds what became of it', async () => {
    expect(typeOf(await say({ key: 'k-1' }))).toBe('input_required');
    expect((await rowOf('k-1'))?.state).toBe('input_required');
    const paid = await say({ key: 'k-1', state: 'state-1', id: 2 });
    expect(paid.result).toMatchObject({
      content: [{ text: 'paid 1' }],
      _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed', replayed: false } },
    });
    for (const again of [{ key: 'k-1' }, { key: 'k-1', state: 'state-1' }, { key: 'k-1', state: 'another' }]) {
      const { result } = await say({ ...again, id: 3 });
      expect(result).toMatchObject({
        content: [{ text: 'paid 1' }],
        _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed', replayed: true } },
      });
    }
    expect([executed, (await rowOf('k-1'))?.state]).toEqual([1, 'confirmed']);
  });

  test('beginning again before the second round goes on', async () => {
    await say({ key: 'k-2' });
    const again = await say({ key: 'k-2' });
    expect(again.result).toMatchObject({ resultType: 'input_required', requestState: 'state-2' });
    expect((await say({ key: 'k-2', state: 'state-2' })).result).toMatchObject({ content: [{ text: 'paid 1' }] });
    expect((await rowOf('k-2'))?.state).toBe('confirmed');
  });

  test('input that is asked for claims nothing', async () => {
    const { result } = await say({ key: 'k-3' });
    expect(result._meta['cdk-mcp-fleet/call']).toMatchObject({ outcome: 'input_required' });
    const asked = await fetch(`${rig.url}/payments/calls/k-3`, { headers: { authorization: `Bearer ${await rig.token('support')}` } });
    expect(await asked.json()).toMatchObject({ outcome: 'input_required' });
  });

  test('other arguments are another call, in whichever round they come', async () => {
    await say({ key: 'k-4' });
    expect((await say({ key: 'k-4', amount: 2 })).error.data.error).toBe('KEY_REUSED');
    expect((await say({ key: 'k-4', amount: 2, state: 'state-1' })).error.data.error).toBe('KEY_REUSED');
    expect(executed).toBe(0);
  });

  test('a second round whose answer is lost is unknown, and neither round runs it again', async () => {
    await say({ key: 'k-5' });
    const asks = rig.upstream;
    rig.upstream = (request) => {
      executed++;
      request.socket.destroy();
    };
    expect((await say({ key: 'k-5', state: 'state-1' })).error.data).toMatchObject({ outcome: 'unknown', retry: 'same_key' });
    rig.upstream = asks;
    expect((await say({ key: 'k-5' })).error.data.outcome).toBe('unknown');
    expect((await say({ key: 'k-5', state: 'state-1' })).error.data.outcome).toBe('unknown');
    expect(executed).toBe(1);
  });

  test('beginning again while the second round runs waits for it', async () => {
    await say({ key: 'k-6' });
    const asks = rig.upstream;
    const [arrived, arrive] = deferred();
    const [finished, finish] = deferred();
    rig.upstream = async (...args) => {
      arrive();
      await finished;
      asks(...args);
    };
    const second = say({ key: 'k-6', state: 'state-1' });
    await arrived;
    const again = say({ key: 'k-6' });
    finish();
    expect((await second).result).toMatchObject({ content: [{ text: 'paid 1' }] });
    expect((await again).result).toMatchObject({ content: [{ text: 'paid 1' }], _meta: { 'cdk-mcp-fleet/call': { replayed: true } } });
    expect(executed).toBe(1);
  });
});

describe('without a key', () => {
  test('a second round whose caller left answers the call that begins again, with a fresh state', async () => {
    rig.skewMs += 3_600_000;
    await say({ amount: 7 });
    const asks = rig.upstream;
    rig.upstream = (request) => {
      executed++;
      request.socket.destroy();
    };
    expect((await say({ amount: 7, state: 'state-1' })).error.data.outcome).toBe('unknown');
    rig.upstream = asks;
    expect((await say({ amount: 7 })).error.data.outcome).toBe('unknown');
    expect((await say({ amount: 7, state: 'state-2' })).error.data.outcome).toBe('unknown');
    expect(executed).toBe(1);
  });

  test('a call that was answered is no retry’s answer: the next one is a new intent', async () => {
    rig.skewMs += 3_600_000;
    for (const paid of ['paid 1', 'paid 2']) {
      expect(typeOf(await say({ amount: 8 }))).toBe('input_required');
      expect((await say({ amount: 8, state: 'state-1' })).result).toMatchObject({ content: [{ text: paid }] });
    }
  });
});

describe('the driver of an SDK client (v2)', () => {
  async function client(): Promise<Client> {
    const made = new Client(
      { name: 'agent', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: { form: {} } } },
    );
    made.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: {} }));
    const headers = { authorization: `Bearer ${await rig.token('support')}` };
    await made.connect(new StreamableHTTPClientTransport(new URL(`${rig.url}/payments/mcp`), { requestInit: { headers } }));
    return made;
  }

  test('begins again with round 1 and the same key: the call ran once, and both are told so', async () => {
    const agent = await client();
    try {
      const pay = () => agent.callTool({ name: 'pay', arguments: { amount: 9 }, _meta: { [KEY_META]: 'sdk-1' } });
      expect(await pay()).toMatchObject({ content: [{ text: 'paid 1' }], _meta: { 'cdk-mcp-fleet/call': { replayed: false } } });
      expect(await pay()).toMatchObject({ content: [{ text: 'paid 1' }], _meta: { 'cdk-mcp-fleet/call': { replayed: true } } });
      expect([executed, (await rowOf('sdk-1'))?.state]).toEqual([1, 'confirmed']);
    } finally {
      await agent.close();
    }
  });
});
