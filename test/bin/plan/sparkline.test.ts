import { expect, it } from '@jest/globals';
import { sparkline } from '../../../bin/plan/sparkline';

it.each([
  [[0, 1, 2, 3, 4, 5, 6, 7, 8], 9, 8, ' ▂▃▄▅▆▇██'],
  [[0, 0, 8, 1], 2, 8, ' █'],
  [[1, 1], 10, 100, '▁▁'],
  [[], 10, 1, ''],
])('%j in %d columns', (values, width, top, line) => {
  expect(sparkline(values, width, top)).toBe(line);
});
