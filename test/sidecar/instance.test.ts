import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { readInstanceId } from '../../sidecar/instance';

test('the instance is the last segment of the task ARN, read from the metadata endpoint, also at its second try', async () => {
  let asked = 0;
  const metadata = createServer((request, response) => {
    asked++;
    if (asked === 1) response.writeHead(500).end();
    else
      response.end(
        JSON.stringify({ TaskARN: request.url === '/v4/c/task' ? 'arn:aws:ecs:eu-central-1:1:task/cluster/0123abcd' : undefined }),
      );
  }).listen(0, '127.0.0.1');
  await once(metadata, 'listening');
  try {
    expect(await readInstanceId(`http://127.0.0.1:${(metadata.address() as AddressInfo).port}/v4/c`)).toBe('0123abcd');
    expect(asked).toBe(2);
  } finally {
    metadata.closeAllConnections();
    metadata.close();
  }
});

test('outside ECS it is "local"', async () => {
  expect(await readInstanceId(undefined)).toBe('local');
});
