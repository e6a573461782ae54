import { afterEach, describe, expect, test } from '@jest/globals';
import { JSON_TYPE, opensSession, type RawServer, resultOf, startRawServer } from './raw-server';
import {
  call,
  contextHeader,
  gatewayFetch,
  initialize,
  post,
  postInit,
  type StartedSidecar,
  startSidecar,
  stopAll,
  until,
} from './started';

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

  test('with another query is followed for the one request, and nobody else is sent there', async () => {
    server = await startRawServer((heard, response) => {
      const { searchParams } = new URL(heard.path, 'http://server');
      if (!searchParams.has('tenant')) response.writeHead(307, { location: `/mcp?tenant=${heard.headers['x-tenant']}` }).end();
      else if (!opensSession(heard, response, `s-${searchParams.get('tenant')}`)) response.writeHead(200).end();
    });
    sidecar = await startSidecar({ kind: 'http', url: server.url });
    const opened = async (tenant: string) => {
      const response = await post(sidecar.url, initialize, { 'x-tenant': tenant }, `agent-${tenant}`);
      return response.headers.get('mcp-session-id');
    };
    const alice = await opened('alice');
    expect([alice, await opened('bob')]).toEqual(['s-alice', 's-bob']);
    expect(server.heard.map(({ path }) => path)).toEqual(['/mcp', '/mcp?tenant=alice', '/mcp', '/mcp?tenant=bob']);
    // What the sidecar itself says of the session finds its way, too.
    const headers = { 'mcp-session-id': alice as string, 'x-tenant': 'alice' };
    await gatewayFetch('agent-alice')(sidecar.url, { method: 'DELETE', headers });
    await until(() => server.heard.filter(({ method }) => method === 'DELETE').length === 2, 'the server to be told');
  });

  test.each<[string, number, Record<string, string>]>([
    ['404', 404, {}],
    ['405', 405, {}],
    ['410', 410, {}],
    ['another redirect', 307, { location: '/third' }],
  ])('is asked at its first place again once the other answers with %s', async (_, status, headers) => {
    let moved = false;
    server = await startRawServer((heard, response) => {
      if (heard.path === '/mcp' && !moved) response.writeHead(308, { location: '/second' }).end();
      else if (heard.path === '/second' && moved) response.writeHead(status, headers).end();
      else opensSession(heard, response, `s-${server.heard.length}`);
    });
    sidecar = await startSidecar({ kind: 'http', url: server.url });
    await post(sidecar.url, initialize);
    moved = true;
    expect((await post(sidecar.url, initialize)).status).toBe(status === 307 ? 200 : status);
    expect((await post(sidecar.url, initialize)).status).toBe(200);
    const third = status === 307 ? ['/third'] : [];
    expect(server.heard.map(({ path }) => path)).toEqual(['/mcp', '/second', '/second', ...third, '/mcp']);
  });

  test('is not remembered before it has been found there', async () => {
    server = await startRawServer((heard, response) => {
      if (heard.path === '/mcp') response.writeHead(307, { location: '/nowhere' }).end();
      else response.writeHead(503).end();
    });
    sidecar = await startSidecar({ kind: 'http', url: server.url });
    for (let i = 0; i < 2; i++) expect((await post(sidecar.url, initialize)).status).toBe(503);
    expect(server.heard.map(({ path }) => path)).toEqual(['/mcp', '/nowhere', '/mcp', '/nowhere']);
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
