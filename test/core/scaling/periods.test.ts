import { expect, test } from '@jest/globals';
import { periodValues } from '../../../core/scaling/periods';

const MINUTE = 60_000;
const SAMPLES = [
  { at: 10, value: 4 },
  { at: 59_999, value: 8 },
  { at: 3 * MINUTE, value: 1 },
  { at: 4 * MINUTE, value: 100 },
];

test.each([
  ['Average', [6, undefined, undefined, 1]],
  ['Sum', [12, undefined, undefined, 1]],
  ['Minimum', [4, undefined, undefined, 1]],
  ['Maximum', [8, undefined, undefined, 1]],
  ['SampleCount', [2, undefined, undefined, 1]],
] as const)('%s of whole periods; the one that has not ended is not looked at', (statistic, values) => {
  expect(periodValues(SAMPLES, { statistic, periodMs: MINUTE, count: 4, now: 4 * MINUTE + 30_000 })).toEqual(values);
});

test('periods of an alarm slide: each ends where it looks', () => {
  const ask = { statistic: 'Sum', periodMs: 2 * MINUTE, count: 2, stepMs: MINUTE } as const;
  expect(periodValues(SAMPLES, { ...ask, now: 4 * MINUTE })).toEqual([12, 1]);
  expect(periodValues(SAMPLES, { ...ask, now: 5 * MINUTE + 1 })).toEqual([undefined, 101]);
});

test('a minute may last as long as it likes', () => {
  const samples = SAMPLES.map(({ at, value }) => ({ at: at / 7, value }));
  expect(periodValues(samples, { statistic: 'Sum', periodMs: MINUTE / 7, count: 4, now: (4.5 * MINUTE) / 7 })).toEqual([
    12,
    undefined,
    undefined,
    1,
  ]);
});
