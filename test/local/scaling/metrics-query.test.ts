import { expect, test } from '@jest/globals';
import type { Datapoint } from '../../../local/local-account';
import { AutoScaling } from '../../../local/scaling/auto-scaling';
import { queryOf, seriesOf } from '../../../local/scaling/metrics-query';
import type { AlarmProperties } from '../../../local/scaling/policy-properties';

const SUM =
  'SELECT SUM(LedgerFailures) FROM SCHEMA("McpFleet", Fleet, Server) WHERE Fleet = \'orders\' GROUP BY Server ORDER BY SUM() DESC';

const alarm = (Expression: unknown): AlarmProperties => ({
  ...({ ComparisonOperator: 'GreaterThanThreshold', Threshold: 0, EvaluationPeriods: 1 } as AlarmProperties),
  Metrics: [{ Expression, Period: 60 }],
});

const point = (more: Partial<Datapoint> = {}): Datapoint => ({
  ...{ namespace: 'McpFleet', name: 'LedgerFailures', dimensions: { Fleet: 'orders', Server: 'tickets' } },
  ...{ value: 1, at: 0, source: 'task' },
  ...more,
});

test('a query is read as it is written, and belongs to the series that it names', () => {
  const query = queryOf(alarm(SUM));
  expect(query).toMatchObject({ statistic: 'Sum', metric: 'LedgerFailures', namespace: 'McpFleet', groupBy: 'Server' });
  if (query === undefined) return;
  expect(seriesOf(query, point())).toBe('tickets');
  for (const other of [
    point({ name: 'Calls' }),
    point({ namespace: 'Other' }),
    point({ dimensions: { Fleet: 'other', Server: 'tickets' } }),
    point({ dimensions: { Fleet: 'orders' } }),
    point({ dimensions: { Fleet: 'orders', Server: 'tickets', Zone: 'a' } }),
  ])
    expect(seriesOf(query, other)).toBeUndefined();
});

test.each([
  ['a math expression', 'FILL(reads, 0) + FILL(writes, 0)'],
  ['an address that the deployment tells', { 'Fn::Join': ['', ['SELECT ', { Ref: 'Balancer' }]] }],
  ['another order than its own', SUM.replace('ORDER BY SUM', 'ORDER BY MAX')],
  ['without the order that an alarm on several series needs', SUM.replace(' ORDER BY SUM() DESC', '')],
])('%s is no query that is watched here', (_, expression) => {
  expect(queryOf(alarm(expression))).toBeUndefined();
});

test('each server that turns up is watched by itself, until the alarm is gone', () => {
  const scaling = new AutoScaling(1, () => undefined);
  scaling.putAlarm('Shop/Ledger', alarm(SUM), 'Shop-Ledger', []);
  expect(scaling.states()).toEqual([]);
  const notes = point({ dimensions: { Fleet: 'orders', Server: 'notes' } });
  scaling.take([point(), notes, point(), point({ name: 'Calls' })]);

  expect(scaling.states().map(({ alarm, metric, server }) => [alarm, metric, server])).toEqual([
    ['Shop-Ledger', 'LedgerFailures', 'tickets'],
    ['Shop-Ledger', 'LedgerFailures', 'notes'],
  ]);
  scaling.removeAlarm('Shop/Ledger');
  expect(scaling.states()).toEqual([]);
});
