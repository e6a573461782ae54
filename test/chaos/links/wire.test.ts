import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Treatment, Wire } from './wire';

let server: Server;
let wire: Wire;
let treatment: Treatment;
let asked: string[];
let served: string[];

beforeEach(async () => {
  treatment = { kind: 'pass' };
  asked = [];
  served = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    served.push(body);
    response.end('0123456789');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  wire = await Wire.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, (reference) => {
    asked.push(reference);
    return treatment;
  });
});

afterEach(() => {
  wire.stop();
  server.close();
});

const post = (reference: string): Promise<string> =>
  fetch(wire.url, { method: 'POST', body: JSON.stringify({ arguments: { reference } }) }).then((response) => response.text());

test('passes requests, and names the call of each', async () => {
  expect([await post('a-1'), await post('a-2')]).toEqual(['0123456789', '0123456789']);
  expect(asked).toEqual(['a-1', 'a-2']);
  await expect(fetch(wire.url).then((response) => response.text())).resolves.toBe('0123456789');
  expect(asked).toHaveLength(2);
});

test('cuts before anything is dispatched', async () => {
  treatment = { kind: 'cut' };
  await expect(post('a-1')).rejects.toThrow();
  expect(served).toEqual([]);
});

test('cuts in the answer, and tells what was known of it', async () => {
  const cuts: unknown[] = [];
  treatment = { kind: 'cut answer', position: { behind: 'head', bytes: 4 }, onCut: (seen) => cuts.push(seen) };
  await expect(post('a-1')).rejects.toThrow();
  expect(served).toHaveLength(1);
  expect(cuts).toEqual([{ whole: true, primed: false }]);
});

test('delays a request', async () => {
  treatment = { kind: 'delay', milliseconds: 80 };
  const began = performance.now();
  await post('a-1');
  expect(performance.now() - began).toBeGreaterThanOrEqual(79);
});

test('cuts or stalls what carries a call now, and says when nothing does', async () => {
  expect([wire.cut('a-1'), wire.stall('a-1', 10)]).toEqual([undefined, false]);
  treatment = { kind: 'delay', milliseconds: 1000 };
  const pending = post('a-1');
  while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(wire.stall('a-1', 10)).toBe(true);
  expect(wire.cut('a-1')).toEqual({ whole: false, primed: false });
  await expect(pending).rejects.toThrow();
});
