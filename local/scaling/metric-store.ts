import type { ReadPeriods } from '../../core/scaling/alarm-watch';
import { periodValues, type Sample } from '../../core/scaling/periods';
import type { Datapoint } from '../local-account';

/** A metric, as CloudWatch tells it from others. */
export type MetricId = Pick<Datapoint, 'namespace' | 'name' | 'dimensions'>;

interface Series {
  readonly samples: Sample[];
  ageMs: number;
}

/** Samples of the metrics that scaling and alarms look at, for as long as they do. */
export class MetricStore {
  private readonly series = new Map<string, Series>();

  /** Keeps a metric from now on. @param ageMs how far back it will be asked for, in milliseconds */
  watch(metric: MetricId, ageMs: number): ReadPeriods {
    const key = keyOf(metric);
    const series = this.series.get(key) ?? { samples: [], ageMs: 0 };
    series.ageMs = Math.max(series.ageMs, ageMs);
    this.series.set(key, series);
    return (ask) => periodValues(series.samples, ask);
  }

  take(points: readonly Datapoint[]): void {
    for (const point of points) {
      const series = this.series.get(keyOf(point));
      if (series === undefined) continue;
      series.samples.push(point);
      const stale = series.samples.findIndex(({ at }) => at >= point.at - series.ageMs);
      if (stale > 0) series.samples.splice(0, stale);
    }
  }
}

function keyOf({ namespace, name, dimensions }: MetricId): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
