import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { CONDITIONS, claimable, permits } from '../../ledger/protocol';
import type { LedgerRow, LedgerState } from '../../ledger/row';
import { answer, grant, type Rig, startRig } from './rig';

const LIFETIME_MS = 60_000;

let rig: Rig;
let answers: 'result' | 'nothing';

beforeAll(async () => {
  rig = await startRig({ payments: {} }, {}, { keyLifetimeSeconds: LIFETIME_MS / 1_000 });
  await grant(rig, 'treasury', 'payments', ['*']);
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.reached.length = 0;
  rig.skewMs = 0;
  answers = 'result';
  rig.upstream = (request, response, body) => {
    if (answers === 'nothing') request.socket.destroy();
    else
      answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [{ type: 'text', text: body.length.toString() }] } });
  };
});

const call = (key: string, args: object = {}) =>
  rig.ask('treasury', 'payments', {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'transfer', arguments: args, _meta: { 'cdk-mcp-fleet/idempotencyKey': key } },
  });

test('a key names its call until its lifetime ends; then it is a new intent, and the old row stays in the audit', async () => {
  const first = await call('monthly', { month: 1 });
  expect((await call('monthly', { month: 2 })).error).toMatchObject({ code: 422 });
  rig.skewMs = LIFETIME_MS - 5_000;
  expect((await call('monthly', { month: 1 })).result._meta['cdk-mcp-fleet/call']).toMatchObject({ replayed: true });
  rig.skewMs = LIFETIME_MS + 1;
  const second = await call('monthly', { month: 2 });
  expect(second.result._meta['cdk-mcp-fleet/call']).toMatchObject({ replayed: false, outcome: 'confirmed' });
  expect(rig.reached).toHaveLength(2);
  const { callId } = first.result._meta['cdk-mcp-fleet/call'] as { callId: string };
  const rows = (await rig.rows()).filter((row) => row.idempotencyKey === 'monthly' && row.state === 'confirmed');
  expect(rows.map(({ pk, callId: of }) => [pk.split('#')[2]?.slice(0, 2), of === callId]).sort()).toEqual([
    ['c:', true],
    ['k:', false],
  ]);
});

test('of two that come when it has ended, one executes and the other gets its outcome', async () => {
  await call('race');
  rig.reached.length = 0;
  rig.skewMs = LIFETIME_MS + 1;
  const both = await Promise.all([call('race'), call('race')]);
  expect(both.map(({ result }) => result._meta['cdk-mcp-fleet/call']?.replayed).sort()).toEqual([false, true]);
  expect(rig.reached).toHaveLength(1);
});

test('an unknown call keeps its key for good', async () => {
  answers = 'nothing';
  await call('lost');
  rig.skewMs = 1_000 * LIFETIME_MS;
  answers = 'result';
  expect((await call('lost')).error).toMatchObject({ code: 504, data: { outcome: 'unknown' } });
  expect(rig.reached).toHaveLength(1);
});

test('what was refused before it ran is kept under its call id when the next attempt takes the key', async () => {
  rig.upstream = (_, response) => response.writeHead(503, { 'mcp-fleet-instance': 't', 'mcp-fleet-reason': 'at_capacity' }).end();
  const refused = await call('full', { attempt: 'any' });
  expect(refused.error).toMatchObject({ code: 503, data: { retry: 'safe' } });
  rig.upstream = (_, response, body) => answer(response, { jsonrpc: '2.0', id: JSON.parse(body).id, result: { content: [] } });
  await call('full', { attempt: 'any' });
  const rows = (await rig.rows()).filter(({ idempotencyKey }) => idempotencyKey === 'full');
  expect(rows.map(({ state }) => state).sort()).toEqual(['confirmed', 'not_executed']);
  expect(rows.find(({ state }) => state === 'not_executed')?.callId).toBe(refused.error.data.callId);
});

test('only a settled row gives way by age, and the write itself compares the age', () => {
  const states: LedgerState[] = ['claimed', 'sent', 'confirmed', 'failed', 'not_executed', 'unknown', 'input_required'];
  const standing = (state: LedgerState): LedgerRow => ({ state, fence: 'f', keyExpiresAt: 10 }) as LedgerRow;
  const free = (now: number, sameIntent = false) => states.filter((state) => claimable(standing(state), now, sameIntent) !== undefined);
  expect(free(9)).toEqual(['not_executed']);
  expect(free(9, true)).toEqual(['not_executed', 'input_required']);
  expect(free(10)).toEqual(['confirmed', 'failed', 'not_executed', 'input_required']);
  expect(permits(CONDITIONS.reclaimExpired({ fence: 'f' }, 9), standing('confirmed'))).toBe(false);
  expect(claimable({ state: 'confirmed', fence: 'f' }, Number.MAX_SAFE_INTEGER, true)).toBeUndefined();
});
