import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { answer, grant, type Rig, startRig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ reports: {} });
  await grant(rig, 'research', 'reports', ['*']);
  const noise = Array.from({ length: 40_000 }, () => Math.random().toString(36)).join('');
  rig.upstream = (_, response, body) => {
    const tools = [{ name: 'typed', outputSchema: { type: 'object' } }, { name: 'plain' }];
    const result = JSON.parse(body).method === 'tools/list' ? { tools } : { content: [], structuredContent: { noise } };
    answer(response, { jsonrpc: '2.0', result });
  };
  await rig.ask('research', 'reports', { jsonrpc: '2.0', id: 1, method: 'tools/list' });
});
afterAll(() => rig.stop());

const call = (name: string) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, _meta: { 'cdk-mcp-fleet/idempotencyKey': `key of ${name}` } },
});

test('a result that is too large for the ledger is told in words, but not to a client that holds words against a schema', async () => {
  for (const name of ['plain', 'typed']) expect((await rig.ask('research', 'reports', call(name))).result).toBeDefined();
  const plain = await rig.ask('research', 'reports', call('plain'));
  expect(plain.result).toMatchObject({
    content: [{ text: expect.stringContaining('too large') }],
    _meta: { 'cdk-mcp-fleet/call': { replayed: true } },
  });
  const typed = await rig.ask('research', 'reports', call('typed'));
  expect(typed.error).toMatchObject({
    message: expect.stringMatching(/^RESULT_NOT_KEPT: /),
    data: { outcome: 'confirmed', retry: 'never' },
  });
  expect(rig.reached.filter(({ body }) => body.includes('tools/call'))).toHaveLength(2);
});
