import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openContext } from '../../core/signed-context';
import { STAMP_KEY } from '../../core/stamp';
import { answer, grant, type Rig, type RpcAnswer, readRpc, startRig } from './rig';

let rig: Rig;
let executed: string[];

const call = (id: number, tool: string, args: object = {}, meta?: object) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: tool, arguments: args, ...(meta && { _meta: meta }) },
});
const keyed = (key: string) => ({ 'cdk-mcp-fleet/idempotencyKey': key });
const rowsOf = async (tool: string) => (await rig.rows()).filter((row) => row.tool === tool);

beforeAll(async () => {
  rig = await startRig({
    payments: {
      tools: {
        balance: { effect: 'read_only', key: 'fenced' },
        wire: { effect: 'state_changing', key: 'required' },
        pay: { effect: 'state_changing', key: 'fenced', keyArgument: 'ref' },
      },
    },
  });
  await grant(rig, 'treasury', 'payments', ['*']);
  await grant(rig, 'support', 'payments', ['balance', 'refund']);
});
afterAll(() => rig.stop());

beforeEach(() => {
  executed = [];
  rig.reached.length = 0;
  rig.upstream = (_, response, body) => {
    const { id, params } = JSON.parse(body);
    executed.push(params.name);
    if (params.arguments.fail) return answer(response, { jsonrpc: '2.0', id, result: { isError: true, content: [] } });
    answer(response, { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: `done ${executed.length}` }] } });
  };
});

describe('a state-changing call', () => {
  test('is stamped, and its row says who, what and how it ended', async () => {
    const { result } = await rig.ask('treasury', 'payments', call(1, 'transfer', { amount: 1 }), { 'mcp-fleet-task': 'task-7' });
    expect(result._meta[STAMP_KEY]).toEqual({ callId: expect.any(String), outcome: 'confirmed', replayed: false, sessionRestored: false });
    const [row] = await rowsOf('transfer');
    expect(row).toMatchObject({
      callId: result._meta[STAMP_KEY]?.callId,
      subject: 'treasury',
      server: 'payments',
      task: 'task-7',
      arguments: '{"amount":1}',
      state: 'confirmed',
      stateChanging: true,
      instance: 'task-1',
      result: '{"content":[{"type":"text","text":"done 1"}]}',
    });
    expect(row?.claimedAt).toBeLessThanOrEqual(row?.sentAt ?? 0);
    expect(row?.sentAt).toBeLessThanOrEqual(row?.settledAt ?? 0);
  });

  test('goes to the server in canonical spelling, its values as they were written, with the caller signed and without its token', async () => {
    const body = '{"jsonrpc":"2.0", "id":2,"method":"tools/call","params":{"name":"transfer","arguments":{"b":1.0,"a":"\\u00e9"}}}';
    await rig.post('treasury', 'payments', body);
    const [reached] = rig.reached;
    const id = JSON.parse(reached?.body ?? '').id;
    expect(reached?.body).toBe(
      `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"transfer","arguments":{"b":1.0,"a":"é"}}}`,
    );
    expect(id).not.toBe(2);
    expect(reached?.line).toBe('POST /payments/mcp');
    expect(reached?.headers.authorization).toBeUndefined();
    const context = openContext(String(reached?.headers['mcp-fleet-context']), rig.sidecarKey, 'payments', Date.now() / 1000);
    expect(context).toMatchObject({ server: 'payments', agent: expect.any(String), callId: expect.any(String) });
  });

  test.each<[string, () => Promise<RpcAnswer>]>([
    ['_meta', () => rig.ask('treasury', 'payments', call(3, 'meta', { amount: 1 }, keyed('key-meta')))],
    ['the header', () => rig.ask('treasury', 'payments', call(4, 'header', { amount: 1 }), { 'idempotency-key': '"key-header"' })],
    ['a declared argument', () => rig.ask('treasury', 'payments', call(5, 'pay', { ref: 'key-argument' }))],
  ])('with a key in %s runs once; the second caller gets the first result', async (_, send) => {
    const first = await send();
    const second = await send();
    expect(executed).toHaveLength(1);
    expect(second.result.content).toEqual(first.result.content);
    expect(second.result._meta[STAMP_KEY]).toEqual({ ...first.result._meta[STAMP_KEY], replayed: true });
  });

  test('runs once for eight callers at a time over two replicas', async () => {
    const other = await rig.replica();
    const token = await rig.token('treasury');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        const response = await fetch(`${n % 2 ? rig.url : other}/payments/mcp`, {
          method: 'POST',
          headers,
          body: JSON.stringify(call(n, 'race', {}, keyed('race'))),
        });
        return readRpc(await response.text());
      }),
    );
    expect(executed).toEqual(['race']);
    expect(answers.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(answers.filter(({ result }) => result._meta[STAMP_KEY]?.replayed)).toHaveLength(7);
  });

  test.each([
    ['other arguments', 'transfer', { amount: 2 }],
    ['another tool', 'refund', { amount: 1 }],
  ])('whose key was used with %s is refused', async (what, tool, args) => {
    const key = `reused ${what}`;
    await rig.post('treasury', 'payments', call(6, 'transfer', { amount: 1 }, keyed(key)));
    const { error } = await rig.ask('treasury', 'payments', call(7, tool, args, keyed(key)));
    expect(error).toMatchObject({ code: 422, data: { error: 'KEY_REUSED', outcome: 'not_executed', retry: 'never', idempotencyKey: key } });
    expect(executed).toHaveLength(1);
  });

  test('does not share keys with another agent', async () => {
    const send = (subject: string) => rig.post(subject, 'payments', call(8, 'refund', { id: 1 }, keyed('same key')));
    await send('treasury');
    await send('support');
    expect(executed).toHaveLength(2);
  });

  test('whose keys disagree is refused', async () => {
    const { status, error } = await rig.ask('treasury', 'payments', call(9, 'transfer', {}, keyed('a')), { 'idempotency-key': 'b' });
    expect([status, error.code]).toEqual([400, -32020]);
  });

  test('of a tool that requires a key is refused without one', async () => {
    const { error } = await rig.ask('treasury', 'payments', call(10, 'wire'));
    expect(error).toMatchObject({ code: 428, data: { retry: 'with_key', outcome: 'not_executed' } });
    expect(executed).toEqual([]);
    expect((await rowsOf('wire'))[0]).toMatchObject({ state: 'not_executed', reason: expect.stringContaining('KEY_REQUIRED') });
  });

  test('that the tool refuses is failed, and replays as such', async () => {
    const send = () => rig.ask('treasury', 'payments', call(11, 'transfer', { fail: true }, keyed('fails')));
    await send();
    const { result } = await send();
    expect(result).toMatchObject({ isError: true, _meta: { [STAMP_KEY]: { outcome: 'failed', replayed: true } } });
    expect(executed).toHaveLength(1);
  });
});

