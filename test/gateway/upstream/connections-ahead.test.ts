import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { ServerConfig } from '../../../core/fleet-config';
import { FRESH_MS, KEPT_MS } from '../../../gateway/upstream/connections-ahead';
import { Upstreams } from '../../../gateway/upstream/upstreams';
import { startTlsServer, type TlsServer } from './tls-server';

let remote: TlsServer;
let upstreams: Upstreams;
let cold: number;
let setbacks: string[];
/** Ports from which requests came. */
let callers: (number | undefined)[];

beforeEach(async () => {
  [cold, setbacks, callers] = [0, [], []];
  remote = await startTlsServer((request, response) => {
    callers.push(request.socket.remotePort);
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end('{}');
  });
  upstreams = new Upstreams('http://127.0.0.1:9', undefined, () => undefined, Date.now, 10, {
    onCold: () => cold++,
    onSetback: (_, reason) => setbacks.push(reason),
  });
});
afterEach(async () => {
  jest.useRealTimers();
  await upstreams.close();
  remote.stop();
});

const configOf = (warm?: number): ServerConfig => ({
  remoteUrl: remote.url,
  remote: { certificateAuthorities: remote.authorities, ...(warm !== undefined && { warm }) },
  tools: {},
});
async function call(warm?: number): Promise<number> {
  const response = await upstreams.send({
    server: 'search',
    serverConfig: configOf(warm),
    method: 'POST',
    headers: {},
    body: '{}',
    context: { agent: 'a', server: 'search' },
  });
  await response.body.read(() => undefined);
  return response.status;
}
/** Those that stand at the server, once they are so many. */
async function standing(count: number): Promise<(number | undefined)[]> {
  while (remote.connections.length !== count) await delay(5);
  return remote.connections.map(({ remotePort }) => remotePort);
}

test('the first call finds a connection that stood before, and another one takes its place', async () => {
  upstreams.connectAhead({ search: configOf(2) });
  const before = await standing(2);
  expect(await call(2)).toBe(200);
  expect(before).toContain(callers[0]);
  while ((await standing(2)).includes(callers[0])) await delay(5);
  expect({ cold, setbacks }).toEqual({ cold: 0, setbacks: [] });
});

test('without, it shakes hands itself', async () => {
  upstreams.connectAhead({ search: configOf() });
  expect(await call()).toBe(200);
  expect(callers).toHaveLength(1);
  expect(remote.connections.length).toBeLessThan(2);
});

test('calls that come at once, more than connections are ready, wait for theirs and are counted', async () => {
  upstreams.connectAhead({ search: configOf(2) });
  await standing(2);
  expect(await Promise.all([call(2), call(2), call(2), call(2), call(2)])).toEqual([200, 200, 200, 200, 200]);
  expect(cold).toBe(3);
  await standing(2);
});

test('a connection that its server has ended serves nobody', async () => {
  upstreams.connectAhead({ search: configOf(1) });
  await standing(1);
  for (let turn = 1; turn <= 3; turn++) {
    const ended = remote.connections[0];
    ended?.end();
    // The next one comes by itself, though nobody has called.
    while (remote.connections.length !== 1 || remote.connections[0] === ended) await delay(5);
  }
  expect(await call(1)).toBe(200);
  expect(setbacks).toEqual(['it ends connections on which nothing was said']);
});

test('a server that speaks first is not believed, and a call gets its own answer', async () => {
  let speaks = true;
  remote.server.on('secureConnection', (socket) => {
    if (speaks) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsmuggled!');
  });
  upstreams.connectAhead({ search: configOf(1) });
  while (setbacks.length === 0) await delay(5);
  speaks = false;
  expect(await call(1)).toBe(200);
  expect(callers).toHaveLength(1);
});

test('where nobody listens nothing is ready, calls are told so, and it is tried again', async () => {
  const config = configOf(3);
  remote.stop();
  upstreams.connectAhead({ search: config });
  await expect(call(3)).rejects.toMatchObject({ kind: 'NOT_DELIVERED', outcome: 'not_executed' });
  while (setbacks.length === 0) await delay(5);
  expect(setbacks).toEqual(['ECONNREFUSED']);
});

test('one that nobody needs gives way to a younger one before its server would end it', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  upstreams.connectAhead({ search: configOf(1) });
  while (remote.connections.length < 1) await turn();
  const [first] = remote.connections;
  // The client's half of the handshake may take a turn longer than the server's.
  for (let i = 0; i < 100; i++) await turn();
  jest.advanceTimersByTime(FRESH_MS);
  while (remote.connections.length < 2) await turn();
  jest.advanceTimersByTime(KEPT_MS - FRESH_MS);
  while (remote.connections.includes(first as never)) await turn();
  expect(remote.connections).toHaveLength(1);
  expect(await call(1)).toBe(200);
  expect(cold).toBe(0);
});
