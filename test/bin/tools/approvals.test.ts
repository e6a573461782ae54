import { expect, test } from '@jest/globals';
import { pendingOf, readApprovals, textOf, withApproved } from '../../../bin/tools/approvals';
import { prettyJson } from '../../../bin/tools/pretty-json';
import { Dice } from '../../core/dice';

const PAY = '{"name":"pay","inputSchema":{"type":"object","properties":{"amount":{"maximum":9223372036854775807}}}}';
const CHANGED = '{"name":"pay","title":"Pay","inputSchema":{"type":"object","properties":{"amount":{"maximum":9223372036854775806}}}}';

const read = (text: string) => readApprovals(Buffer.from(text), 'mcp-tools.json');

test('what is approved is written as it was said, and waits no more', () => {
  const none = read('{}');
  const pending = pendingOf(none, 'bank', [PAY, ` ${PAY}`, '{"name":"look"}']);
  expect(pending.map(({ tool, changed }) => [tool, changed])).toEqual([
    ['look', undefined],
    ['pay', undefined],
  ]);
  const text = textOf(withApproved(none, 'bank', pending));
  expect(text).toContain('"maximum": 9223372036854775807');
  const approved = read(text);
  expect(pendingOf(approved, 'bank', [PAY])).toEqual([]);
  expect(pendingOf(approved, 'other', [PAY])).toHaveLength(1);

  const [changed] = pendingOf(approved, 'bank', [CHANGED]);
  expect(changed?.changed).toEqual(['inputSchema.amount', 'title']);
  const both = read(textOf(withApproved(approved, 'bank', [changed as NonNullable<typeof changed>])));
  expect(pendingOf(both, 'bank', [PAY, CHANGED])).toEqual([]);
});

test('what has no name, or one twice, is not to be approved', () => {
  expect(pendingOf(read('{}'), 'bank', ['{"title":"pay"}', '{"name":"a","x":{"y":1,"y":2}}', '{"name":1}'])).toEqual([]);
});

test.each(['', 'null', '[]', '{"bank":{}}', '{"bank":["pay"]}', '{"bank":[],"bank":[]}'])('%j is no file of approved tools', (text) => {
  expect(() => read(text)).toThrow('no file of approved tools');
});

test('a text is spread over lines as JSON.stringify does it', () => {
  const dice = new Dice(5);
  const value = (depth: number): unknown => {
    const kind = dice.integer(0, depth > 3 ? 2 : 4);
    if (kind === 0) return dice.integer(-99, 99);
    if (kind === 1) return ['', 'a"b', '{[,:]}', 'é\n'][dice.integer(0, 3)];
    if (kind === 2) return [true, false, null][dice.integer(0, 2)];
    const items = Array.from({ length: dice.integer(0, 3) }, () => value(depth + 1));
    return kind === 3 ? items : Object.fromEntries(items.map((item, at) => [`n${at}`, item]));
  };
  for (let round = 0; round < 500; round++) {
    const one = value(0);
    expect(prettyJson(JSON.stringify(one))).toBe(JSON.stringify(one, null, 2));
  }
});
