import type { AlarmRule } from '../scaling/alarm';
import type { ReadPeriods } from '../scaling/alarm-watch';
import { periodValues } from '../scaling/periods';
import { type Policies, type Scaled, Scaler, type SteppingPolicy, type TrackingPolicy } from '../scaling/scaler';
import type { MetricLog, ScaledMetric } from './metric-log';

/** How many instances there shall be. It is asked every ten seconds, and remembers what it has done. */
export interface ScalingPolicy {
  /** @param now milliseconds. @returns the capacity itself where nothing changes */
  desired(now: number, scaled: Scaled): number;
}

export type PolicyOf = (metrics: MetricLog) => ScalingPolicy;

/** A target tracking policy, in the words of Application Auto Scaling. */
export interface Tracking {
  readonly metric: ScaledMetric;
  /** Percent. */
  readonly target: number;
  readonly scaleOutCooldownMs: number;
  readonly scaleInCooldownMs: number;
}

/** Steps of instances that are added where somebody waits, or was refused. */
export interface Demand {
  /** In requests from where on a step counts, and how many instances it adds; in rising order. */
  readonly steps: readonly { readonly from: number; readonly add: number }[];
  readonly cooldownMs: number;
}

const MINUTE_MS = 60_000;
const DEMAND_PERIOD_MS = 10_000;

/** Grows by whichever wants more, and shrinks by tracking alone: by the very evaluator that the local account runs. */
export function scalingBy(tracking: Tracking, demand?: Demand): PolicyOf {
  return (metrics) => {
    const scaler = new Scaler(policiesOf(metrics, tracking, demand));
    return { desired: (now, scaled) => scaler.decide(now, scaled)?.to ?? scaled.capacity };
  };
}

function policiesOf(metrics: MetricLog, { metric, target, scaleOutCooldownMs, scaleInCooldownMs }: Tracking, demand?: Demand): Policies {
  const reads =
    (name: ScaledMetric): ReadPeriods =>
    (ask) =>
      periodValues(metrics.samples(name), ask);
  const tracked: TrackingPolicy = {
    id: metric,
    metric,
    statistic: 'Average',
    target,
    scaleOutCooldownMs,
    scaleInCooldownMs,
    disableScaleIn: false,
    minuteMs: MINUTE_MS,
    read: reads(metric),
  };
  const steppedBy = ({ steps, cooldownMs }: Demand, name: ScaledMetric): SteppingPolicy => ({
    id: 'Demand',
    metric: name,
    adjustmentType: 'ChangeInCapacity',
    steps: steps.map(({ from, add }, at) => {
      const next = steps[at + 1]?.from;
      return { lower: from, adjustment: add, ...(next !== undefined && { upper: next }) };
    }),
    cooldownMs,
    alarm: DEMAND_ALARM,
    minuteMs: MINUTE_MS,
    read: reads(name),
  });
  const stepping = demand === undefined ? [] : (['QueueDepth', 'Rejected'] as const).map((name) => steppedBy(demand, name));
  return { tracking: [tracked], stepping };
}

/** One request that waits, or was refused, within ten seconds. */
const DEMAND_ALARM: AlarmRule = {
  statistic: 'Sum',
  periodMs: DEMAND_PERIOD_MS,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  threshold: 0,
  comparison: 'GreaterThanThreshold',
  missingData: 'notBreaching',
};
