import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Upstreams } from '../../../gateway/upstream/upstreams';

let server: Server;
let upstreams: Upstreams;
let held: ServerResponse[];

beforeEach(async () => {
  held = [];
  server = createServer((_, response) => {
    response.writeHead(200, { 'mcp-fleet-instance': 'task-1' }).write('data: first\n\n');
    held.push(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  upstreams = new Upstreams(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    undefined,
    () => undefined,
    () => 0,
    2,
  );
});

afterEach(async () => {
  await upstreams.close();
  server.closeAllConnections();
  server.close();
});

const send = () =>
  upstreams.send({ server: 's', serverConfig: { tools: {} }, method: 'GET', headers: {}, context: { agent: 'a', server: 's' } });

test('what would wait for a connection behind open streams is refused, and nothing of it was sent', async () => {
  await send();
  await send();
  await expect(send()).rejects.toMatchObject({ kind: 'AT_CAPACITY', outcome: 'not_executed', detail: { retryAfterMs: 1_000 } });
  expect(held).toHaveLength(2);
});

test('a stream that ends, and one that its reader gives up, make room', async () => {
  const [first, second] = [await send(), await send()];
  held[0]?.end();
  await first.body.read(() => undefined);
  await send();
  await expect(send()).rejects.toMatchObject({ kind: 'AT_CAPACITY' });
  second.body.destroy();
  await once(held[1] as ServerResponse, 'close');
  await send();
  expect(held).toHaveLength(4);
});

test('an origin that refuses connections uses no room up', async () => {
  server.close();
  await once(server, 'close');
  for (let more = 0; more < 5; more++) await expect(send()).rejects.toMatchObject({ kind: 'NOT_DELIVERED' });
});
