import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_NAMESPACE, METRICS, type MetricName } from '../core/metrics';

/** A metric that the runtime emits for one server; the statistic follows its unit unless one is given. */
export function runtimeMetric(
  fleet: string,
  server: string,
  metricName: MetricName,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { Fleet: fleet, Server: server },
    statistic: METRICS[metricName] === 'Count' ? cloudwatch.Stats.SUM : cloudwatch.Stats.AVERAGE,
    period: Duration.minutes(1),
    ...options,
  });
}
