import { expect, test } from '@jest/globals';
import { Spending, SYSTEM_CLOCK } from '../../client/budget';
import type { RecoveryBudget } from '../../client/options';

/** Spends a budget on a clock that only waits move; gives the waits. */
async function spend(budget: RecoveryBudget, hintMs: number): Promise<number[]> {
  let now = 0;
  const waits: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms);
    now += ms;
  };
  const spending = new Spending(budget, { now: () => now, random: () => 0.5, sleep });
  do spending.attempts++;
  while (await spending.pause(hintMs));
  return waits;
}

test('waits double from attempt to attempt, half of each at random, up to five seconds', async () => {
  const waits = await spend({ attempts: 8, totalMs: 60_000, backoffMs: 400 }, 0);
  expect(waits).toEqual([300, 600, 1_200, 2_400, 3_750, 3_750, 3_750]);
});

test('waits are never shorter than the other side asked for', async () => {
  expect(await spend({ attempts: 4, totalMs: 60_000, backoffMs: 400 }, 1_000)).toEqual([1_000, 1_000, 1_200]);
});

test('no attempt begins after the total time, and none is waited for in vain', async () => {
  expect(await spend({ attempts: 100, totalMs: 1_000, backoffMs: 400 }, 0)).toEqual([300, 600]);
  expect(await spend({ attempts: 100, totalMs: 1_000, backoffMs: 400 }, 5_000)).toEqual([]);
});

test('a wait ends when the caller leaves', async () => {
  const leaving = new AbortController();
  const wait = SYSTEM_CLOCK.sleep(60_000, leaving.signal);
  leaving.abort(new Error('left'));
  await expect(wait).rejects.toThrow('left');
  await expect(SYSTEM_CLOCK.sleep(60_000, leaving.signal)).rejects.toThrow('left');
});
