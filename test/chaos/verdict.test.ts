import { describe, expect, test } from '@jest/globals';
import type { LedgerRow } from '../../ledger/row';
import type { Execution, Transfer } from './bank';
import type { History, Later } from './history';
import type { Told } from './messages';
import { FENCED_TOOL } from './tools';
import { judge, VIOLATIONS, type Violation } from './verdict';

const TASK = 'task-1';
/** Of the tool that cannot be looked up. */
const FENCED = { tool: FENCED_TOOL };
const PID = 11;

/** A call that went as it should: told confirmed, executed once, written down. */
interface Call extends Partial<Omit<Told, 'reference'>> {
  readonly later?: Later;
  readonly executions?: readonly Partial<Execution>[];
  readonly dispatched?: boolean;
  readonly row?: Partial<LedgerRow> | 'none';
}

function history(calls: readonly Call[], alive: Partial<Pick<History, 'instances' | 'cuts'>> = {}): History {
  const each = calls.map((call, number) => ({ call, reference: `v1-${number}`, key: `key-${number}` }));
  const transfer = (reference: string, key: string): Transfer => ({ reference, key, task: TASK, pid: PID });
  return {
    told: each.map(({ call: { later: _, executions: __, dispatched: ___, row: ____, ...told }, reference, key }) => ({
      reference,
      key,
      callId: `call-of-${key}`,
      agent: 'v1',
      tool: 'transfer',
      outcome: 'confirmed',
      attempts: 1,
      milliseconds: 5,
      ...told,
    })),
    later: new Map(each.flatMap(({ call, reference }) => (call.later === undefined ? [] : [[reference, call.later] as const]))),
    journal: each.flatMap(({ call: { executions = [{}] }, reference, key }) =>
      executions.map((execution) => ({ ...transfer(reference, key), at: 1000, ...execution })),
    ),
    dispatched: each.filter(({ call }) => call.dispatched !== false).map(({ reference, key }) => transfer(reference, key)),
    rows: each.flatMap(({ call: { row = {} }, key }) => (row === 'none' ? [] : [ledgerRow(key, row)])),
    instances: new Map([[TASK, PID]]),
    cuts: new Map(),
    evidence: new Map([['call-of-key-3', 'instance']]),
    ...alive,
  };
}

function ledgerRow(key: string, row: Partial<LedgerRow>): LedgerRow {
  return {
    pk: `bank#agent#k:${key}`,
    callId: `call-of-${key}`,
    idempotencyKey: key,
    owner: 'gateway-0',
    arguments: '{}',
    ...row,
  } as LedgerRow;
}

const violations = (...calls: Call[]): Violation[] => judge(history(calls)).findings.map(({ violation }) => violation);

test('nothing is found where everything is as it should be', () => {
  const found = violations(
    {},
    { outcome: 'failed', executions: [] },
    { outcome: 'not_executed', executions: [] },
    { outcome: 'unknown', later: 'confirmed' },
    { outcome: 'nothing', later: 'not_executed', executions: [] },
    { outcome: 'nothing', later: 'no row', executions: [], dispatched: false, row: 'none', callId: undefined },
  );
  expect(found).toEqual([]);
});

