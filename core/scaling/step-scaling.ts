/** A step of a policy; its bounds are differences to the alarm's threshold. */
export interface Step {
  /** From minus infinity where it is absent. */
  readonly lower?: number;
  /** To infinity where it is absent. */
  readonly upper?: number;
  readonly adjustment: number;
}

/** A step scaling policy of Application Auto Scaling. */
export interface StepScaling {
  readonly adjustmentType: 'ChangeInCapacity' | 'PercentChangeInCapacity' | 'ExactCapacity';
  readonly steps: readonly Step[];
  readonly cooldownMs: number;
  /** Least change by a percentage. */
  readonly minimumMagnitude?: number;
}

/**
 * What a breach makes of a capacity; the capacity itself where no step is for it.
 * @param breach by how much the metric is above (or, negative, below) the alarm's threshold
 */
export function steppedCapacity(capacity: number, breach: number, policy: StepScaling): number {
  const step = policy.steps.find((each) => holds(each, breach));
  if (step === undefined) return capacity;
  const { adjustment } = step;
  if (policy.adjustmentType === 'ExactCapacity') return adjustment;
  if (policy.adjustmentType === 'ChangeInCapacity') return capacity + adjustment;
  return capacity + wholeChange((capacity * adjustment) / 100, policy.minimumMagnitude ?? 1);
}

/** The bound that is nearer to the threshold belongs to the step (Application Auto Scaling, "Step adjustments"). */
function holds({ lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY }: Step, breach: number): boolean {
  return breach >= 0 ? breach >= lower && breach < upper : breach > lower && breach <= upper;
}

/** Fractions count towards zero, but for those of less than one. */
function wholeChange(change: number, least: number): number {
  if (change === 0) return 0;
  return Math.sign(change) * Math.max(least, 1, Math.floor(Math.abs(change)));
}
