import type { Statistic } from '../../core/scaling/periods';
import type { Datapoint } from '../local-account';
import type { AlarmProperties } from './policy-properties';

/** What an alarm on a Metrics Insights query watches: a time series for each value of one dimension. */
export interface MetricsQuery {
  readonly statistic: Statistic;
  readonly metric: string;
  readonly namespace: string;
  /** Of the metric, all of them, in the order of their names. */
  readonly dimensions: readonly string[];
  readonly where: { readonly name: string; readonly value: string };
  readonly groupBy: string;
}

const STATISTIC: Readonly<Record<string, Statistic>> = {
  AVG: 'Average',
  COUNT: 'SampleCount',
  MAX: 'Maximum',
  MIN: 'Minimum',
  SUM: 'Sum',
};

/** Of the grammar (CloudWatch User Guide, "Metrics Insights query components and syntax") what the constructs write. */
const QUERY =
  /^SELECT (?<statistic>\w+)\((?<metric>\w+)\) FROM SCHEMA\("(?<namespace>[^"]+)", (?<dimensions>\w+(?:, \w+)*)\) WHERE (?<name>\w+) = '(?<value>[^']*)' GROUP BY (?<groupBy>\w+) ORDER BY \k<statistic>\(\) (?:ASC|DESC)$/;

/** The query of an alarm; undefined where it has none, or one that nobody here could answer. */
export function queryOf({ Metrics = [] }: Pick<AlarmProperties, 'Metrics'>): MetricsQuery | undefined {
  const [told, ...others] = Metrics;
  if (typeof told?.Expression !== 'string' || others.length > 0) return undefined;
  const parts = QUERY.exec(told.Expression)?.groups as Record<string, string> | undefined;
  const statistic = STATISTIC[parts?.statistic ?? ''];
  if (parts === undefined || statistic === undefined) return undefined;
  const { metric = '', namespace = '', dimensions = '', name = '', value = '', groupBy = '' } = parts;
  return { statistic, metric, namespace, dimensions: dimensions.split(', ').sort(), where: { name, value }, groupBy };
}

/** The series that a datapoint belongs to, by its value of the dimension that is grouped by; undefined where the query leaves it out. */
export function seriesOf({ metric, namespace, dimensions, where, groupBy }: MetricsQuery, point: Datapoint): string | undefined {
  if (point.name !== metric || point.namespace !== namespace || point.dimensions[where.name] !== where.value) return undefined;
  if (Object.keys(point.dimensions).sort().join() !== dimensions.join()) return undefined;
  return point.dimensions[groupBy];
}

/** An alarm on one series of a query, as if somebody had made it for that one alone. */
export function alarmOnSeries(
  properties: AlarmProperties,
  { statistic, metric, namespace }: MetricsQuery,
  point: Datapoint,
): AlarmProperties {
  const { Metrics, ...others } = properties;
  return {
    ...others,
    Namespace: namespace,
    MetricName: metric,
    Statistic: statistic,
    Dimensions: Object.entries(point.dimensions).map(([Name, Value]) => ({ Name, Value })),
    Period: Number(Metrics?.[0]?.Period ?? properties.Period),
  };
}
