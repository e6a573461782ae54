import { afterEach, describe, expect, test } from '@jest/globals';
import { JSON_TYPE, opensSession, type RawServer, resultOf, startRawServer } from './raw-server';
import { call, contextHeader, initialize, post, postInit, type StartedSidecar, startSidecar, stopAll } from './started';

let server: RawServer;
let sidecar: StartedSidecar;

afterEach(async () => {
  await stopAll([sidecar?.process]);
  await server?.close();
});

describe('a server that says that it is elsewhere', () => {
  test.each([307, 308])('within its origin (%d) is followed, and asked there from then on', async (status) => {
    server = await startRawServer((heard, response) => {
      if (!heard.path.endsWith('/')) response.writeHead(status, { location: `${heard.path}/` }).end('moved');
      else if (!opensSession(heard, response)) response.writeHead(200, JSON_TYPE).end(resultOf(heard));
    });
    sidecar = await startSidecar({ kind: 'http', url: server.url });
    const opened = await post(sidecar.url, initialize);
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') as string };
    const init = postInit(call('pay'), { ...session, ...contextHeader({ claimed: true, callId: 'c-1' }) });
    expect((await fetch(sidecar.url, init)).status).toBe(200);
    const { pathname } = new URL(server.url);
    expect(server.heard.map(({ path }) => path)).toEqual([pathname, `${pathname}/`, `${pathname}/`]);
  });

  test.each([
    ['to another origin', { location: 'http://127.0.0.1:9/mcp' }],
    ['without saying where', {}],
  ])('%s is not followed', async (_, headers) => {
    server = await startRawServer((_heard, response) => response.writeHead(307, headers).end());
    sidecar = await startSidecar({ kind: 'http', url: server.url });
    expect((await fetch(sidecar.url, { ...postInit(initialize, contextHeader({})), redirect: 'manual' })).status).toBe(307);
    expect(server.heard).toHaveLength(1);
  });

  test('in a circle is asked four times', async () => {
    server = await startRawServer((heard, response) => response.writeHead(307, { location: `${heard.path}x` }).end());
    sidecar = await startSidecar({ kind: 'http', url: server.url });
    expect((await fetch(sidecar.url, { ...postInit(initialize, contextHeader({})), redirect: 'manual' })).status).toBe(307);
    expect(server.heard).toHaveLength(4);
  });
});
