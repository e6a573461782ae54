import { expect, test } from '@jest/globals';
import { emfLine } from '../../core/emf';

test('what alarms look at every ten seconds is kept by the second, all else by the minute', () => {
  const line = emfLine({ Fleet: 'acme', Server: 'payments' }, { QueueDepth: 3, Rejected: 1, Calls: 7 }, 1_000);
  expect(JSON.parse(line)._aws.CloudWatchMetrics[0].Metrics).toEqual([
    { Name: 'QueueDepth', Unit: 'Count', StorageResolution: 1 },
    { Name: 'Rejected', Unit: 'Count', StorageResolution: 1 },
    { Name: 'Calls', Unit: 'Count' },
  ]);
});
