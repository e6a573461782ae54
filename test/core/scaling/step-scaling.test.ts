import { expect, test } from '@jest/globals';
import { type StepScaling, steppedCapacity } from '../../../core/scaling/step-scaling';

// "Step adjustments", Application Auto Scaling: an alarm at 60, and a capacity of 10.
const PERCENT: StepScaling = {
  adjustmentType: 'PercentChangeInCapacity',
  cooldownMs: 0,
  steps: [
    { lower: 0, upper: 10, adjustment: 0 },
    { lower: 10, upper: 20, adjustment: 10 },
    { lower: 20, adjustment: 30 },
    { lower: -10, upper: 0, adjustment: 0 },
    { lower: -20, upper: -10, adjustment: -10 },
    { upper: -20, adjustment: -30 },
  ],
};

test.each([
  [60, 10, 10],
  [69, 10, 10],
  [70, 10, 11],
  [79, 11, 12],
  [80, 10, 13],
  [50, 10, 9],
  [41, 10, 9],
  [40, 10, 7],
  [10, 1, 0],
])('a metric of %d makes %d instances %d', (metric, capacity, made) => {
  expect(steppedCapacity(capacity, metric - 60, PERCENT)).toBe(made);
});

test('changes and exact numbers; nothing outside of the steps', () => {
  const steps = [{ lower: 5, adjustment: 4 }];
  expect(steppedCapacity(3, 5, { adjustmentType: 'ChangeInCapacity', steps, cooldownMs: 0 })).toBe(7);
  expect(steppedCapacity(3, 5, { adjustmentType: 'ExactCapacity', steps, cooldownMs: 0 })).toBe(4);
  expect(steppedCapacity(3, 4.9, { adjustmentType: 'ExactCapacity', steps, cooldownMs: 0 })).toBe(3);
});

test('a least magnitude holds for percentages, both ways', () => {
  expect(steppedCapacity(10, 10, { ...PERCENT, minimumMagnitude: 2 })).toBe(12);
  expect(steppedCapacity(10, -15, { ...PERCENT, minimumMagnitude: 2 })).toBe(8);
});
