import { expect, test } from '@jest/globals';
import { readOptions } from './options';

test('a run has a thousand cases of seed 1 unless told otherwise', () => {
  expect(readOptions([])).toEqual({ seed: '1', cases: 1_000, prove: false, keep: false, json: false });
  expect(readOptions(['--seed', '7', '--cases', '20000', '--case', '3', '--json'])).toMatchObject({
    seed: '7',
    cases: 20_000,
    only: 3,
    json: true,
  });
  expect(readOptions(['--help'])).toBeUndefined();
});

test.each([
  [['--cases', '0'], '--cases must be a whole number of at least 1, not "0"'],
  [['--case', '-1'], "Option '--case' argument is ambiguous"],
  [['--case', 'x'], '--case must be a whole number of at least 0, not "x"'],
  [['--broken', 'nothing'], '--broken "nothing" is not one of'],
  [['--seed', 'x'], '--seed must be a whole number of at least 0, not "x"'],
  [['--speed'], "Unknown option '--speed'"],
])('%j is refused by name', (args, message) => {
  expect(() => readOptions(args)).toThrow(message);
});
