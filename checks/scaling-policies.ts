import { type Located, referencesIn, resourcesOf, type Templates } from './template';

interface TargetTracking {
  readonly TargetValue?: number;
  readonly PredefinedMetricSpecification?: { readonly PredefinedMetricType?: string };
  readonly CustomizedMetricSpecification?: { readonly MetricName?: string; readonly Statistic?: string };
}

export interface TrackedMetric {
  readonly metric: string;
  /** Absent for a metric of AWS. */
  readonly statistic?: string;
  readonly target: number | undefined;
}

/** What a template makes a service scale on. */
export interface DeclaredScaling {
  readonly tracked: readonly TrackedMetric[];
  /** Metrics of the alarms that call step scaling. */
  readonly calledBy: readonly string[];
  /** Of all these the ones that say nothing of sessions. */
  readonly others: readonly string[];
}

export function scalingOf(templates: Templates, service: Located): DeclaredScaling {
  const here = (type: string): readonly Located[] => resourcesOf(templates, type).filter(({ stack }) => stack === service.stack);
  const pointing = (type: string, property: string, to: readonly Located[]): readonly Located[] =>
    here(type).filter(({ resource }) => referencesIn(resource.Properties?.[property]).some((id) => to.some((each) => each.id === id)));
  const targets = pointing('AWS::ApplicationAutoScaling::ScalableTarget', 'ResourceId', [service]);
  const policies = pointing('AWS::ApplicationAutoScaling::ScalingPolicy', 'ScalingTargetId', targets);
  const tracked = policies.flatMap(({ resource }) => trackedBy(resource.Properties?.TargetTrackingScalingPolicyConfiguration));
  const alarms = pointing('AWS::CloudWatch::Alarm', 'AlarmActions', policies);
  const calledBy = alarms.map(({ resource }) => String(resource.Properties?.MetricName));
  const others = [...tracked.map(({ metric }) => metric), ...calledBy].filter((name) => /cpu|memory|request/i.test(name));
  return { tracked, calledBy, others };
}

function trackedBy(configuration: unknown): TrackedMetric[] {
  if (configuration === undefined) return [];
  const {
    TargetValue: target,
    CustomizedMetricSpecification: custom,
    PredefinedMetricSpecification: own,
  } = configuration as TargetTracking;
  const metric = custom?.MetricName ?? own?.PredefinedMetricType ?? '';
  return [{ metric, target, ...(custom?.Statistic !== undefined && { statistic: custom.Statistic }) }];
}
