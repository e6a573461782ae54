import { expect, test } from '@jest/globals';
import { DEFAULT_PROFILE } from '../../../core/sizing/load-profile';
import { monthlyCost } from '../../../core/sizing/prices';
import { capsFor, leastThat, slotsByCpu } from '../../../core/sizing/recommendation';
import { SERVER } from './server';

const LOAD = { ...DEFAULT_PROFILE, agents: 300, sessionsPerTask: 5 };

test('1,500 sessions at 70 % of 100 slots take 22 instances, and one to spare', () => {
  expect(capsFor(SERVER, LOAD, 70)).toMatchObject({ slots: 100, min: 2, max: 23 });
});

test('a server that may have no instance is tried without one', () => {
  expect(capsFor({ ...SERVER, min: 0 }, LOAD, 70)).toMatchObject({ min: 0, max: 23 });
});

test('an instance gets no more sessions than its CPU bears', () => {
  const busy = { ...LOAD, cpuMs: 50, thinkSeconds: 0.95 };
  expect(slotsByCpu(SERVER, busy)).toBe(7);
  expect(capsFor(SERVER, busy, 70)).toMatchObject({ slots: 7, max: 308 });
  expect(slotsByCpu(SERVER, { ...LOAD, cpuMs: 0 })).toBe(Number.POSITIVE_INFINITY);
});

test.each([
  { least: 2, step: 1, tried: [2] },
  { least: 11, step: 1, tried: [2, 23, 12, 7, 9, 10, 11] },
  { least: 11, step: 4, tried: [2, 23, 12, 7, 9] },
  { least: 40, step: 1, tried: [2, 23] },
])('the least that suffices, within $step of $least', async ({ least, step, tried }) => {
  const attempts: number[] = [];
  const attempt = async (count: number): Promise<boolean> => {
    attempts.push(count);
    return count >= least;
  };
  const { count, result } = await leastThat({ from: 2, to: 23, step }, attempt, Boolean);
  expect(attempts).toEqual(tried);
  expect(result).toBe(least <= 23);
  expect(count).toBe(tried.filter((one) => one >= least).at(-1) ?? 23);
});

test('half a vCPU and a GiB for a month, at list price', () => {
  expect(monthlyCost(SERVER.task, 1)).toBeCloseTo(730 * (0.5 * 0.04048 + 0.004445), 9);
  expect(monthlyCost({ ...SERVER.task, processor: 'ARM64' }, 2)).toBeLessThan(2 * monthlyCost(SERVER.task, 1));
});
