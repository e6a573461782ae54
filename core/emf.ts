import { HIGH_RESOLUTION, METRIC_NAMESPACE, METRICS, type MetricDimensions, type MetricName } from './metrics';

/** Values of some metrics, each one number or up to 100 observations (the EMF limit per metric and line). */
export type MetricValues = Partial<Record<MetricName, number | readonly number[]>>;

/** Most observations of one metric in one line (CloudWatch embedded metric format specification). */
export const EMF_VALUES_LIMIT = 100;

/**
 * One line of the CloudWatch embedded metric format. Written here because the libraries for it add dimensions of
 * their own (`service`, `LogGroup`), and a scaling policy finds a metric only under exactly its dimensions.
 * @param now milliseconds since the epoch
 */
export function emfLine(dimensions: MetricDimensions, values: MetricValues, now: number): string {
  const names = Object.keys(values) as MetricName[];
  return JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [['Fleet', 'Server']],
          Metrics: names.map((name) => ({
            Name: name,
            Unit: METRICS[name],
            ...(HIGH_RESOLUTION.has(name) && { StorageResolution: 1 }),
          })),
        },
      ],
    },
    ...dimensions,
    ...values,
  });
}
