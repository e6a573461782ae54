import { expect, test } from '@jest/globals';
import { readOptions } from './options';

test('without flags it is short, and runs both fleets', () => {
  expect(readOptions([])).toEqual({ seed: 1, calls: 1500, clients: 'helper', ledger: 'both', keep: false, json: false });
});

test('reads what is given', () => {
  expect(readOptions(['--seed', '42', '--calls', '20000', '--clients', 'plain', '--without-ledger', '--json'])).toMatchObject({
    seed: 42,
    calls: 20_000,
    clients: 'plain',
    ledger: 'without',
    json: true,
  });
  expect(readOptions(['--with-ledger'])?.ledger).toBe('with');
  expect(readOptions(['--help'])).toBeUndefined();
});

test.each([['--calls', '0'], ['--calls', '1.5'], ['--seed', 'x'], ['--seed', ''], ['--clients', 'none'], ['--unknown']])(
  'refuses %s %s',
  (...args) => {
    expect(() => readOptions(args)).toThrow(args[0]);
  },
);
