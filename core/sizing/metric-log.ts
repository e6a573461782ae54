/** What scaling looks at. */
export type ScaledMetric = 'SlotUtilization' | 'CPUUtilization' | 'QueueDepth' | 'Rejected';

export interface MetricSample {
  /** Milliseconds. */
  readonly at: number;
  readonly value: number;
}

/** Longer than any alarm of target tracking looks back, in milliseconds. */
const KEPT = 20 * 60_000;

/** The metrics of one simulated server, as long as scaling asks for them. */
export class MetricLog {
  private readonly series: Readonly<Record<ScaledMetric, MetricSample[]>> = {
    SlotUtilization: [],
    CPUUtilization: [],
    QueueDepth: [],
    Rejected: [],
  };

  record(metric: ScaledMetric, at: number, value: number): void {
    const samples = this.series[metric];
    // Not at each sample: half of them at once costs nothing.
    if ((samples[samples.length >> 1]?.at ?? at) < at - KEPT) samples.splice(0, samples.length >> 1);
    samples.push({ at, value });
  }

  samples(metric: ScaledMetric): readonly MetricSample[] {
    return this.series[metric];
  }

  /** Mean of a period, or its sum; undefined without a sample in it. @param to its end, which is not part of it, in milliseconds */
  over(metric: ScaledMetric, statistic: 'mean' | 'sum', period: number, to: number): number | undefined {
    let [sum, count] = [0, 0];
    const samples = this.series[metric];
    for (let i = samples.length - 1; i >= 0; i--) {
      const { at, value } = samples[i] as MetricSample;
      if (at < to - period) break;
      if (at < to) [sum, count] = [sum + value, count + 1];
    }
    return count === 0 ? undefined : statistic === 'sum' ? sum : sum / count;
  }
}
