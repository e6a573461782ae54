import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AwsLink, PASSES, type Passage } from './aws-link';

let server: Server;
let link: AwsLink;
let passage: Passage;
let done: string[];

beforeEach(async () => {
  passage = PASSES;
  done = [];
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    done.push(`${request.headers['x-amz-target']} ${body}`);
    response.writeHead(400, { 'x-amz-crc32': '7' }).end('{"seen":true}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  link = await AwsLink.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => passage);
});

afterEach(async () => {
  await link.stop();
  server.close();
});

const ask = () => fetch(link.url, { method: 'POST', headers: { 'x-amz-target': 'T.Put' }, body: '{}' });

test('passes a request and its reply as they are', async () => {
  const reply = await ask();
  expect([reply.status, reply.headers.get('x-amz-crc32'), await reply.text()]).toEqual([400, '7', '{"seen":true}']);
  expect(done).toEqual(['T.Put {}']);
});

test('refuses a request, or loses its reply', async () => {
  passage = { done: false, replied: false };
  await expect(ask()).rejects.toThrow();
  expect(done).toEqual([]);
  passage = { done: true, replied: false };
  await expect(ask()).rejects.toThrow();
  expect(done).toEqual(['T.Put {}']);
});

test('lets something happen before and after', async () => {
  const order: string[] = [];
  passage = {
    ...PASSES,
    before: async () => void order.push(`before ${done.length}`),
    after: async () => void order.push(`after ${done.length}`),
  };
  await ask();
  expect(order).toEqual(['before 0', 'after 1']);
});

test('is dead for a while, and comes back at the same address', async () => {
  const { url } = link;
  expect([link.kill(80), link.kill(80)]).toEqual([true, false]);
  await expect(ask()).rejects.toThrow();
  await delay(150);
  expect((await ask()).status).toBe(400);
  expect(link.url).toBe(url);
});

test('is silent for a while', async () => {
  link.pause(100);
  const began = performance.now();
  await ask();
  expect(performance.now() - began).toBeGreaterThanOrEqual(95);
});
