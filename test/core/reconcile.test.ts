import { describe, expect, test } from '@jest/globals';
import { expressionProblem, judgeRead, landedResult, type ReconcileConfig, readArguments } from '../../core/reconcile';

const CONFIG: ReconcileConfig = {
  tool: 'find_transfer',
  arguments: '{ "reference": arguments.reference, "key": idempotencyKey }',
  landed: '$exists(result.structuredContent.transfers[reference = $$.arguments.reference])',
  notLanded:
    'result.structuredContent.complete = true and $count(result.structuredContent.transfers[reference = $$.arguments.reference]) = 0',
  effectSeconds: 1,
};
const CALL = { arguments: { reference: 'r-1', amount: 12 }, idempotencyKey: 'k-1', callId: 'c-1' };
const listing = (...references: string[]) => ({
  structuredContent: { complete: true, transfers: references.map((reference) => ({ reference })) },
});

test('the read is asked with arguments that are mapped from the call', async () => {
  expect(await readArguments(CONFIG, CALL)).toEqual({ reference: 'r-1', key: 'k-1' });
});

test('an expression that gives no arguments is an error, not an empty read', async () => {
  await expect(readArguments({ ...CONFIG, arguments: 'arguments.reference' }, CALL)).rejects.toThrow('gives no object');
  await expect(readArguments({ ...CONFIG, arguments: 'nothing.there' }, CALL)).rejects.toThrow('gives no object');
});

describe('a read shows', () => {
  test.each([
    ['that it happened', listing('r-0', 'r-1'), 'landed'],
    ['that it did not', listing('r-0'), 'not_landed'],
    ['nothing, where a member is missing', { structuredContent: {} }, 'undecided'],
    ['nothing, where the list is not complete', { structuredContent: { complete: false, transfers: [] } }, 'undecided'],
    ['nothing, where it is of another shape', { content: [{ type: 'text', text: 'r-1' }] }, 'undecided'],
  ] as const)('%s', async (_, result, landing) => {
    expect(await judgeRead(CONFIG, CALL, result as never)).toBe(landing);
  });

  test.each([
    ['true text', '"true"'],
    ['one', '1'],
    ['a list with true', '[true, true]'],
  ])('nothing by %s: only true counts', async (_, landed) => {
    expect(await judgeRead({ ...CONFIG, landed }, CALL, {})).toBe('undecided');
  });

  test('nothing where both expressions are true', async () => {
    expect(await judgeRead({ ...CONFIG, landed: 'true', notLanded: 'true' }, CALL, {})).toBe('undecided');
  });
});

test('an expression without an end is given up', async () => {
  await expect(judgeRead({ ...CONFIG, landed: '($f := function($x) { $f($x + 1) + 1 }; $f(1))' }, CALL, {})).rejects.toMatchObject({
    message: expect.stringMatching(/depth|stack|timeout/i),
  });
});

test('a call that happened gets the declared result, or a sentence', async () => {
  const declared = { ...CONFIG, result: '{ "structuredContent": { "reference": arguments.reference, "status": "booked" } }' };
  expect(JSON.parse(await landedResult(declared, CALL, {}))).toEqual({
    resultType: 'complete',
    content: [],
    structuredContent: { reference: 'r-1', status: 'booked' },
  });
  expect(await landedResult(CONFIG, CALL, {})).toContain('\\"find_transfer\\" shows that it took effect');
});

test('a wrong expression is told with its place', () => {
  expect(expressionProblem('result.found = true')).toBeUndefined();
  expect(expressionProblem('result.found = ')).toMatch(/at character \d+/);
});
