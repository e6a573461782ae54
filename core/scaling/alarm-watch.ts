import { type AlarmRule, type AlarmState, alarmState, evaluationRange } from './alarm';
import type { AskedPeriods } from './periods';

/** The last whole periods of a metric, the oldest first; undefined for one without data. */
export type ReadPeriods = (ask: AskedPeriods) => readonly (number | undefined)[];

/** An alarm over time: its state, and when it acts. */
export class AlarmWatch {
  state: AlarmState = 'INSUFFICIENT_DATA';
  /** Of the newest period that has data. */
  value: number | undefined;
  private looked = Number.NEGATIVE_INFINITY;
  private acted = Number.NEGATIVE_INFINITY;

  /** How often it looks: its periods slide by so much (CloudWatch User Guide, "Alarm evaluation window"). */
  private readonly stepMs: number;

  /**
   * @param minuteMs how long a minute is: longer periods are looked at each minute, and while it is an ALARM, scaling is told so again each
   * minute
   */
  constructor(
    private readonly rule: AlarmRule,
    private readonly minuteMs: number,
    private readonly read: ReadPeriods,
  ) {
    this.stepMs = Math.min(rule.periodMs, minuteMs);
  }

  /** Looks where another period has ended. @returns whether what scales on it is to act now */
  look(now: number): boolean {
    const { statistic, periodMs } = this.rule;
    const { stepMs } = this;
    const step = Math.floor(now / stepMs);
    if (step === this.looked) return false;
    this.looked = step;
    const values = this.read({ statistic, periodMs, count: evaluationRange(this.rule), now, stepMs });
    const before = this.state;
    this.value = values.findLast((value) => value !== undefined);
    this.state = alarmState(values, this.rule, before);
    if (this.state !== 'ALARM') return false;
    // Half a step less: looks do not come to the millisecond.
    if (before === 'ALARM' && now - this.acted < this.minuteMs - stepMs / 2) return false;
    this.acted = now;
    return true;
  }
}
