import { expect, test } from '@jest/globals';
import { FAULT_NAMES, faultOf } from './faults';
import { planCall } from './plan';
import { Dice } from './strikes/dice';

const plan = (seed: number, calls: number) => Array.from({ length: calls }, (_, number) => planCall(seed, 'v1', number));

test('the same seed plans the same calls, another one others', () => {
  expect(plan(7, 200)).toEqual(plan(7, 200));
  expect(plan(7, 200)).not.toEqual(plan(8, 200));
});

test('a reference names one call', () => {
  expect(new Set(plan(1, 500).map(({ reference }) => reference)).size).toBe(500);
});

test('every fault has calls that it strikes, in a long run', () => {
  const planned = new Set(plan(1, 5000).map(({ fault }) => fault));
  expect(FAULT_NAMES.filter((name) => !planned.has(name))).toEqual([]);
});

test('a fault in the middle of a stream meets a call that streams', () => {
  const streaming = plan(1, 5000).filter(({ fault }) => fault !== undefined && faultOf(fault).streams);
  expect(streaming.length).toBeGreaterThan(0);
  expect(streaming.filter(({ behaviour }) => behaviour !== 'streams')).toEqual([]);
});

test('dice fall the same for the same seed and call, and a pause is short', () => {
  const rolls = (seed: number) =>
    Array.from({ length: 200 }, (_, number) => {
      const dice = new Dice(seed, `v1-${number}`);
      return [dice.cutPosition('head').bytes, dice.pause()] as const;
    });
  expect(rolls(3)).toEqual(rolls(3));
  expect(rolls(3)).not.toEqual(rolls(4));
  expect(Math.max(...rolls(3).map(([, pause]) => pause))).toBeLessThan(2500);
  expect(new Set(rolls(3).map(([bytes]) => bytes)).size).toBeGreaterThan(100);
});
