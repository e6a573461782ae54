import { expect, test } from '@jest/globals';
import { DEFAULT_PROFILE } from '../../../core/sizing/load-profile';
import { mostAtOnce, type RecordedLoad, type RecordedSession } from '../../../core/sizing/recorded-load';
import { scalingBy } from '../../../core/sizing/scaling-policy';
import { simulate } from '../../../core/sizing/simulation';
import { SERVER } from './server';

const MINUTE = 60_000;
const SMALL = { ...SERVER, slots: 10, max: 8 };
const BY_SLOTS = scalingBy({ metric: 'SlotUtilization', target: 70, scaleOutCooldownMs: MINUTE, scaleInCooldownMs: 5 * MINUTE });

const loadOf = (recorded: readonly RecordedSession[]): RecordedLoad => ({ recorded, hours: 1, cpuMs: 5, thinkSeconds: 30, seed: 1 });
/** So many at a minute, each for so many minutes. */
const wave = (count: number, minute: number, minutes: number): RecordedSession[] =>
  Array.from({ length: count }, (_, i) => ({ agent: `agent-${i % 5}`, at: minute * MINUTE, length: minutes * MINUTE }));

test('sessions come again when they came, and stay as long', () => {
  const { sessions, minutes } = simulate(SMALL, loadOf([...wave(12, 5, 10), ...wave(8, 30, 20)]), BY_SLOTS);
  expect(sessions).toEqual({ sought: 20, opened: 20, refused: 0, peak: 12 });
  expect(minutes.map((minute) => minute.sessions)).toEqual([
    ...Array(5).fill(0),
    ...Array(10).fill(12),
    ...Array(15).fill(0),
    ...Array(20).fill(8),
    ...Array(10).fill(0),
  ]);
});

test('more at once than there is room for are refused, as with any load', () => {
  const { sessions } = simulate(SMALL, loadOf(wave(50, 5, 20)), BY_SLOTS);
  expect(sessions).toMatchObject({ sought: 50, opened: 20, refused: 30 });
});

test('the most at once are those that overlap; what ends as another begins does not', () => {
  expect(mostAtOnce(loadOf([...wave(3, 0, 10), ...wave(4, 10, 5), ...wave(2, 12, 1)]))).toBe(6);
  expect(mostAtOnce(loadOf([]))).toBe(0);
  expect(mostAtOnce({ ...DEFAULT_PROFILE, agents: 3, sessionsPerTask: 5 })).toBe(15);
});
