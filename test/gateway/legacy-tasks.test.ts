import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answer, grant, type Rig, startRig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ reports: {} });
  await grant(rig, 'research', 'reports', ['*']);
});
afterAll(() => rig.stop());

/** The experimental tasks of MCP 2025-11-25: a call answers with a task at once, and its result is asked for later. */
test('a call that begins a task is recorded as such, and what asks for the task passes as it is', async () => {
  const task = { taskId: 't-1', status: 'working', createdAt: '2026-11-23T00:00:00Z', ttl: 60_000, pollInterval: 100 };
  rig.upstream = (_, response, body) => {
    const { id, method, params } = JSON.parse(body);
    if (method === 'tools/call') return answer(response, { jsonrpc: '2.0', id, result: { task } });
    const result = method === 'tasks/get' ? { ...task, status: 'completed' } : { content: [], _meta: { asked: params } };
    answer(response, { jsonrpc: '2.0', id, result });
  };
  const begun = await rig.ask('research', 'reports', {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'compile', arguments: { pages: 3 }, task: { ttl: 60_000 } },
  });
  expect(begun.result).toMatchObject({ task, _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed' } } });
  expect(JSON.parse(rig.reached[0]?.body ?? '').params.task).toEqual({ ttl: 60_000 });
  expect((await rig.rows()).map(({ tool, state, result }) => [tool, state, result])).toEqual([
    ['compile', 'confirmed', JSON.stringify({ task })],
  ]);

  const got = await rig.ask('research', 'reports', { jsonrpc: '2.0', id: 2, method: 'tasks/get', params: { taskId: 't-1' } });
  expect(got.result).toEqual({ ...task, status: 'completed' });
  const result = await rig.ask('research', 'reports', { jsonrpc: '2.0', id: 3, method: 'tasks/result', params: { taskId: 't-1' } });
  expect(result.result).toEqual({ content: [], _meta: { asked: { taskId: 't-1' } } });
});
