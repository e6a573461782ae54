import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { call } from './reading/messages';
import { allow, answer, type Rig, type RpcAnswer, readRpc, startRig } from './rig';

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ bank: { tools: { balance: { effect: 'read_only', key: 'fenced' } } } });
  const amount = { atMost: '1000' };
  const rules = [
    { tool: 'transfer', when: { amount, currency: { oneOf: ['"EUR"'] } } },
    { tool: 'wire', atMost: { calls: 2, per: 'hour' as const } },
    { tool: 'balance', atMost: { calls: 2, per: 'task' as const } },
  ];
  await allow(rig, 'support', 'bank', { rules });
  await allow(rig, 'desk', 'bank', { rules });
  await allow(rig, 'former', 'bank', { tools: ['*'] });
  await allow(rig, 'former', 'bank', { effect: 'deny', tools: ['transfer'] });
});
afterAll(() => rig.stop());

beforeEach(() => {
  rig.reached.length = 0;
  // In the middle of an hour, so that none ends in the midst of a test.
  rig.skewMs = 1_800_000 - (Date.now() % 3_600_000);
  rig.upstream = (_, response, body) => {
    const { id, method } = JSON.parse(body);
    const tools = [{ name: 'transfer' }, { name: 'wire' }, { name: 'admin' }];
    answer(response, { jsonrpc: '2.0', id, result: method === 'tools/list' ? { tools } : { content: [] } });
  };
});

/** Asks one of the replicas. */
async function ask({ url, token }: Pick<Rig, 'url' | 'token'>, subject: string, body: object): Promise<Omit<RpcAnswer, 'status'>> {
  const response = await fetch(`${url}/bank/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await token(subject)}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify(body),
  });
  return readRpc(await response.text());
}

const rowOf = async (callId: unknown) => (await rig.rows()).find((row) => row.callId === callId);

describe('a tool that is granted for some arguments', () => {
  test.each(['{"amount":1000,"currency":"EUR"}', '{"currency":"EUR","amount":1e3}'])('runs with %s', async (text) => {
    const { result } = await rig.ask('support', 'bank', call('transfer', JSON.parse(text)));
    expect(result.content).toEqual([]);
  });

  test.each([
    '{"amount":1000.01,"currency":"EUR"}',
    '{"amount":"1000","currency":"EUR"}',
    '{"amount":1000,"currency":"USD"}',
    '{"amount":1,"Amount":5000,"currency":"EUR"}',
    '{"amount":[1],"currency":"EUR"}',
    '{"currency":"EUR"}',
    '{}',
  ])('is DENIED with %s, and the refusal has its row', async (text) => {
    const { error } = await rig.ask(
      'support',
      'bank',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"transfer","arguments":${text}}}`,
    );
    expect(error.data).toMatchObject({ error: 'DENIED', outcome: 'not_executed', reason: expect.stringContaining('with these arguments') });
    expect(await rowOf(error.data.callId)).toMatchObject({ tool: 'transfer', state: 'not_executed', arguments: text });
    expect(rig.reached).toEqual([]);
  });

  test('is listed', async () => {
    const { result } = await rig.ask('support', 'bank', { jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect(result.tools.map(({ name }) => name)).toEqual(['transfer', 'wire']);
  });

  test('a deny wins over whatever grants it', async () => {
    expect((await rig.ask('former', 'bank', call('transfer', {}))).error.data.error).toBe('DENIED');
    expect((await rig.ask('former', 'bank', call('wire', {}))).result).toBeDefined();
  });
});

describe('a tool that may be called so often', () => {
  test('is refused beyond that in its hour, at every replica, and runs again in the next', async () => {
    const replica = await rig.replica();
    const at = (url: string, key: string) => ask({ ...rig, url }, 'support', call('wire', {}, key));
    expect((await at(rig.url, 'one')).result).toBeDefined();
    expect((await at(replica, 'two')).result).toBeDefined();
    const { error } = await at(rig.url, 'three');
    expect(error).toMatchObject({ code: 429, data: { error: 'CALL_LIMIT', outcome: 'not_executed', retry: 'later' } });
    expect(error.data.retryAfterMs).toBeLessThanOrEqual(3_600_000);
    expect(await rowOf(error.data.callId)).toMatchObject({
      tool: 'wire',
      state: 'not_executed',
      reason: expect.stringContaining('CALL_LIMIT'),
    });
    expect(rig.reached).toHaveLength(2);
    // What has been executed already is answered, and is no call more.
    expect((await at(replica, 'one')).result._meta['cdk-mcp-fleet/call']).toMatchObject({ replayed: true });
    rig.skewMs += Number(error.data.retryAfterMs);
    expect((await rig.ask('support', 'bank', call('wire', {}, 'three'))).result).toBeDefined();
  });

  test('of two at once that are one too many, one runs', async () => {
    await rig.ask('desk', 'bank', call('wire', {}, 'a'));
    const answers = await Promise.all(['b', 'c', 'd'].map((key) => rig.ask('desk', 'bank', call('wire', {}, key))));
    expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(1);
    expect(rig.reached).toHaveLength(2);
  });

  test('by task is counted for each task by itself, and a call without one is refused', async () => {
    const read = (task: string | undefined) =>
      rig.ask('support', 'bank', call('balance'), task === undefined ? {} : { 'mcp-fleet-task': task });
    for (const task of ['x', 'y', 'x', 'y']) expect((await read(task)).result).toBeDefined();
    expect((await read('x')).error.data).toMatchObject({ error: 'CALL_LIMIT', retry: 'never' });
    expect((await read(undefined)).error.data).toMatchObject({ error: 'CALL_LIMIT', retry: 'fix_request' });
    expect((await read('z')).result).toBeDefined();
  });

  test('is not let through where it cannot be counted', async () => {
    rig.ledgerBreaks = true;
    const answered = await rig.ask('desk', 'bank', call('balance'), { 'mcp-fleet-task': 'w' }).finally(() => {
      rig.ledgerBreaks = false;
    });
    expect(answered.error.data).toMatchObject({ error: 'LEDGER_UNAVAILABLE', outcome: 'not_executed' });
    expect(rig.reached).toEqual([]);
  });
});
