import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Balancer } from '../fixtures/load-balancer';

let balancer: Balancer;
let met: number;
let streams: ServerResponse[];

beforeEach(async () => {
  met = 0;
  streams = [];
  balancer = await Balancer.start();
  await balancer.serve('a', (request, response) => {
    if (request.url === '/app/stream') return void streams.push(response.writeHead(200).flushHeaders() ?? response);
    response.end('a');
  });
});

afterEach(() => balancer.close());

const cut = (refuse = false): void => balancer.cuts.cut(balancer.group, refuse, () => met++);
/** Which of two is there first. */
const silentFor = async (milliseconds: number, answer: Promise<unknown>): Promise<boolean> =>
  await Promise.race([answer.then(() => false), new Promise<boolean>((done) => setTimeout(done, milliseconds, true))]);

test('what is sent on a cut link is not answered, and arrives when it is mended', async () => {
  cut();
  const answer = fetch(balancer.url).then((response) => response.text());
  expect(await silentFor(150, answer)).toBe(true);
  balancer.cuts.mend(balancer.group);
  expect([await answer, met]).toEqual(['a', 1]);
});

test('who has left meanwhile is not answered for', async () => {
  let arrived = 0;
  const server = balancer.group.all().length;
  cut();
  await expect(fetch(balancer.url, { signal: AbortSignal.timeout(100) })).rejects.toThrow();
  balancer.cuts.mend(balancer.group);
  arrived += balancer.group.all().reduce((sum, { inFlight }) => sum + inFlight, 0);
  expect([server, arrived, met]).toEqual([1, 0, 1]);
});

test('a stream stands still, and goes on without a byte lost', async () => {
  const response = await fetch(`${balancer.url}stream`);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const next = async (): Promise<string> => Buffer.from((await reader.read()).value ?? []).toString();
  streams[0]?.write('one');
  expect(await next()).toBe('one');
  cut();
  streams[0]?.write('two');
  const late = next();
  expect(await silentFor(150, late)).toBe(true);
  balancer.cuts.mend(balancer.group);
  expect(await late).toBe('two');
  streams[0]?.end('three');
  expect(await next()).toBe('three');
});

test('where it refuses, connections are reset at once', async () => {
  cut(true);
  await expect(fetch(balancer.url)).rejects.toThrow();
  expect(met).toBe(1);
});