describe('a read', () => {
  test('is audited with its result before the result leaves', async () => {
    const { result } = await rig.ask('support', 'payments', call(20, 'balance', { account: 'a' }));
    expect(result._meta[STAMP_KEY]).toMatchObject({ outcome: 'confirmed', replayed: false });
    expect(await rowsOf('balance')).toEqual([
      expect.objectContaining({ stateChanging: false, state: 'confirmed', result: expect.stringContaining('done') }),
    ]);
  });
});

describe('policy', () => {
  test('refuses a tool without a grant, sends nothing, and the refusal is in the audit', async () => {
    const { error } = await rig.ask('support', 'payments', call(30, 'transfer'));
    expect(error).toMatchObject({ code: 403, data: { error: 'DENIED', outcome: 'not_executed' } });
    expect(rig.reached).toEqual([]);
    expect((await rowsOf('transfer')).filter((row) => row.subject === 'support')).toEqual([
      expect.objectContaining({ state: 'not_executed', reason: expect.stringMatching(/^DENIED/) }),
    ]);
  });

  test('refuses an agent without any grant with 403', async () => {
    const { status, error } = await rig.ask('stranger', 'payments', call(31, 'balance'));
    expect([status, error.data.error]).toEqual([403, 'SERVER_DENIED']);
  });

  test('leaves only what is granted in tools/list', async () => {
    rig.upstream = (_, response, body) =>
      answer(response, {
        jsonrpc: '2.0',
        id: JSON.parse(body).id,
        result: { tools: ['transfer', 'balance', 'refund'].map((name) => ({ name, inputSchema: {} })), nextCursor: 'c' },
      });
    const list = async (subject: string) => (await rig.ask(subject, 'payments', { jsonrpc: '2.0', id: 32, method: 'tools/list' })).result;
    const names = ({ tools }: { tools: { name: string }[] }) => tools.map(({ name }) => name);
    expect(names(await list('support'))).toEqual(['balance', 'refund']);
    expect(names(await list('treasury'))).toEqual(['transfer', 'balance', 'refund']);
    expect((await list('support')).nextCursor).toBe('c');
  });

  test('fails closed when the authorizer fails', async () => {
    await grant(rig, 'newcomer', 'payments', ['*']);
    rig.authorizerFails = true;
    const { error } = await rig.ask('newcomer', 'payments', call(33, 'balance'));
    rig.authorizerFails = false;
    expect(error).toMatchObject({ code: 521, data: { error: 'AUTHORIZER_UNAVAILABLE', outcome: 'not_executed' } });
    expect(rig.reached).toEqual([]);
  });
});
