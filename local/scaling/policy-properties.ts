import { METRIC_NAMESPACE } from '../../core/metrics';
import type { AlarmRule, Comparison, MissingData } from '../../core/scaling/alarm';
import type { Statistic } from '../../core/scaling/periods';
import type { StepScaling } from '../../core/scaling/step-scaling';
import type { TargetTracking } from '../../core/scaling/target-tracking';
import { isMeasured } from './balancer-metrics';
import type { MetricId } from './metric-store';

interface MetricProperties {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Statistic?: Statistic;
}

/** AWS::ApplicationAutoScaling::ScalingPolicy, as far as it is read. */
export interface ScalingPolicyProperties {
  readonly ScalingTargetId?: string;
  readonly ServiceNamespace?: string;
  readonly ScalableDimension?: string;
  readonly ResourceId?: string;
  readonly TargetTrackingScalingPolicyConfiguration?: {
    readonly TargetValue: number;
    readonly ScaleInCooldown?: number;
    readonly ScaleOutCooldown?: number;
    readonly DisableScaleIn?: boolean | string;
    readonly CustomizedMetricSpecification?: MetricProperties;
    readonly PredefinedMetricSpecification?: { readonly PredefinedMetricType: string };
  };
  readonly StepScalingPolicyConfiguration?: {
    readonly AdjustmentType?: StepScaling['adjustmentType'];
    readonly Cooldown?: number;
    readonly MinAdjustmentMagnitude?: number;
    readonly StepAdjustments?: readonly {
      readonly MetricIntervalLowerBound?: number;
      readonly MetricIntervalUpperBound?: number;
      readonly ScalingAdjustment: number;
    }[];
  };
}

/** AWS::CloudWatch::Alarm, as far as it is read. */
export interface AlarmProperties extends MetricProperties {
  readonly AlarmName?: string;
  readonly AlarmDescription?: string;
  readonly ComparisonOperator: Comparison;
  readonly DatapointsToAlarm?: number;
  readonly EvaluationPeriods: number;
  readonly Period: number;
  readonly Threshold: number;
  readonly TreatMissingData?: MissingData;
}

/** Of ECS services, in seconds (Application Auto Scaling, "Default cooldown"). */
const DEFAULT_COOLDOWN = 300;

/** The same key as `Ref` of a scalable target. */
export function targetOf({ ScalingTargetId, ServiceNamespace, ScalableDimension, ResourceId }: ScalingPolicyProperties): string {
  return ScalingTargetId ?? `${ResourceId}|${ScalableDimension}|${ServiceNamespace}`;
}

/** @param secondMs how long a second lasts here */
export function trackingOf(
  { TargetTrackingScalingPolicyConfiguration: given }: ScalingPolicyProperties,
  secondMs: number,
): (TargetTracking & { readonly metric: MetricId }) | undefined {
  if (given === undefined) return undefined;
  const { CustomizedMetricSpecification: custom, PredefinedMetricSpecification: predefined } = given;
  return {
    // Nobody measures the predefined ones here: a policy without data does nothing.
    metric: custom ? metricOf(custom) : { namespace: 'AWS', name: predefined?.PredefinedMetricType ?? '', dimensions: {} },
    statistic: custom?.Statistic ?? 'Average',
    target: Number(given.TargetValue),
    scaleOutCooldownMs: Number(given.ScaleOutCooldown ?? DEFAULT_COOLDOWN) * secondMs,
    scaleInCooldownMs: Number(given.ScaleInCooldown ?? DEFAULT_COOLDOWN) * secondMs,
    disableScaleIn: String(given.DisableScaleIn) === 'true',
    minuteMs: 60 * secondMs,
  };
}

export function steppingOf({ StepScalingPolicyConfiguration: given }: ScalingPolicyProperties, secondMs: number): StepScaling | undefined {
  if (given === undefined) return undefined;
  return {
    adjustmentType: given.AdjustmentType ?? 'ChangeInCapacity',
    cooldownMs: Number(given.Cooldown ?? DEFAULT_COOLDOWN) * secondMs,
    ...(given.MinAdjustmentMagnitude !== undefined && { minimumMagnitude: Number(given.MinAdjustmentMagnitude) }),
    steps: (given.StepAdjustments ?? []).map(({ MetricIntervalLowerBound: lower, MetricIntervalUpperBound: upper, ScalingAdjustment }) => ({
      ...(lower !== undefined && { lower: Number(lower) }),
      ...(upper !== undefined && { upper: Number(upper) }),
      adjustment: Number(ScalingAdjustment),
    })),
  };
}

/** Whether an alarm watches what the account's own lines tell, or what its load balancers count; what else AWS measures nobody measures here. */
export function isWatched({ Namespace, MetricName, Statistic }: MetricProperties): boolean {
  return (Namespace === METRIC_NAMESPACE || isMeasured(Namespace, MetricName)) && Statistic !== undefined;
}

export function alarmRuleOf(properties: AlarmProperties, secondMs: number): AlarmRule {
  const { Statistic = 'Average', Period, EvaluationPeriods, DatapointsToAlarm = EvaluationPeriods, Threshold } = properties;
  return {
    statistic: Statistic,
    periodMs: Number(Period) * secondMs,
    evaluationPeriods: Number(EvaluationPeriods),
    datapointsToAlarm: Number(DatapointsToAlarm),
    threshold: Number(Threshold),
    comparison: properties.ComparisonOperator,
    missingData: properties.TreatMissingData ?? 'missing',
  };
}

export function metricOf({ Namespace = '', MetricName = '', Dimensions = [] }: MetricProperties): MetricId {
  return { namespace: Namespace, name: MetricName, dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])) };
}
