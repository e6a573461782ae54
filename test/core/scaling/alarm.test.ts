import { describe, expect, test } from '@jest/globals';
import { type AlarmRule, type AlarmState, alarmState, type MissingData } from '../../../core/scaling/alarm';
import { Dice } from '../dice';

const RULE: AlarmRule = {
  statistic: 'Average',
  periodMs: 60_000,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  threshold: 10,
  comparison: 'GreaterThanThreshold',
  missingData: 'missing',
};
const TREATMENTS: readonly MissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];
const VALUES: Readonly<Record<string, number | undefined>> = { X: 11, '0': 10, '-': undefined };

function statesOf(row: string, datapointsToAlarm: number, before: AlarmState): AlarmState[] {
  const values = row.split(' ').map((mark) => VALUES[mark]);
  return TREATMENTS.map((missingData) => alarmState(values, { ...RULE, datapointsToAlarm, missingData }, before));
}

const RETAINED = 'as it was';

// The two tables of "Configuring how CloudWatch alarms treat missing data", and below "Avoiding premature transitions to alarm state".
describe.each<AlarmState>(['OK', 'ALARM', 'INSUFFICIENT_DATA'])('after %s', (before) => {
  test.each([
    [3, '0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    [3, '- - - - 0', ['OK', 'OK', 'OK', 'OK']],
    [3, '- - - - -', ['INSUFFICIENT_DATA', RETAINED, 'ALARM', 'OK']],
    [3, '0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [3, '- - X - -', ['ALARM', RETAINED, 'ALARM', 'OK']],
    [2, '0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [2, '0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    [2, '0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    [2, '- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    [2, '- - - X -', ['ALARM', RETAINED, 'ALARM', 'OK']],
    // Of a metric that has only begun, whose oldest value is younger than M periods.
    [3, '- - - X X', ['OK', 'OK', 'ALARM', 'OK']],
    [2, '- - - - X', ['OK', 'OK', 'ALARM', 'OK']],
  ])('%d of 3 in %s', (datapoints, row, states) => {
    expect(statesOf(row, datapoints, before)).toEqual(states.map((state) => (state === RETAINED ? before : state)));
  });
});

test('without missing data the last N alone decide, whatever the treatment', () => {
  const dice = new Dice(7);
  for (let round = 0; round < 2000; round++) {
    const evaluationPeriods = dice.integer(1, 5);
    const datapointsToAlarm = dice.integer(1, evaluationPeriods);
    const values = Array.from({ length: evaluationPeriods + 2 }, () => dice.integer(0, 20));
    const breaching = values.slice(-evaluationPeriods).filter((value) => value > 10).length;
    const states = TREATMENTS.map((missingData) =>
      alarmState(values, { ...RULE, evaluationPeriods, datapointsToAlarm, missingData }, 'INSUFFICIENT_DATA'),
    );
    expect(new Set(states)).toEqual(new Set([breaching >= datapointsToAlarm ? 'ALARM' : 'OK']));
  }
});
