import { expect, test } from '@jest/globals';
import { eventOf, updateOf } from '../../ledger/expressions';
import { itemOf } from '../../ledger/item';
import { CONDITIONS } from '../../ledger/protocol';
import type { LedgerRow, LedgerState } from '../../ledger/row';

const DAY_MS = 24 * 3_600_000;
const CLAIMED = Date.parse('2026-01-01T00:00:00Z');
const SETTLED = CLAIMED + DAY_MS;
const row = {
  pk: 's#a#k:1',
  server: 's',
  claimedAt: CLAIMED,
  keyExpiresAt: CLAIMED + 2 * DAY_MS,
  stateChanging: true,
  state: 'sent',
  fence: 'f',
} as LedgerRow;
const EXPIRY = (SETTLED + (2 + 7) * DAY_MS) / 1_000;

function updated(state: LedgerState): unknown {
  const step = { condition: CONDITIONS.resolve(row), event: eventOf(state, 'test', SETTLED), changes: {} };
  const { ExpressionAttributeNames, ExpressionAttributeValues } = updateOf(row, step);
  const [name] = Object.entries(ExpressionAttributeNames).find(([, attribute]) => attribute === 'expiresAt') ?? [];
  return name === undefined ? undefined : ExpressionAttributeValues[name.replace('#', ':')];
}

const put = (state: LedgerState, more: Partial<LedgerRow> = {}) => itemOf({ ...row, settledAt: SETTLED, ...more, state }).expiresAt?.N;

test.each<LedgerState>(['confirmed', 'failed', 'not_executed', 'input_required'])('a row that is settled as %s expires', (state) => {
  expect([updated(state), Number(put(state))]).toEqual([EXPIRY, EXPIRY]);
  expect(EXPIRY * 1_000).toBeGreaterThan(row.keyExpiresAt as number);
});

test.each<LedgerState>(['claimed', 'sent', 'unknown'])('a row that is %s does not', (state) => {
  expect([updated(state), put(state)]).toEqual([undefined, undefined]);
});

test('a row that gives way keeps the expiry that it has, and a read lives as long as by default', () => {
  expect(put('confirmed', { expiresAt: 17 })).toBe('17');
  const { keyExpiresAt: _, ...read } = row;
  expect(itemOf({ ...read, stateChanging: false, state: 'confirmed', settledAt: SETTLED }).expiresAt?.N).toBe(
    String((SETTLED + 37 * DAY_MS) / 1_000),
  );
});
