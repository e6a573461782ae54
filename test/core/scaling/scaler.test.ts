import { expect, test } from '@jest/globals';
import type { ReadPeriods } from '../../../core/scaling/alarm-watch';
import { type Policies, Scaler, type SteppingPolicy, type TrackingPolicy } from '../../../core/scaling/scaler';

const MINUTE = 60_000;
const BOUNDS = { min: 1, max: 100 };

/** A target whose metric is, in each period, what a function of the capacity says; asked every ten seconds. */
class Run {
  capacity: number;
  minute = 0;
  isFulfilled = true;
  bounds = BOUNDS;
  readonly changes: (readonly [minute: number, capacity: number])[] = [];
  private readonly scaler: Scaler;

  constructor(capacity: number, policies: (run: Run) => Policies) {
    this.capacity = capacity;
    this.scaler = new Scaler(policies(this));
  }

  /** Lets minutes pass. */
  pass(minutes: number): void {
    const end = this.minute + minutes;
    for (; this.minute < end - 1e-6; this.minute += 1 / 6) {
      const now = Math.round(this.minute * MINUTE);
      const wish = this.scaler.decide(now, { capacity: this.capacity, isFulfilled: this.isFulfilled, bounds: this.bounds });
      if (wish === undefined) continue;
      this.capacity = wish.to;
      this.changes.push([Math.round(this.minute * 6) / 6, wish.to]);
    }
  }
}

/** Every period has the value of now. */
const steady =
  (value: () => number | undefined): ReadPeriods =>
  ({ count }) =>
    Array.from({ length: count }, value);

function tracking(value: () => number | undefined, more: Partial<TrackingPolicy> = {}): TrackingPolicy {
  return {
    id: 'track',
    metric: 'Load',
    statistic: 'Average',
    target: 70,
    scaleOutCooldownMs: MINUTE,
    scaleInCooldownMs: 5 * MINUTE,
    disableScaleIn: false,
    minuteMs: MINUTE,
    read: steady(value),
    ...more,
  };
}

function stepping(value: () => number | undefined, more: Partial<SteppingPolicy> = {}): SteppingPolicy {
  return {
    id: 'step',
    metric: 'Waiting',
    alarm: {
      statistic: 'Sum',
      periodMs: 10_000,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      threshold: 0,
      comparison: 'GreaterThanThreshold',
      missingData: 'notBreaching',
    },
    adjustmentType: 'ChangeInCapacity',
    steps: [
      { lower: 0, upper: 10, adjustment: 2 },
      { lower: 10, adjustment: 3 },
    ],
    cooldownMs: 5 * MINUTE,
    minuteMs: MINUTE,
    read: steady(value),
    ...more,
  };
}

test('a metric that is full makes a service grow by its share of the target, once in a cooldown', () => {
  const run = new Run(10, () => ({ tracking: [tracking(() => 100)], stepping: [] }));
  run.pass(2.1);
  expect(run.changes).toEqual([
    [0, 15],
    [1, 22],
    [2, 32],
  ]);
});

test('what has been added counts in the cooldown, which begins when it is there', () => {
  const run = new Run(10, () => ({ tracking: [tracking(() => 100)], stepping: [] }));
  run.isFulfilled = false;
  run.pass(4);
  expect(run.changes).toEqual([[0, 15]]);
  run.isFulfilled = true;
  run.pass(1.5);
  expect(run.changes).toEqual([
    [0, 15],
    [5, 22],
  ]);
});

test('a stronger alarm in the cooldown of a step adds the difference (2 were added, 3 are called for: 1 more)', () => {
  let waiting = 5;
  const run = new Run(10, () => ({ tracking: [], stepping: [stepping(() => waiting)] }));
  run.pass(0.5);
  waiting = 50;
  run.pass(3);
  expect(run.changes).toEqual([
    [0, 12],
    [1, 13],
  ]);
});

test('capacity is taken away to where the metric is at its target, and stays there', () => {
  const run = new Run(10, (self) => ({ tracking: [tracking(() => (2.5 / self.capacity) * 100)], stepping: [] }));
  run.pass(12);
  expect(run.changes).toEqual([[0, 4]]);
});

test('any policy may add; all that track have to agree before anything is taken away', () => {
  let other = 69;
  const low = tracking(() => 10);
  const run = new Run(10, () => ({ tracking: [low, tracking(() => other, { id: 'other' })], stepping: [] }));
  run.pass(3);
  expect(run.changes).toEqual([]);
  other = 20;
  run.pass(1);
  expect(run.changes).toEqual([[3, 3]]);
  other = 140;
  run.pass(1);
  expect(run.changes.at(-1)).toEqual([4, 6]);
});

test('the policy that asks for most has its way, within the bounds', () => {
  const run = new Run(10, () => ({ tracking: [tracking(() => 100)], stepping: [stepping(() => 50)] }));
  run.bounds = { min: 1, max: 14 };
  run.pass(0.1);
  expect(run.changes).toEqual([[0, 14]]);
});

test('without data nothing happens, and a policy that may not take away objects to nothing', () => {
  const blind = tracking(() => undefined, { id: 'blind' });
  const run = new Run(10, () => ({ tracking: [blind, tracking(() => 10)], stepping: [] }));
  run.pass(5);
  expect(run.changes).toEqual([]);
  const other = new Run(10, () => ({ tracking: [{ ...blind, disableScaleIn: true }, tracking(() => 10)], stepping: [] }));
  other.pass(1);
  expect(other.changes).toEqual([[0, 2]]);
});
