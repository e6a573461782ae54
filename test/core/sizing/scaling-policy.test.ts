import { describe, expect, test } from '@jest/globals';
import { MetricLog, type ScaledMetric } from '../../../core/sizing/metric-log';
import { type Demand, scalingBy } from '../../../core/sizing/scaling-policy';

const BOUNDS = { min: 2, max: 20 };
const TRACKING = { metric: 'SlotUtilization', target: 70, scaleOutCooldownMs: 60_000, scaleInCooldownMs: 300_000 } as const;

/** A metric that has given scaling nothing to do: without a history, alarms go by what little they see. */
function steadyUntilNow(): MetricLog {
  const metrics = new MetricLog();
  for (let at = -20 * 60_000; at < 0; at += 10_000) metrics.record('SlotUtilization', at, 65);
  return metrics;
}

/** Counts by the minute, the metric being a function of them. @param demand and those who wait, of the ten seconds before */
function counts(minutes: number, from: number, metricAt: (count: number) => number, demand?: Demand, waiting = 0): number[] {
  const metrics = steadyUntilNow();
  const policy = scalingBy(TRACKING, demand)(metrics);
  let capacity = from;
  return Array.from({ length: minutes * 6 }, (_, pulse) => {
    const now = (pulse + 1) * 10_000;
    const record = (metric: ScaledMetric, value: number): void => metrics.record(metric, now - 1, value);
    record('SlotUtilization', metricAt(capacity));
    record('QueueDepth', waiting);
    capacity = policy.desired(now, { capacity, isFulfilled: true, bounds: BOUNDS });
    return capacity;
  }).filter((_, pulse) => pulse % 6 === 5);
}

describe('target tracking', () => {
  test('adds what the target takes after three minutes above it, and no more', () => {
    expect(counts(8, 4, (count) => 400 / count)).toEqual([4, 4, 6, 6, 6, 6, 6, 6]);
  });

  test('keeps to its bounds', () => {
    expect(counts(6, 4, () => 100).at(-1)).toBeLessThanOrEqual(BOUNDS.max);
    expect(counts(60, 4, () => 0).at(-1)).toBe(BOUNDS.min);
  });

  test('takes nothing away before a quarter of an hour below nine tenths of it', () => {
    const shrinks = counts(16, 10, () => 35);
    expect(shrinks.slice(0, 14)).toEqual(Array(14).fill(10));
    expect(shrinks[14]).toBe(5);
    expect(counts(40, 10, () => 64)).toEqual(Array(40).fill(10));
  });

  test('adds nothing more before a minute has passed since what it has added is there', () => {
    const metrics = steadyUntilNow();
    const policy = scalingBy(TRACKING)(metrics);
    let capacity = 4;
    const grown: number[] = [];
    for (let now = 10_000; now <= 600_000; now += 10_000) {
      metrics.record('SlotUtilization', now - 1, 100);
      const isFulfilled = grown.length === 0 || now >= (grown[0] as number) + 120_000;
      const desired = policy.desired(now, { capacity, isFulfilled, bounds: BOUNDS });
      if (desired > capacity) grown.push(now);
      capacity = desired;
      if (grown.length === 2) break;
    }
    expect(grown).toEqual([180_000, 360_000]);
  });

  test('waits after it took something away', () => {
    const shrinks = counts(21, 20, () => 35);
    expect(shrinks.slice(14, 19)).toEqual(Array(5).fill(10));
    expect(shrinks[19]).toBe(5);
  });
});

describe('steps on demand', () => {
  const demand = {
    steps: [
      { from: 0, add: 1 },
      { from: 100, add: 2 },
      { from: 200, add: 4 },
    ],
    cooldownMs: 60_000,
  };

  test.each([
    [0, 4],
    [1, 5],
    [99, 5],
    [100, 6],
    [250, 8],
  ])('where %d wait there are %d instances within a minute', (waiting, expected) => {
    expect(counts(1, 4, () => 60, demand, waiting)).toEqual([expected]);
  });

  test('add again each minute, up to the most', () => {
    expect(counts(5, 4, () => 60, demand, 250)).toEqual([8, 12, 16, 20, 20]);
  });
});
