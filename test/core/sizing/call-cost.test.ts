import { randomUUID } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { expect, test } from '@jest/globals';
import { costOfCalls, LANES, ROW_BYTES, totalOf, writeUnits } from '../../../core/sizing/call-cost';
import { itemOf } from '../../../ledger/item';
import { type LedgerRow, ledgerKey } from '../../../ledger/row';

const AGENT = 'o'.repeat(32);
const [CALL, KEY] = [randomUUID(), randomUUID()];
const AT = 1_790_000_000_000;

/** As a gateway writes it: ids, digests and names of the length that they have. */
const CLAIMED: LedgerRow = {
  pk: ledgerKey('payments', AGENT, `k:${KEY}`),
  callId: CALL,
  idempotencyKey: KEY,
  server: 'payments',
  agent: AGENT,
  issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a1b2c3d4e',
  subject: randomUUID(),
  task: randomUUID(),
  session: 's'.repeat(43),
  tool: 'transfer_money',
  argumentsDigest: 'd'.repeat(43),
  digestVersion: 1,
  arguments: '',
  era: 'legacy',
  stateChanging: true,
  state: 'sent',
  fence: randomUUID(),
  owner: randomUUID(),
  route: 'r'.repeat(120),
  claimedAt: AT,
  sentAt: AT,
  leaseUntil: AT,
  keyExpiresAt: AT,
};
const SETTLED: LedgerRow = {
  ...CLAIMED,
  state: 'confirmed',
  settledAt: AT,
  instance: 'i'.repeat(32),
  result: '',
  resultIsError: false,
  history: (['claimed', 'sent', 'confirmed'] as const).map((state) => ({ at: AT, state, by: randomUUID() })),
};

test('a row takes, beside arguments and result, no more than is reckoned with, and not much less', () => {
  const [claimed, settled] = [sizeOf(itemOf(CLAIMED)), sizeOf(itemOf(SETTLED))];
  expect(claimed).toBeLessThanOrEqual(ROW_BYTES.claimed);
  expect(claimed).toBeGreaterThan(0.8 * ROW_BYTES.claimed);
  expect(settled).toBeLessThanOrEqual(ROW_BYTES.claimed + ROW_BYTES.settlement);
  expect(settled).toBeGreaterThan(0.8 * (ROW_BYTES.claimed + ROW_BYTES.settlement));
});

test('a read is one write, a write under a key two and two of the index, and what is large is compressed', () => {
  const units = (result: number) => LANES.map((lane) => writeUnits(lane, { arguments: 200, result }));
  expect(units(500)).toEqual([3, 7, 9]);
  expect(units(1_000)).toEqual([3, 7, 9]);
  expect(units(100_000)).toEqual([35, 39, 41]);
});

test('what is larger costs more, in every lane and each part that carries it', () => {
  for (const lane of LANES) {
    const [small, large] = [costOfCalls(lane, { arguments: 200, result: 1_000 }), costOfCalls(lane, { arguments: 200, result: 30_000 })];
    expect(totalOf(large)).toBeGreaterThan(totalOf(small));
    for (const part of ['ledger', 'rows', 'archive', 'balancers'] as const) expect(large[part]).toBeGreaterThan(small[part]);
  }
});

/** Bytes of an item (DynamoDB, Item sizes and formats). */
function sizeOf(attributes: Readonly<Record<string, AttributeValue>>): number {
  return Object.entries(attributes).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);
}

function valueSize({ S, N, BOOL, L, M }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.length / 2) + 1;
  if (BOOL !== undefined) return 1;
  if (L !== undefined) return 3 + L.reduce((sum, value) => sum + 1 + valueSize(value), 0);
  return 3 + Object.values(M ?? {}).length + sizeOf(M ?? {});
}
