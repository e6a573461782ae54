/** One observation of a metric. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
}

/** The statistics of CloudWatch that scaling and alarms ask for. */
export const STATISTICS = {
  Average: (values: readonly number[]): number => sum(values) / values.length,
  Sum: sum,
  Minimum: (values: readonly number[]): number => values.reduce((least, value) => Math.min(least, value)),
  Maximum: (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value)),
  SampleCount: (values: readonly number[]): number => values.length,
} as const;

export type Statistic = keyof typeof STATISTICS;

/** Which periods of a metric are asked for. */
export interface AskedPeriods {
  readonly statistic: Statistic;
  readonly periodMs: number;
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The newest one ends at the last multiple of it since the epoch, in milliseconds. Default: the period. */
  readonly stepMs?: number;
}

/**
 * The values of the last whole periods, the oldest first; undefined for one without a sample. Periods begin where CloudWatch lets them
 * begin: at multiples of their length since the epoch, but those of an alarm slide with each of its looks.
 */
export function periodValues(
  samples: readonly Sample[],
  { statistic, periodMs, count, now, stepMs = periodMs }: AskedPeriods,
): (number | undefined)[] {
  const slid = stepMs < periodMs ? (Math.floor(now / stepMs) * stepMs) % periodMs : 0;
  const first = Math.floor((now - slid) / periodMs) - count;
  const periods: number[][] = Array.from({ length: count }, () => []);
  for (const { at, value } of samples) periods[Math.floor((at - slid) / periodMs) - first]?.push(value);
  return periods.map((values) => (values.length === 0 ? undefined : STATISTICS[statistic](values)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
