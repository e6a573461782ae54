import { type AlarmRule, type AlarmState, alarmState, evaluationRange } from './alarm';
import type { Statistic } from './periods';

/** The last whole periods of a metric, the oldest first; undefined for one without data. */
export type ReadPeriods = (ask: {
  readonly statistic: Statistic;
  readonly periodMs: number;
  readonly count: number;
  readonly now: number;
}) => readonly (number | undefined)[];

/** An alarm over time: its state, and when it acts. */
export class AlarmWatch {
  state: AlarmState = 'INSUFFICIENT_DATA';
  /** Of the newest period that has data. */
  value: number | undefined;
  private looked = Number.NEGATIVE_INFINITY;
  private acted = Number.NEGATIVE_INFINITY;

  /** @param repeatMs while it is an ALARM it tells scaling so again after so long: in CloudWatch each minute */
  constructor(
    private readonly rule: AlarmRule,
    private readonly repeatMs: number,
    private readonly read: ReadPeriods,
  ) {}

  /** Looks where another period has ended. @returns whether what scales on it is to act now */
  look(now: number): boolean {
    const { statistic, periodMs } = this.rule;
    const period = Math.floor(now / periodMs);
    if (period === this.looked) return false;
    this.looked = period;
    const values = this.read({ statistic, periodMs, count: evaluationRange(this.rule), now });
    const before = this.state;
    this.value = values.findLast((value) => value !== undefined);
    this.state = alarmState(values, this.rule, before);
    if (this.state !== 'ALARM') return false;
    // Half a period less: looks do not come to the millisecond.
    if (before === 'ALARM' && now - this.acted < this.repeatMs - periodMs / 2) return false;
    this.acted = now;
    return true;
  }
}
