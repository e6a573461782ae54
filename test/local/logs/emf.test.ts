import { describe, expect, test } from '@jest/globals';
import { datapointsOf } from '../../../local/logs/emf';

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

  test.each(['plain text', '{"level":30}', '{"_aws": broken', '{"_aws":{}}', ''])('none in %j', (line) => {
    expect(datapointsOf(line, 'task-1')).toEqual([]);
  });
});
