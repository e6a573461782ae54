import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createGatewayServer } from '../../../gateway/http/server';
import { grant, type Rig, startRig } from '../rig';
import { call } from './messages';
import { reachedServer, serving } from './serving';

let rig: Rig;
beforeAll(async () => {
  const requestLimits = { bodyBytes: 2_048, depth: 10, values: 100, headSeconds: 5, requestSeconds: 20 };
  rig = await startRig({ payments: {} }, {}, { requestLimits });
  await grant(rig, 'support', 'payments', ['*']);
  rig.upstream = serving();
});
afterAll(() => rig.stop());

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

test.each([
  ['a body of more bytes', call('pay', { note: 'x'.repeat(2_048) }), 413, 'PAYLOAD_TOO_LARGE'],
  ['arguments that are deeper', call('pay', { note: nested(8) }), 400, 'PARSE_ERROR'],
  ['more values', call('pay', { note: Array(100).fill(1) }), 400, 'PARSE_ERROR'],
])('%s than the operator allows is refused, and reaches no server', async (_, body, status, error) => {
  rig.reached.length = 0;
  const answer = await rig.ask('support', 'payments', body);
  expect([answer.status, answer.error.data.error]).toEqual([status, error]);
  expect(reachedServer(rig)).toEqual([]);
});

test('what is within the bounds passes', async () => {
  rig.reached.length = 0;
  expect((await rig.ask('support', 'payments', call('pay', { note: [nested(6), 'x'.repeat(1_500)] }))).status).toBe(200);
  expect(reachedServer(rig)).toHaveLength(1);
});

test('the door waits as long as the operator says', () => {
  const { headersTimeout, requestTimeout } = createGatewayServer(rig.gateway);
  expect([headersTimeout, requestTimeout]).toEqual([5_000, 20_000]);
});
