import type { AlarmRule } from './alarm';
import type { Statistic } from './periods';

/** A target tracking policy of Application Auto Scaling. */
export interface TargetTracking {
  readonly statistic: Statistic;
  readonly target: number;
  readonly scaleOutCooldownMs: number;
  readonly scaleInCooldownMs: number;
  readonly disableScaleIn: boolean;
  /** A minute, as long as it lasts where scaling runs. */
  readonly minuteMs: number;
}

/** Capacity is taken away below this share of the target, so that it does not go to and fro about it. */
const LOW = 0.9;
const HIGH_MINUTES = 3;
const LOW_MINUTES = 15;

/** The alarm that Application Auto Scaling makes for such a policy to scale out ("How target tracking works"). */
export function highAlarm(policy: TargetTracking): AlarmRule {
  return { ...minutely(policy, HIGH_MINUTES), threshold: policy.target, comparison: 'GreaterThanThreshold' };
}

/** The one to scale in. */
export function lowAlarm(policy: TargetTracking): AlarmRule {
  return { ...minutely(policy, LOW_MINUTES), threshold: LOW * policy.target, comparison: 'LessThanThreshold' };
}

/** With how many instances the metric would be at its target, when it is shared by all: never fewer than that takes. */
export function trackedCapacity(capacity: number, value: number, { target }: Pick<TargetTracking, 'target'>): number {
  // Rounded, for an average such as 70.00000000000001 is 70.
  return Math.ceil(Number(((capacity * value) / target).toFixed(9)));
}

/** Without data the policy does nothing. */
function minutely({ statistic, minuteMs }: TargetTracking, count: number) {
  return {
    statistic,
    periodMs: minuteMs,
    evaluationPeriods: count,
    datapointsToAlarm: count,
    missingData: 'missing',
  } as const;
}
