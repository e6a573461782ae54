import { expect, test } from '@jest/globals';
import { oneOf, readCommandLine, seed, wholeNumber } from './command-line';

const OWN = { calls: { type: 'string', default: '10' } } as const;

test('every suite knows --json, --keep and --help beside its own', () => {
  expect(readCommandLine([], OWN)).toMatchObject({ calls: '10', json: false, keep: false });
  expect(readCommandLine(['--calls', '3', '--json', '--keep'], OWN)).toMatchObject({ calls: '3', json: true, keep: true });
  expect(readCommandLine(['--help'], OWN)).toBeUndefined();
});

test.each([['--other'], ['word'], ['--calls']])('refuses %s', (...args) => {
  expect(() => readCommandLine(args, OWN)).toThrow();
});

test('numbers are whole and not too small', () => {
  expect([wholeNumber('--calls', '20000', 1), seed('0')]).toEqual([20_000, 0]);
  for (const text of ['', ' ', '0', '-1', '1.5', 'x']) expect(() => wholeNumber('--calls', text, 1)).toThrow('--calls');
  expect(() => seed('-1')).toThrow('--seed');
});

test('names are those that are known', () => {
  expect(oneOf('--phase', 'kill', ['steady', 'kill'])).toBe('kill');
  expect(() => oneOf('--phase', 'Kill', ['steady', 'kill'])).toThrow('--phase "Kill" is not one of steady, kill');
});
