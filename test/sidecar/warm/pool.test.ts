import { expect, test } from '@jest/globals';
import { LIMITS } from '../../../sidecar/limits';
import { type Supply, type SupplyEvents, WarmPool } from '../../../sidecar/warm/pool';
import { ManualClock } from '../manual-clock';
import { linesOf } from './lines';

/** One that was begun, and what became of it. */
interface Made {
  readonly kind: string;
  readonly on: SupplyEvents;
  isEnded: boolean;
}

/** A pool, and what it has begun: nothing becomes ready by itself. */
function newPool({ size = 2, room = () => 100 }: { size?: number; room?: () => number } = {}) {
  const clock = new ManualClock();
  const made: Made[] = [];
  const { log, events } = linesOf();
  const wants = new Map([['a', size]]);
  const supply: Supply<Made> = {
    wanted: (most) => new Map([...wants].map(([kind, count]) => [kind, Math.min(count, most)])),
    begin: (kind, on) => {
      const one = { kind, on, isEnded: false };
      made.push(one);
      return one;
    },
    end: (one) => {
      one.isEnded = true;
    },
  };
  const pool = new WarmPool({ size, room }, supply, clock, LIMITS, log);
  pool.review();
  const makeReady = () => made.at(-1)?.on.onReady();
  return { clock, made, events, wants, pool, makeReady };
}

test('one is made ready at a time, until there are as many as are wanted', () => {
  const { made, pool, makeReady } = newPool();
  expect(made).toHaveLength(1);
  expect(pool.take('a')).toBeUndefined();
  makeReady();
  expect(made).toHaveLength(2);
  expect(pool.isSettled).toBe(false);
  makeReady();
  expect(pool.isSettled).toBe(true);
  expect(pool.ready).toEqual(made);
});

test('the oldest is given, once, and the next is begun a moment later', () => {
  const { clock, made, pool, makeReady } = newPool();
  makeReady();
  makeReady();
  expect(pool.take('a')).toBe(made[0]);
  expect(made).toHaveLength(2);
  clock.advance(LIMITS.warmPause);
  expect(made).toHaveLength(3);
  expect(pool.take('a')).toBe(made[1]);
  expect(pool.take('a')).toBeUndefined();
  expect(made.every(({ isEnded }) => !isEnded)).toBe(true);
});

test('one that is not ready yet can be had, too, and what becomes of it is no affair of the pool any more', () => {
  const { clock, made, pool } = newPool();
  expect(pool.takeUnready('a')).toBe(made[0]);
  made[0]?.on.onReady();
  made[0]?.on.onLost('gone');
  expect(pool.ready).toEqual([]);
  pool.review();
  clock.advance(LIMITS.warmPause);
  expect(made).toHaveLength(2);
});

test('what grows old gives way to a new one', () => {
  const { clock, made, pool, makeReady } = newPool({ size: 1 });
  makeReady();
  clock.advance(LIMITS.warmAge - 1);
  pool.review();
  expect(made[0]?.isEnded).toBe(false);
  clock.advance(1);
  pool.review();
  expect(made[0]?.isEnded).toBe(true);
  expect(made).toHaveLength(2);
});

test('where there is less room it has less, and none on an instance that is to end', () => {
  let room = 5;
  const { made, pool, makeReady } = newPool({ size: 3, room: () => room });
  for (let at = 0; at < 3; at++) makeReady();
  room = 2;
  pool.review();
  expect(made.map(({ isEnded }) => isEnded)).toEqual([true, false, false]);
  room = 0;
  pool.review();
  expect(pool.size).toBe(0);
  expect(made.every(({ isEnded }) => isEnded)).toBe(true);
});

test('one that was killed is replaced; those that go one after another later and later, and it is told once', () => {
  const { clock, made, events, pool, makeReady } = newPool({ size: 1 });
  makeReady();
  clock.advance(LIMITS.warmEarned);
  const waits: number[] = [];
  for (let times = 0; times < 9; times++) {
    const before = made.length;
    made.at(-1)?.on.onLost('killed');
    const since = clock.now();
    while (made.length === before) clock.advance(100);
    waits.push(clock.now() - since);
    makeReady();
    clock.advance(LIMITS.warmEarned);
  }
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  expect(events).toEqual(['warming_failed']);
  // One that was of use ends that.
  pool.take('a');
  pool.noteGood();
  clock.advance(LIMITS.warmPause);
  makeReady();
  made.at(-1)?.on.onLost('killed');
  expect(events).toEqual(['warming_failed', 'warming_failed']);
});

test('many that are lost in one moment are one setback', () => {
  const { clock, made, pool, makeReady } = newPool({ size: 5 });
  for (let at = 0; at < 5; at++) makeReady();
  clock.advance(5 * LIMITS.warmEarned);
  for (const { on } of made.slice()) on.onLost('the machine was short of memory');
  clock.advance(LIMITS.warmRetry);
  expect(made).toHaveLength(6);
  for (let at = 0; at < 5; at++) makeReady();
  expect(pool.ready).toHaveLength(5);
});

test('at first, what cannot be had is tried often, no news, and not waited for without end', () => {
  const { clock, made, events, pool } = newPool();
  for (let at = 0; at < 13; at++) {
    made.at(-1)?.on.onLost('the server takes no connection');
    clock.advance(LIMITS.warmRetryAtStart);
  }
  expect(made).toHaveLength(14);
  expect(pool.isSettled).toBe(false);
  expect(events).toEqual([]);
  clock.advance(LIMITS.warmBaseline - 13 * LIMITS.warmRetryAtStart);
  expect(pool.isSettled).toBe(true);
  expect(events).toEqual(['warming_failed']);
});

test('a server that answers and gives none is not waited for', () => {
  const { made, events, pool } = newPool();
  made[0]?.on.onRefused('it opens no sessions');
  expect(pool.isSettled).toBe(true);
  expect(events).toEqual(['warming_failed']);
});

test('a supply that throws is a setback', () => {
  const clock = new ManualClock();
  const { log, events } = linesOf();
  const begin = () => {
    throw new Error('spawn ENOMEM');
  };
  const pool = new WarmPool({ size: 1, room: () => 1 }, { wanted: () => new Map([['a', 1]]), begin, end: () => {} }, clock, LIMITS, log);
  pool.review();
  clock.advance(LIMITS.warmBaseline);
  expect(pool.isSettled).toBe(true);
  expect(events).toEqual(['warming_failed']);
});

test('of what is not wanted any more nothing is kept, and no more is begun for it than was asked for', () => {
  const { clock, made, wants, pool, makeReady } = newPool({ size: 5 });
  for (let at = 0; at < 5; at++) makeReady();
  for (let asked = 1; asked <= 20; asked++) {
    wants.clear();
    wants.set(`shape ${asked}`, 5);
    pool.take(`shape ${asked}`);
    // All in one moment, as far as time alone would allow more.
    pool.review();
    makeReady();
    pool.review();
  }
  expect(made.length).toBeLessThanOrEqual(5 + 20);
  clock.advance(LIMITS.warmEarned * 5);
  for (let at = 0; at < 5; at++) makeReady();
  expect(pool.ready.map(({ kind }) => kind)).toEqual(Array(5).fill('shape 20'));
});