const BROKEN: readonly (readonly [Violation, Record<string, Call>])[] = [
  [
    'executed twice under one key',
    { 'on two instances': { executions: [{}, { task: 'task-2' }] }, 'under two keys': { executions: [{}, { key: 'another' }] } },
  ],
  [
    'reported confirmed without a journal line',
    { told: { executions: [] }, 'asked later': { outcome: 'unknown', later: 'confirmed', executions: [] } },
  ],
  [
    'reported failed or not executed with a journal line',
    {
      'told failed': { outcome: 'failed' },
      'told not executed': { outcome: 'not_executed' },
      'later failed': { outcome: 'nothing', later: 'failed' },
      'later not executed': { outcome: 'unknown', later: 'not_executed' },
    },
  ],
  [
    'without an audit row',
    {
      'it came to a server': { row: 'none', callId: undefined },
      'its agent was told of it': { row: 'none', outcome: 'not_executed', executions: [], dispatched: false },
      'it was refused while the ledger was away, but not before it was sent': {
        row: 'none',
        outcome: 'not_executed',
        error: 'LEDGER_UNAVAILABLE',
        executions: [],
      },
    },
  ],
  ["given another call's result", { 'it is executed, too': { foreign: true } }],
  [
    'left open although evidence can be had',
    {
      'by its instance': { ...FENCED, outcome: 'unknown', later: 'unknown' },
      'by its instance, which did not execute it': { ...FENCED, outcome: 'nothing', later: 'unknown', executions: [] },
      'by a read': { outcome: 'unknown', later: 'unknown', executions: [], dispatched: false },
      'still sent': { ...FENCED, outcome: 'unknown', later: 'sent' },
      'claimed and never sent': { ...FENCED, outcome: 'unknown', later: 'claimed', executions: [], dispatched: false },
    },
  ],
];

describe.each(BROKEN)('%s', (violation, cases) => {
  test.each(Object.entries(cases))('is found: %s', (_, call) => {
    expect(violations({}, call)).toEqual([violation]);
    expect(judge(history([{}, call])).counts[violation]).toBe(1);
  });
});

test('every violation is found above', () => {
  expect(BROKEN.map(([violation]) => violation)).toEqual([...VIOLATIONS]);
});

test('what nobody can tell is no violation, and is counted', () => {
  const gone = history(
    [
      { ...FENCED, outcome: 'unknown', later: 'unknown' },
      { ...FENCED, outcome: 'nothing', later: 'unknown', executions: [], dispatched: false },
      { outcome: 'not_executed', error: 'LEDGER_UNAVAILABLE', executions: [], dispatched: false, row: 'none' },
      { outcome: 'unknown', later: 'failed', executions: [] },
      { outcome: 'unknown', later: 'not_executed', executions: [] },
    ],
    { instances: new Map([[TASK, PID + 1]]) },
  );
  expect(judge(gone)).toMatchObject({
    findings: [],
    refusedUnwritten: 1,
    settledBy: { instance: 1 },
    endings: {
      'undecidable: its instance is gone': 1,
      'undecidable: it was lost on the way': 1,
      'not executed': 1,
      'unknown, then failed by instance': 1,
      'unknown, then not executed by its gateway': 1,
    },
  });
});

test('the row of a refused repetition does not stand for a key that has no row', () => {
  const refused = ledgerRow('key-0', { pk: 'bank#agent#c:another', callId: 'another' });
  const seen = { ...history([{ row: 'none', callId: undefined }]), rows: [refused] };
  expect(judge(seen).counts['without an audit row']).toBe(1);
});

describe('twice for an agent without a key, whose leg was cut', () => {
  const plain: Call = { key: undefined, executions: [{ key: undefined }, { key: undefined }], row: { idempotencyKey: undefined } };
  const judged = (call: Call, cut: { whole: boolean; primed: boolean }) => {
    const { counts, undecidableCuts } = judge(history([call], { cuts: new Map([['v1-0', cut]]) }));
    return [counts['executed twice under one key'], undecidableCuts];
  };

  test('when all had left and no event id had come, nobody could tell', () => {
    expect(judged(plain, { whole: true, primed: false })).toEqual([0, 1]);
  });

  test('in all other cases the fleet could tell', () => {
    expect(judged(plain, { whole: false, primed: false })).toEqual([1, 0]);
    expect(judged(plain, { whole: true, primed: true })).toEqual([1, 0]);
    expect(judged({ executions: [{}, {}] }, { whole: true, primed: false })).toEqual([1, 0]);
  });
});

test('it tells how long the longest call was on its way', () => {
  expect(
    judge(history([{ row: { sentAt: 900 } }, { executions: [{ at: 3200 }], row: { sentAt: 1000 } }, { row: 'none' }])).longestWayMs,
  ).toBe(2200);
});
