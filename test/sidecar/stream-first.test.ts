import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { type RawSession, startRawSession } from './raw-session';
import { call, gatewayFetch, post, stopAll, until } from './started';

let raw: RawSession;
/** What the server has been asked by GET, and not answered. */
let asked: ServerResponse[];

async function start(): Promise<void> {
  asked = [];
  raw = await startRawSession(({ method, message }, response) => {
    if (method === 'GET') asked.push(response);
    else
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: {} }));
  });
}

afterEach(async () => {
  await stopAll([raw.sidecar.process]);
  await raw.server.close();
});

const methods = (): string[] => raw.server.heard.slice(1).map(({ method }) => method);
const listen = () => gatewayFetch()(raw.sidecar.url, { headers: { ...raw.session, accept: 'text/event-stream' } });

test('a call waits until the stream stands that was opened before it', async () => {
  await start();
  const stream = listen();
  await until(() => asked.length === 1, 'the stream to be asked for');
  const answered = post(raw.sidecar.url, call('ask'), raw.session);
  asked[0]?.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  expect((await answered).status).toBe(200);
  await (await stream).body?.cancel();
  expect(methods()).toEqual(['GET', 'POST']);
});

test('a server without streams keeps no call waiting, and one that says nothing not for long', async () => {
  await start();
  const stream = listen().catch(() => undefined);
  await until(() => asked.length === 1, 'the stream to be asked for');
  for (let i = 1; i <= 2; i++) expect((await post(raw.sidecar.url, call('ask', i), raw.session)).status).toBe(200);
  asked[0]?.writeHead(405).end();
  await (await stream)?.text();
  expect((await post(raw.sidecar.url, call('ask', 3), raw.session)).status).toBe(200);
  expect(methods()).toEqual(['GET', 'POST', 'POST', 'POST']);
});
