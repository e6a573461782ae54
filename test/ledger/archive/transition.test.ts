import { describe, expect, test } from '@jest/globals';
import { problemOfChange } from '../../../ledger/archive/transition';
import { eventOf } from '../../../ledger/expressions';
import type { LedgerRow, LedgerState } from '../../../ledger/row';
import { claimedRow } from '../../lambda/ledger-rows';

const AT = Date.now();

/** A row that has come to a state by some others. */
function rowIn(...states: [LedgerState, ...LedgerState[]]): LedgerRow {
  const state = states.at(-1) as LedgerState;
  return { ...claimedRow('bank'), state, history: states.map((each) => eventOf(each, 'replica', AT)) };
}

const stepOf = (row: LedgerRow, state: LedgerState, more: Partial<LedgerRow> = {}): LedgerRow => ({
  ...row,
  state,
  history: [...(row.history ?? []), eventOf(state, 'replica', AT)],
  ...more,
});

const STATES: readonly LedgerState[] = ['claimed', 'sent', 'confirmed', 'failed', 'not_executed', 'input_required', 'unknown'];

/** The same table as in docs/ledger.md, "Who writes what". */
const STEPS: Readonly<Record<LedgerState, readonly LedgerState[]>> = {
  claimed: ['sent', 'not_executed'],
  sent: ['sent', 'confirmed', 'failed', 'not_executed', 'input_required', 'unknown'],
  confirmed: [],
  failed: [],
  not_executed: [],
  input_required: [],
  unknown: ['confirmed', 'failed', 'not_executed', 'input_required'],
};

describe('a step of a call', () => {
  test.each(STATES)('from %s leads where the protocol leads', (state) => {
    const row = rowIn(state);
    expect(STATES.filter((next) => problemOfChange(row, stepOf(row, next), AT) === undefined)).toEqual(
      STATES.filter((next) => STEPS[state].includes(next)),
    );
  });

  test.each<[string, (row: LedgerRow) => LedgerRow, string]>([
    ['other arguments', (row) => stepOf(row, 'confirmed', { arguments: '{"amount":1}' }), 'its arguments was changed'],
    ['another agent', (row) => stepOf(row, 'confirmed', { agent: 'other' }), 'its agent was changed'],
    ['no event', (row) => ({ ...row, state: 'confirmed' }), 'its history was rewritten'],
    ['an event of before', (row) => stepOf({ ...row, history: [] }, 'confirmed'), 'its history was rewritten'],
    ['another event', (row) => ({ ...stepOf(row, 'failed'), state: 'confirmed' }), 'its history says another state'],
    ['the fence alone', (row) => ({ ...row, fence: 'other' }), 'its fence was changed'],
    ['nothing that a call has', ({ pk }) => ({ pk }) as LedgerRow, 'a call became something else'],
  ])('with %s is outside', (_, change, problem) => {
    const row = rowIn('claimed', 'sent');
    expect(problemOfChange(row, change(row), AT)).toBe(problem);
  });
});

describe('a claim that takes a key over', () => {
  const claim = ({ pk }: LedgerRow): LedgerRow => ({ ...rowIn('claimed'), pk });

  test.each(STATES)('of what is %s', (state) => {
    const row = rowIn(state);
    const free = state === 'not_executed' || state === 'input_required';
    expect(problemOfChange(row, claim(row), AT)).toBe(free ? undefined : `its place was taken while it was ${state}`);
  });

  test('when its lifetime has ended, and not before', () => {
    const settled = { ...rowIn('sent', 'confirmed'), keyExpiresAt: AT - 1 };
    expect(problemOfChange(settled, claim(settled), AT)).toBeUndefined();
    expect(problemOfChange({ ...settled, keyExpiresAt: AT + 60_000 }, claim(settled), AT)).toContain('confirmed');
  });
});

test('a row begins as anything, and is never deleted', () => {
  expect(problemOfChange(undefined, rowIn('confirmed'), AT)).toBeUndefined();
  expect(problemOfChange(rowIn('confirmed'), undefined, AT)).toBe('the row was deleted');
});

test('what is no call is not judged', () => {
  const [one, other] = [
    { pk: 'x', n: 1 },
    { pk: 'x', n: 2 },
  ] as unknown as [LedgerRow, LedgerRow];
  expect(problemOfChange(one, other, AT)).toBeUndefined();
  expect(problemOfChange(one, rowIn('sent'), AT)).toBe('a call took the place of something else');
});
