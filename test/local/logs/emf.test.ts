import { describe, expect, test } from '@jest/globals';
import { datapointsOf } from '../../../local/logs/emf';
import { QUOTAS } from '../../../local/quotas';

describe('datapointsOf', () => {
  test('one datapoint per metric, dimension set and value', () => {
    const line = JSON.stringify({
      _aws: {
        Timestamp: 1700000000000,
        CloudWatchMetrics: [
          { Namespace: 'McpFleet', Dimensions: [['Fleet', 'Server'], ['Fleet']], Metrics: [{ Name: 'QueueWait' }, { Name: 'Calls' }] },
        ],
      },
      Fleet: 'acme',
      Server: 'payments',
      QueueWait: [3, 5],
      Calls: 1,
    });
    const points = datapointsOf(line, 'task-1');
    expect(points).toHaveLength(6);
    expect(points[0]).toEqual({
      namespace: 'McpFleet',
      name: 'QueueWait',
      dimensions: { Fleet: 'acme', Server: 'payments' },
      value: 3,
      at: 1700000000000,
      source: 'task-1',
    });
    expect(points.filter(({ name, dimensions }) => name === 'Calls' && !('Server' in dimensions))).toHaveLength(1);
  });

  test('up to the limits of CloudWatch, and nothing of what is beyond one', () => {
    const names = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `n${i}`);
    const lineOf = ({ metrics = 1, dimensions = 1, values = 1, bytes = 0 }): string => {
      const document = {
        _aws: {
          Timestamp: 1,
          CloudWatchMetrics: [{ Namespace: 'N', Dimensions: [names(dimensions)], Metrics: names(metrics).map((Name) => ({ Name })) }],
        },
        ...Object.fromEntries(names(Math.max(metrics, dimensions)).map((name) => [name, Array(values).fill(1)])),
      };
      const line = JSON.stringify(document);
      return JSON.stringify({ ...document, ...(bytes > 0 && { x: 'x'.repeat(bytes - line.length - ',"x":""'.length) }) });
    };
    const found = (of: Parameters<typeof lineOf>[0]): number => datapointsOf(lineOf(of), 'task-1').length;
    const { emfMetrics, emfDimensions, emfValues, logEvent } = QUOTAS;
    expect([found({ metrics: emfMetrics.most }), found({ metrics: emfMetrics.most + 1 })]).toEqual([emfMetrics.most, 0]);
    expect([found({ dimensions: emfDimensions.most }), found({ dimensions: emfDimensions.most + 1 })]).toEqual([1, 0]);
    expect([found({ values: emfValues.most }), found({ values: emfValues.most + 1 })]).toEqual([emfValues.most, 0]);
    expect([found({ bytes: logEvent.most }), found({ bytes: logEvent.most + 1 })]).toEqual([1, 0]);
  });

  test.each(['plain text', '{"level":30}', '{"_aws": broken', '{"_aws":{}}', ''])('none in %j', (line) => {
    expect(datapointsOf(line, 'task-1')).toEqual([]);
  });
});
