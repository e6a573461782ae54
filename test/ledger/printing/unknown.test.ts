import { describe, expect, it } from '@jest/globals';
import { terminal } from '../../../bin/terminal';
import { oldestFirst, unknownLines } from '../../../ledger/printing/unknown';
import type { LedgerRow } from '../../../ledger/row';

const PLAIN = terminal(false, { NO_COLOR: '1' }).paint;
const NOW = Date.UTC(2026, 8, 1, 12);
const row = (change: Partial<LedgerRow> = {}): LedgerRow =>
  ({
    callId: 'c-1',
    idempotencyKey: 'order-17',
    server: 'payments',
    tool: 'transfer',
    subject: 'treasury',
    state: 'unknown',
    claimedAt: NOW - 8_000_000,
    settledAt: NOW - 7_300_000,
    leaseUntil: NOW - 1,
    reason: 'the server ended',
    ...change,
  }) as LedgerRow;
const lines = (change: Partial<LedgerRow>, others: readonly LedgerRow[] = []) => {
  const listed = row(change);
  return unknownLines(listed, [listed, ...others], NOW, PLAIN);
};
const settle = (change: Partial<LedgerRow>, others?: readonly LedgerRow[]) => lines(change, others)[3];

describe('a call that nobody can tell of', () => {
  it('says whose it is, since when, why, and how to settle it', () => {
    expect(lines({})).toEqual([
      'payments.transfer  treasury  key "order-17"',
      '  since    2026-09-01T09:58:20.000Z, 2 hours ago',
      '  because  the server ended',
      '  settle   mcp-fleet ledger resolve order-17 --outcome confirmed|failed|not_executed --reason "…"',
      '',
    ]);
  });

  it('goes by its history where it has one', () => {
    const history = [
      { at: NOW - 90_000, state: 'sent', by: 'gw' },
      { at: NOW - 60_000, state: 'unknown', by: 'janitor', because: 'its gateway died' },
    ] as const;
    expect(lines({ history }).slice(1, 3)).toEqual(['  since    2026-09-01T11:59:00.000Z, 1 minute ago', '  because  its gateway died']);
  });

  it.each([
    ['a call without a key', { idempotencyKey: undefined }],
    ['a key that a shell would read as more', { idempotencyKey: 'x; rm -rf ~' }],
    ['a key that would be an option', { idempotencyKey: '--outcome' }],
    ['a key with a line end', { idempotencyKey: 'a\nb' }],
  ])('%s is named by its call id', (_, change) => {
    expect(settle(change)).toContain('resolve c-1 ');
    expect(lines(change)[0]).not.toContain('\n');
  });

  it('that shares its key with another is named by its call id', () => {
    expect(settle({}, [row({ callId: 'c-2' })])).toContain('resolve c-1 ');
  });

  it('that may still be under way says from when on it can be settled', () => {
    expect(settle({ leaseUntil: NOW })).toMatch(/\(from 2026-09-01T12:00:00.000Z on: its gateway may still work on it\)$/);
  });

  it('comes after those that were unknown before it', () => {
    const rows = [row({ callId: 'new', settledAt: 3 }), row({ callId: 'old', settledAt: 1 }), row({ callId: 'middle', settledAt: 2 })];
    expect(oldestFirst(rows).map(({ callId }) => callId)).toEqual(['old', 'middle', 'new']);
  });
});
