import { expect, test } from '@jest/globals';
import { timeOfKey } from '../../core/key-time';
import { type Epoch, freezeOf, mayBeForgotten } from '../../core/orders';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const UNTIL = Date.parse('2026-11-27T12:00:00Z');
const EPOCH: Epoch = { from: UNTIL - DAY, until: UNTIL, by: 'ada' };

/** RFC 9562 §5.7. */
const uuid7 = (at: number) =>
  at
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})(.{4})$/, '$1-$2-7000-8000-000000000000');

test('only a UUID of version 7 says when it was made', () => {
  expect(timeOfKey('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')).toBe(Date.parse('2022-02-22T19:22:22Z')); // RFC 9562, appendix A.6
  expect(timeOfKey(uuid7(UNTIL).toUpperCase())).toBe(UNTIL);
  for (const other of ['order-17', '01ARZ3NDEKTSV4RRFFQ69G5FAV', `${uuid7(UNTIL)} `, uuid7(UNTIL).replace('-7', '-4'), ''])
    expect(timeOfKey(other)).toBeUndefined();
});

test.each<[string, string | undefined, number, { claimedAt: number } | undefined, boolean]>([
  ['a key without a time', 'order-17', UNTIL + 1, undefined, true],
  ['no key', undefined, UNTIL + 1, undefined, true],
  ['a key made before the restore point, which may have been used after it', uuid7(EPOCH.from - DAY), UNTIL + 1, undefined, true],
  ['a key made between', uuid7(UNTIL - MINUTE), UNTIL + 1, undefined, true],
  ['a key made just after, as clocks differ', uuid7(UNTIL + 9 * MINUTE), UNTIL + 9 * MINUTE, undefined, true],
  ['a key made after', uuid7(UNTIL + 11 * MINUTE), UNTIL + 11 * MINUTE, undefined, false],
  ['a key from the future, as no clock of an agent can be', uuid7(UNTIL + DAY), UNTIL + MINUTE, undefined, true],
  ['a row from before', 'order-17', UNTIL + 1, { claimedAt: EPOCH.from }, true],
  ['a row from after', 'order-17', UNTIL + MINUTE, { claimedAt: UNTIL + 1 }, false],
  ['a key without a time, when all forgotten ones have expired', 'order-17', UNTIL + 30 * DAY + 1, undefined, false],
])('%s', (_, key, now, standing, forgotten) => {
  expect(mayBeForgotten(EPOCH, key, standing, now, 30 * DAY)).toBe(forgotten);
});

test('a freeze stops what it names, and all of what it leaves open', () => {
  const stopped = (scope: object) =>
    ['payments.transfer', 'payments.refund', 'notes.transfer'].filter((name) => {
      const [server = '', tool = ''] = name.split('.');
      return freezeOf({ freezes: [{ at: 0, by: 'ada', ...scope }] }, server, tool) !== undefined;
    });
  expect(stopped({ server: 'payments', tool: 'transfer' })).toEqual(['payments.transfer']);
  expect(stopped({ server: 'payments' })).toEqual(['payments.transfer', 'payments.refund']);
  expect(stopped({ tool: 'transfer' })).toEqual(['payments.transfer', 'notes.transfer']);
  expect(stopped({})).toHaveLength(3);
});
