import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { LIMITS } from '../../sidecar/limits';
import { type InProcess, startInProcess } from './in-process';
import { opensSession, type RawServer, SSE_TYPE, startRawServer } from './raw-server';
import { events, until } from './started';

const LISTEN = { headers: { accept: 'text/event-stream' } };

let server: RawServer;
let running: InProcess;
let session: Record<string, string>;
/** GET streams of the server: all that it has been asked for. */
let streams: ServerResponse[];

/** @param id of the server's own that its first event has */
async function start(id?: string): Promise<void> {
  streams = [];
  server = await startRawServer((heard, response) => {
    if (opensSession(heard, response)) return;
    streams.push(response);
    response.writeHead(200, SSE_TYPE).write(id === undefined ? ': hello\n\n' : `id: ${id}\ndata: \n\n`);
  });
  running = await startInProcess({ kind: 'http', url: server.url });
  session = await running.openSession();
}

afterEach(async () => {
  await running.stop();
  await server.close();
});

const say = (n: number) => streams.at(-1)?.write(`data: {"jsonrpc":"2.0","method":"notifications/n","params":{"n":${n}}}\n\n`);
const comeOfAge = () => running.clock.advance(LIMITS.streamAge + LIMITS.heartbeatSweep);

test('a stream that has come of age ends, its server’s goes on, and the next listener hears what was said meanwhile', async () => {
  await start();
  const first = await running.send(LISTEN, session);
  const early = events(first);
  say(1);
  expect((await early.next()).value).toMatchObject({ params: { n: 1 } });
  comeOfAge();
  expect((await early.next()).done).toBe(true);
  say(2);
  say(3);
  const next = events(await running.send(LISTEN, session));
  for (const n of [2, 3]) expect((await next.next()).value).toMatchObject({ params: { n } });
  expect(streams).toHaveLength(1);
  await next.return(undefined);
});

test('what nobody comes back for is let go, and the server is rid of its stream', async () => {
  await start();
  await running.send(LISTEN, session);
  comeOfAge();
  await until(() => running.sidecar.server.openExchanges === 0, 'the stream to end');
  running.clock.advance(LIMITS.streamHold + LIMITS.idleSweep);
  expect(running.happened('stream_let_go')).toHaveLength(1);
  await until(() => streams[0]?.destroyed === true, 'the server to be rid of it');
  const next = await running.send(LISTEN, session);
  expect([next.status, streams.length]).toEqual([200, 2]);
  await next.body?.cancel();
});

test('a server that gives ids keeps what is said between two streams itself', async () => {
  await start('theirs-1');
  const first = await running.send(LISTEN, session);
  const text = first.text();
  await until(() => running.sidecar.server.openExchanges === 1, 'the stream to stand');
  say(1);
  comeOfAge();
  expect(await text).toContain('id: theirs-1\n');
  await until(() => streams[0]?.destroyed === true, 'the server to be told that nobody listens');
  await (await running.send(LISTEN, { ...session, 'last-event-id': 'theirs-1' })).body?.cancel();
  expect(server.heard.at(-1)?.headers['last-event-id']).toBe('theirs-1');
});

test('a server never hears of an id that is not its own', async () => {
  await start();
  await (await running.send(LISTEN, { ...session, 'last-event-id': 'fleet.another.7' })).body?.cancel();
  expect(server.heard.at(-1)?.headers).not.toHaveProperty('last-event-id');
  expect(running.happened('stream_of_another_session')).toHaveLength(1);
});
