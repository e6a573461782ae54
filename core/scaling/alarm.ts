import type { Statistic } from './periods';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** What a period without data counts as (CloudWatch, `TreatMissingData`). */
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

export const COMPARISONS = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number): boolean => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number): boolean => value > threshold,
  LessThanThreshold: (value: number, threshold: number): boolean => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number): boolean => value <= threshold,
} as const;

export type Comparison = keyof typeof COMPARISONS;

/** A CloudWatch alarm on one metric: "M out of N". */
export interface AlarmRule {
  readonly statistic: Statistic;
  readonly periodMs: number;
  /** N: how many periods are looked at. */
  readonly evaluationPeriods: number;
  /** M: how many of them have to breach. */
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly missingData: MissingData;
}

/**
 * How many periods beyond N are looked at for data that stand in for missing ones. CloudWatch does not say how many it takes; this is
 * what its examples have ("Configuring how CloudWatch alarms treat missing data").
 */
const MORE_PERIODS = 2;

/** How many periods {@link alarmState} wants to see. */
export function evaluationRange({ evaluationPeriods }: AlarmRule): number {
  return evaluationPeriods + MORE_PERIODS;
}

/**
 * The state of an alarm, as CloudWatch finds it: from the newest N periods that have data, and only where the whole range has fewer,
 * from what missing ones count as.
 * @param values of the range's periods, the oldest first
 * @param before the state until now, which missing data may leave as it is
 */
export function alarmState(values: readonly (number | undefined)[], rule: AlarmRule, before: AlarmState): AlarmState {
  const { evaluationPeriods, datapointsToAlarm, missingData } = rule;
  const seen = values.filter((value) => value !== undefined).slice(-evaluationPeriods);
  const breaching = seen.filter((value) => breaches(value, rule)).length;
  const missing = evaluationPeriods - seen.length;
  if (breaching >= datapointsToAlarm) return 'ALARM';
  if (missing === 0 || missingData === 'notBreaching') return 'OK';
  if (missingData === 'breaching') return breaching + missing >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (seen.length === 0) return missingData === 'ignore' ? before : 'INSUFFICIENT_DATA';
  const isPremature = breaching === seen.length && oldestAge(values) >= datapointsToAlarm;
  if (!isPremature) return 'OK';
  return missingData === 'ignore' ? before : 'ALARM';
}

/**
 * How many periods ago the oldest value was; 1 for the newest. Where all there is breaches, and has for M periods, the alarm sounds also
 * with fewer than M values ("Avoiding premature transitions to alarm state"); a metric that has only begun does not.
 */
function oldestAge(values: readonly (number | undefined)[]): number {
  return values.length - values.findIndex((value) => value !== undefined);
}

export function breaches(value: number, { comparison, threshold }: Pick<AlarmRule, 'comparison' | 'threshold'>): boolean {
  return COMPARISONS[comparison](value, threshold);
}
