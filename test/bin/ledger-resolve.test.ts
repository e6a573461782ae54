import { describe, expect, it } from '@jest/globals';
import { theOneToResolve } from '../../bin/commands/ledger-resolve';
import type { LedgerRow } from '../../ledger/row';

const NOW = Date.UTC(2026, 8, 1, 12);
const row = (change: Partial<LedgerRow> = {}): LedgerRow =>
  ({ callId: 'c-1', idempotencyKey: 'order-17', state: 'unknown', leaseUntil: NOW - 1, ...change }) as LedgerRow;

describe('the call that a person settles', () => {
  it('is the unknown one of that key or call id, beside the audit of who asked for it again', () => {
    const asked = row({ callId: 'c-2', state: 'not_executed' });
    expect(theOneToResolve('order-17', [asked, row()], NOW).callId).toBe('c-1');
    expect(theOneToResolve('c-1', [asked, row()], NOW).callId).toBe('c-1');
  });

  it.each([
    ['nothing of that name', [], 'No call has the idempotency key or call id "order-17".'],
    ['a call that is settled', [row({ state: 'confirmed' })], 'The call "order-17" is confirmed, not unknown; nothing was changed.'],
    ['a call that is sent', [row({ state: 'sent' })], 'The call "order-17" is sent, not unknown; nothing was changed.'],
    ['two calls', [row(), row({ callId: 'c-9' })], '2 calls with the key "order-17" are unknown.'],
    [
      'a call that may be under way',
      [row({ leaseUntil: NOW })],
      'The call "order-17" may still be under way: its gateway may work on it until 2026-09-01T12:00:00.000Z.',
    ],
  ])('is not %s', (_, rows, message) => {
    expect(() => theOneToResolve('order-17', rows, NOW)).toThrow(expect.objectContaining({ exitCode: 3, message }));
  });
});
