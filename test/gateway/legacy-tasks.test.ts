import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answer, grant, type Rig, startRig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ reports: {} });
  await grant(rig, 'research', 'reports', ['*']);
});
afterAll(() => rig.stop());

/** The experimental tasks of MCP 2025-11-25: a call answers with a task at once, and its result is asked for later. */
test('a call that begins a task stays open until its agent hears of the end, and what asks for the task passes as it is', async () => {
  const task = { taskId: 't-1', status: 'working', createdAt: '2026-11-23T00:00:00Z', ttl: 60_000, pollInterval: 100 };
  rig.upstream = (_, response, body) => {
    const { id, method, params } = JSON.parse(body);
    if (method === 'tools/call') return answer(response, { jsonrpc: '2.0', id, result: { task } });
    if (method === 'tasks/list') return answer(response, { jsonrpc: '2.0', id, result: { tasks: [task] } });
    const result = method === 'tasks/get' ? { ...task, status: 'completed' } : { content: [], _meta: { asked: params } };
    answer(response, { jsonrpc: '2.0', id, result });
  };
  const begun = await rig.ask('research', 'reports', {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'compile', arguments: { pages: 3 }, task: { ttl: 60_000 } },
  });
  expect(begun.result).toMatchObject({ task, _meta: { 'cdk-mcp-fleet/call': { state: 'sent', replayed: false } } });
  expect(JSON.parse(rig.reached[0]?.body ?? '').params.task).toEqual({ ttl: 60_000 });
  expect((await rig.rows()).map(({ tool, state, result }) => [tool, state, result])).toEqual([
    ['compile', 'sent', JSON.stringify({ task })],
  ]);

  const working = await rig.ask('research', 'reports', { jsonrpc: '2.0', id: 5, method: 'tasks/list' });
  expect(working.result).toEqual({ tasks: [task] });
  expect((await rig.rows())[0]?.state).toBe('sent');

  const got = await rig.ask('research', 'reports', { jsonrpc: '2.0', id: 2, method: 'tasks/get', params: { taskId: 't-1' } });
  expect(got.result).toEqual({ ...task, status: 'completed' });
  expect((await rig.rows())[0]?.state).toBe('sent'); // how it ended is in what tasks/result answers
  const result = await rig.ask('research', 'reports', { jsonrpc: '2.0', id: 3, method: 'tasks/result', params: { taskId: 't-1' } });
  expect(result.result).toEqual({ content: [], _meta: { asked: { taskId: 't-1' } } });
  expect((await rig.rows())[0]).toMatchObject({
    state: 'confirmed',
    history: [{ state: 'sent' }, { because: 'it goes on as a task' }, { because: 'its task ended' }],
  });
});

describe('a call with a key that goes on as a task', () => {
  const call = (id: number, key: string) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 'compile', _meta: { 'cdk-mcp-fleet/idempotencyKey': key } },
  });
  const stateOf = async (key: string) =>
    (await rig.rows()).find(({ idempotencyKey, state }) => idempotencyKey === key && state !== 'not_executed')?.state;

  type Said = { result: object } | { error: object };
  const status = (status: string): Said => ({ result: { status } });

  test.each<[string, string, Said, string]>([
    ['completed', 'tasks/get', status('completed'), 'sent'],
    ['failed', 'tasks/get', status('failed'), 'sent'],
    ['working', 'tasks/get', status('working'), 'sent'],
    ['cancelled', 'tasks/get', status('cancelled'), 'unknown'],
    ['with a result', 'tasks/result', { result: { content: [] } }, 'confirmed'],
    ['with a result that is an error', 'tasks/result', { result: { content: [], isError: true } }, 'failed'],
    ['with an error', 'tasks/result', { error: { code: -32_010, message: 'no funds' } }, 'failed'],
    ['with an error that also stands for a time-out', 'tasks/result', { error: { code: -32_603, message: 'timed out' } }, 'unknown'],
    ['with an error that says unknown', 'tasks/result', { error: { code: 1, message: '', data: { outcome: 'unknown' } } }, 'unknown'],
    ['not ended, or not known', 'tasks/result', { error: { code: -32_602, message: 'not in a terminal state' } }, 'sent'],
  ])('%s, says %s: runs once, is answered by its task while it is open, and is settled by its end', async (name, method, said, state) => {
    let executed = 0;
    rig.upstream = (_, response, body) => {
      const asked = JSON.parse(body);
      if (asked.method === 'tools/call') executed++;
      const task = { taskId: `task ${name}`, status: 'working', ttl: 60_000 };
      answer(response, { jsonrpc: '2.0', id: asked.id, ...(asked.method === 'tools/call' ? { result: { task } } : said) });
    };
    const begun = await rig.ask('research', 'reports', call(1, name));
    const again = await rig.ask('research', 'reports', call(2, name));
    expect(again.result).toEqual({
      ...begun.result,
      _meta: { 'cdk-mcp-fleet/call': { ...begun.result._meta['cdk-mcp-fleet/call'], replayed: true } },
    });
    await rig.ask('research', 'reports', { jsonrpc: '2.0', id: 3, method, params: { taskId: `task ${name}` } });
    expect([executed, await stateOf(name)]).toEqual([1, state]);
  });

  test("is not settled by another agent's word", async () => {
    await grant(rig, 'other', 'reports', ['*']);
    rig.upstream = (_, response, body) => {
      const { id, method } = JSON.parse(body);
      const result = method === 'tools/call' ? { task: { taskId: 'shared', status: 'working' } } : { content: [] };
      answer(response, { jsonrpc: '2.0', id, result });
    };
    await rig.ask('research', 'reports', call(1, 'shared'));
    await rig.ask('other', 'reports', { jsonrpc: '2.0', id: 3, method: 'tasks/result', params: { taskId: 'shared' } });
    expect(await stateOf('shared')).toBe('sent');
  });
});
