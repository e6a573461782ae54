import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { answer, grant, type Rig, startRig } from './rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ payments: {} });
  await grant(rig, 'support', 'payments', ['balance']);
});
afterAll(() => rig.stop());

let revision: string;
beforeEach(() => {
  rig.reached.length = 0;
  rig.upstream = (_, response, body) => {
    const { id, method, params } = JSON.parse(body);
    if (id === undefined) return response.writeHead(202, { 'mcp-fleet-instance': 't' }).end();
    if (method === 'initialize') {
      return answer(
        response,
        { jsonrpc: '2.0', id, result: { protocolVersion: revision, capabilities: {} } },
        { 'mcp-session-id': 'upstream-1' },
      );
    }
    answer(response, { jsonrpc: '2.0', id, result: { content: [], echoed: params?.name ?? method } });
  };
});

async function postBatch(batch: unknown): Promise<Response> {
  const opened = await rig.post('support', 'payments', { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} });
  return rig.post('support', 'payments', batch, { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' });
}

const call = (id: number, name: string) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });

describe('a batch', () => {
  test('of 2025-03-26 is served message by message, each by the policy and in the ledger', async () => {
    revision = '2025-03-26';
    const response = await postBatch([
      call(1, 'balance'),
      { jsonrpc: '2.0', method: 'notifications/cancelled' },
      call(2, 'transfer'),
      { jsonrpc: '2.0', id: 3, method: 'ping' },
    ]);
    const answers = (await response.json()) as { id: number }[];
    expect(answers.sort((a, b) => a.id - b.id)).toMatchObject([
      { id: 1, result: { echoed: 'balance', _meta: { 'cdk-mcp-fleet/call': { outcome: 'confirmed' } } } },
      { id: 2, error: { code: 403 } },
      { id: 3, result: { echoed: 'ping' } },
    ]);
    expect((await rig.rows()).map(({ tool, state }) => `${tool} ${state}`).sort()).toEqual(['balance confirmed', 'transfer not_executed']);
    expect(rig.reached.every(({ body }) => !body.startsWith('['))).toBe(true);
  });

  test('of notifications alone is accepted without a body', async () => {
    revision = '2025-03-26';
    const response = await postBatch([{ jsonrpc: '2.0', method: 'notifications/initialized' }]);
    expect([response.status, await response.text()]).toEqual([202, '']);
  });

  test.each([
    ['in a session of a later revision', '2025-06-18', [call(1, 'balance')], /2025-06-18/],
    ['that is empty', '2025-03-26', [], /0 came/],
    ['that is too long', '2025-03-26', Array.from({ length: 101 }, (_, id) => call(id, 'balance')), /101 came/],
  ])('%s is refused whole', async (_, spoken, batch, reason) => {
    revision = spoken;
    const response = await postBatch(batch);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ id: null, error: { code: -32600, message: expect.stringMatching(reason) } });
    expect(rig.reached).toHaveLength(1);
  });
});
