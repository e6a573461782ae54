import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { readInstance } from '../../sidecar/instance';

const TASK = 'arn:aws:ecs:eu-central-1:1:task/cluster/0123abcd';

test('the instance is the last segment of the task ARN, read from the metadata endpoint, also at its second try', async () => {
  let asked = 0;
  const metadata = createServer((request, response) => {
    asked++;
    if (asked === 1) response.writeHead(500).end();
    else
      response.end(JSON.stringify({ TaskARN: request.url === '/v4/c/task' ? TASK : undefined, Cluster: 'cluster', ServiceName: 'tools' }));
  }).listen(0, '127.0.0.1');
  await once(metadata, 'listening');
  try {
    expect(await readInstance(`http://127.0.0.1:${(metadata.address() as AddressInfo).port}/v4/c`)).toEqual({
      id: '0123abcd',
      member: { task: TASK, cluster: 'cluster', service: 'tools' },
    });
    expect(asked).toBe(2);
  } finally {
    metadata.closeAllConnections();
    metadata.close();
  }
});

test('outside ECS it is "local"', async () => {
  expect(await readInstance(undefined)).toEqual({ id: 'local' });
});
