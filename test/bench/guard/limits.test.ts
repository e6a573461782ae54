import { expect, test } from '@jest/globals';
import { allocatedKib } from './allocated';
import { hold } from './limits';
import type { Measured } from './measure';

const counted = { requests: 1, writes: 1, bytes: 1_000 };
const measured: Measured = {
  tables: { open: counted, read: counted, keyed: counted, keyless: counted },
  allocatedKib: { gateway: 100 },
  bundleKib: { gateway: 1_000 },
};
const limits = { margins: { requests: 0, writes: 0, bytes: 0.1, allocatedKib: 0.1, bundleKib: 0.1 }, measured };

test('what was measured when the limits were set fits', () => {
  expect(hold(measured, limits).map(({ fits, loose }) => ({ fits, loose }))).toEqual(Array(14).fill({ fits: true, loose: false }));
});

test('more than the margin is too much, and much less makes a limit loose', () => {
  const changed = { ...measured, allocatedKib: { gateway: 111 }, bundleKib: { gateway: 800 } };
  const held = hold(changed, limits).filter(({ fits, loose }) => !fits || loose);
  expect(held).toEqual([
    { what: 'allocatedKib gateway', value: 111, limit: 110.00000000000001, fits: false, loose: false },
    { what: 'bundleKib gateway', value: 800, limit: 1_100, fits: true, loose: true },
  ]);
});

test('a number without a limit is no number that fits', () => {
  expect(() => hold({ ...measured, bundleKib: { gateway: 1, other: 1 } }, limits)).toThrow('no limit for "bundleKib other"');
});

test('allocated is what grew between collections', () => {
  const said = [
    '[7:0x1]       30 ms: Scavenge 10.0 (20.0) -> 4.0 (20.0) MB, pooled: 0 MB, 1.2 / 0.0 ms  (average mu = 1.000) allocation failure;',
    'something else',
    '[7:0x1]       40 ms: Scavenge 12.0 (20.0) -> 5.0 (20.0) MB, 1.2 / 0.0 ms  (average mu = 1.000) allocation failure;',
    '[7:0x1]       50 ms: Mark-Compact (reduce) 6.5 (20.0) -> 3.0 (20.0) MB, 1.2 / 0.0 ms  (average mu = 1.000) last resort;',
  ];
  expect(allocatedKib(said.join('\n'))).toBe((8 + 1.5) * 1024);
});
