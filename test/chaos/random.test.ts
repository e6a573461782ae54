import { describe, expect, test } from '@jest/globals';
import { between, byWeight, randomOf } from './random';

const take = (seed: string, count: number): number[] => {
  const random = randomOf(seed);
  return Array.from({ length: count }, random);
};

describe('randomOf', () => {
  test('says the same for the same seed, and something else for another', () => {
    expect(take('1 v1 7', 5)).toEqual(take('1 v1 7', 5));
    expect(take('1 v1 7', 5)).not.toEqual(take('1 v1 8', 5));
    expect(take('1 v1 7', 1)).not.toEqual(take('2 v1 7', 1));
  });

  test('is spread over [0, 1)', () => {
    const tenths = new Array<number>(10).fill(0);
    for (const number of take('spread', 10_000)) tenths[Math.floor(number * 10)] = (tenths[Math.floor(number * 10)] ?? 0) + 1;
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('also where only the seed differs: the first numbers of many sequences', () => {
    const first = Array.from({ length: 10_000 }, (_, number) => take(`1 v1 ${number}`, 1)[0] as number);
    expect(Math.abs(first.filter((number) => number < 0.4).length - 4000)).toBeLessThan(200);
  });
});

test('between stays within its bounds and reaches both', () => {
  const random = randomOf('bounds');
  const numbers = new Set(Array.from({ length: 1000 }, () => between(random, 3, 6)));
  expect([...numbers].sort()).toEqual([3, 4, 5]);
});

test('byWeight chooses as often as the weights say', () => {
  const random = randomOf('weights');
  const choices = [
    { name: 'often', weight: 9 },
    { name: 'seldom', weight: 1 },
  ];
  const seldom = Array.from({ length: 10_000 }, () => byWeight(random, choices)).filter(({ name }) => name === 'seldom').length;
  expect(Math.abs(seldom - 1000)).toBeLessThan(150);
});
