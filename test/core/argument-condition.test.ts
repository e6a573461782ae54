import { describe, expect, test } from '@jest/globals';
import { type ArgumentCondition, type ArgumentConditions, brokenCondition, inWords } from '../../core/argument-condition';
import { compareNumbers } from '../../core/exact-number';
import { Dice } from './dice';

const holds = (condition: ArgumentCondition, argumentsText: string): boolean =>
  brokenCondition({ a: condition }, argumentsText) === undefined;

describe('a condition on an argument', () => {
  test.each<[ArgumentCondition, string, boolean]>([
    [{ atMost: '1000' }, '{"a":1000}', true],
    [{ atMost: '1000' }, '{"a":1e3}', true],
    [{ atMost: '1000' }, '{"a":1000.0000000000000000001}', false],
    [{ atMost: '1000' }, '{"a":-5}', true],
    [{ atMost: '1000', atLeast: '0' }, '{"a":-5}', false],
    [{ atMost: '1000', atLeast: '0' }, '{"a":-0}', true],
    [{ atMost: '1000' }, '{"a":"5"}', false],
    [{ atMost: '1000' }, '{"a":null}', false],
    [{ atMost: '1000' }, '{"a":true}', false],
    [{ atMost: '1000' }, '{"a":[5]}', false],
    [{ atMost: '1000' }, '{"a":{"a":5}}', false],
    [{ atMost: '1000' }, '{}', false],
    [{ atMost: '1000', absent: 'allowed' }, '{}', true],
    [{ atMost: '1000', absent: 'allowed' }, '{"a":null}', false],
    [{ absent: 'required' }, '{}', true],
    [{ absent: 'required' }, '{"a":null}', false],
    [{ oneOf: ['"EUR"', '"USD"'] }, '{"a":"USD"}', true],
    [{ oneOf: ['"EUR"'] }, '{"a":"eur"}', false],
    [{ oneOf: ['"EUR"'] }, '{"a":["EUR"]}', false],
    [{ oneOf: ['1'] }, '{"a":1.0}', true],
    [{ oneOf: ['1'] }, '{"a":"1"}', false],
    [{ oneOf: ['"1"'] }, '{"a":1}', false],
    [{ oneOf: ['true'] }, '{"a":true}', true],
    [{ oneOf: ['true'] }, '{"a":"true"}', false],
    [{ matches: 'acme/*' }, '{"a":"acme/x"}', true],
    [{ matches: 'acme/*' }, '{"a":"other/x"}', false],
    [{ matches: '*' }, '{"a":7}', false],
    [{ matches: 'é' }, '{"a":"\\u00e9"}', true],
    [{ oneOf: ['1'] }, '{"a":1,"A":2}', false],
    [{ absent: 'allowed' }, '{"A":2}', false],
  ])('%j of %s: %s', (condition, argumentsText, expected) => {
    expect(holds(condition, argumentsText)).toBe(expected);
  });

  test('all must hold, and the first that does not is told without the value that came', () => {
    const conditions: ArgumentConditions = { amount: { atMost: '10' }, to: { oneOf: ['"vendors"'], absent: 'allowed' } };
    expect(brokenCondition(conditions, '{"amount":10}')).toBeUndefined();
    expect(brokenCondition(conditions, '{"amount":11,"to":"me"}')).toBe('"amount" must be at most 10');
    expect(brokenCondition(conditions, '{"amount":1,"to":"me"}')).toBe('"to" must be "vendors", may be left out');
    expect(inWords({ absent: 'required' })).toBe('be left out');
  });
});

test('numbers are compared as fractions are, however they are spelt', () => {
  const dice = new Dice(4711);
  const digits = (least: number, most: number) => Array.from({ length: dice.integer(least, most) }, () => dice.integer(0, 9)).join('');
  const spelt = (): string => {
    const whole = BigInt(digits(1, 6)).toString();
    return `${dice.pick(['', '-'])}${whole}${dice.pick(['', `.${digits(1, 4)}`])}${dice.pick(['', `e${dice.integer(-6, 6)}`])}`;
  };
  /** In units of 10^-20. */
  const slowly = (text: string): bigint => {
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(-?\d+))?$/.exec(text) ?? [];
    const value = BigInt(whole + fraction) * 10n ** BigInt(20 + Number(exponent) - fraction.length);
    return sign === '-' ? -value : value;
  };
  const wrong: string[] = [];
  for (let n = 0; n < 20_000; n++) {
    const [one, other] = [spelt(), dice.chance(0.1) ? '0' : spelt()];
    const [a, b] = [slowly(one), slowly(other)];
    if (compareNumbers(one, other) !== (a < b ? -1 : a > b ? 1 : 0)) wrong.push(`${one} and ${other}`);
  }
  expect(wrong).toEqual([]);
});

test('an exponent is never expanded', () => {
  expect(compareNumbers('1e999999999', '1e999999998')).toBe(1);
  expect(compareNumbers('-1e999999999', '1e-999999999')).toBe(-1);
  expect(compareNumbers('0e999999999', '-0')).toBe(0);
});
