import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Balancer } from '../fixtures/load-balancer';

let balancer: Balancer;

afterEach(() => balancer.close());

const texts = async (count: number, headers: Record<string, string> = {}): Promise<string[]> => {
  const found: string[] = [];
  for (let i = 0; i < count; i++) found.push(await (await fetch(balancer.url, { headers })).text());
  return found;
};

describe('routing', () => {
  test('goes round the healthy targets', async () => {
    balancer = await Balancer.start();
    await balancer.serveName('a');
    await balancer.serveName('b');
    expect((await texts(6)).sort()).toEqual(['a', 'a', 'a', 'b', 'b', 'b']);
  });

  test('prefers the target with the fewest requests in flight', async () => {
    balancer = await Balancer.start({ 'load_balancing.algorithm.type': 'least_outstanding_requests' });
    const held: ServerResponse[] = [];
    await balancer.serve('busy', (_, response) => void held.push(response));
    const stuck = fetch(balancer.url);
    while (held.length === 0) await new Promise((next) => setImmediate(next));
    await balancer.serveName('quiet');
    expect(await texts(4)).toEqual(['quiet', 'quiet', 'quiet', 'quiet']);
    held[0]?.end('at last');
    expect(await (await stuck).text()).toBe('at last');
  });

  test('answers by the default action where no rule matches', async () => {
    balancer = await Balancer.start();
    const answer = await fetch(`http://127.0.0.1:${balancer.listener.port}/elsewhere`);
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([404, 'text/plain', 'Not found']);
  });

  test('tells the target who came, and keeps the host', async () => {
    balancer = await Balancer.start();
    await balancer.serve('a', (request, response) => response.end(JSON.stringify(request.headers)));
    const headers = (await (
      await fetch(balancer.url, { headers: { 'X-Forwarded-For': '10.1.2.3', 'X-Forwarded-Proto': 'https' } })
    ).json()) as Record<string, string>;
    expect(headers).toMatchObject({
      'x-forwarded-for': '10.1.2.3, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(balancer.listener.port),
      host: `127.0.0.1:${balancer.listener.port}`,
    });
    expect(headers['x-amzn-trace-id']).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  });
});

describe('stickiness', () => {
  const STICKY = { 'stickiness.enabled': 'true', 'stickiness.lb_cookie.duration_seconds': '604800' };
  const cookieOf = (answer: Response): string => answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';

  test('a client with the cookie stays, one without goes round', async () => {
    balancer = await Balancer.start(STICKY);
    await balancer.serveName('a');
    await balancer.serveName('b');
    const first = await fetch(balancer.url);
    const mine = await first.text();
    expect(first.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^AWSALB=[\w+/=]+; Expires=.* GMT; Path=\/$/),
      expect.stringMatching(/^AWSALBCORS=[\w+/=]+; Expires=.* GMT; Path=\/; SameSite=None; Secure$/),
    ]);
    expect(new Set(await texts(5, { cookie: `other=1; ${cookieOf(first)}` }))).toEqual(new Set([mine]));
    expect(new Set(await texts(4))).toEqual(new Set(['a', 'b']));
  });

  test('each answer has another cookie, and the first one still leads there', async () => {
    balancer = await Balancer.start(STICKY);
    await balancer.serveName('a');
    await balancer.serveName('b');
    const first = await fetch(balancer.url);
    const second = await fetch(balancer.url, { headers: { cookie: cookieOf(first) } });
    expect(cookieOf(second)).not.toBe(cookieOf(first));
    expect(await second.text()).toBe(await first.text());
  });

  test('a cookie past its duration does not bind', async () => {
    balancer = await Balancer.start({ ...STICKY, 'stickiness.lb_cookie.duration_seconds': '1' });
    await balancer.serveName('a');
    await balancer.serveName('b');
    const cookie = cookieOf(await fetch(balancer.url));
    const expired = Date.now() + 1100;
    while (Date.now() < expired) await new Promise((next) => setTimeout(next, 50));
    expect(new Set(await texts(4, { cookie }))).toEqual(new Set(['a', 'b']));
  });

  test('a forged cookie does not bind', async () => {
    balancer = await Balancer.start(STICKY);
    await balancer.serveName('a');
    await balancer.serveName('b');
    expect(new Set(await texts(4, { cookie: `AWSALB=${Buffer.from(`${Date.now()} a`).toString('base64')}` }))).toEqual(new Set(['a', 'b']));
  });

  test('a target that leaves loses its clients to another one, which binds them anew', async () => {
    balancer = await Balancer.start(STICKY);
    await balancer.serveName('a');
    await balancer.serveName('b');
    const first = await fetch(balancer.url);
    const left = await first.text();
    await balancer.group.deregister(left);
    const next = await fetch(balancer.url, { headers: { cookie: cookieOf(first) } });
    expect(await next.text()).toBe(left === 'a' ? 'b' : 'a');
    expect(cookieOf(next)).not.toBe('');
  });
});

describe('draining', () => {
  test('new requests go elsewhere, the one in flight is waited for', async () => {
    balancer = await Balancer.start();
    const held: ServerResponse[] = [];
    await balancer.serve('old', (_, response) => void held.push(response));
    const last = fetch(balancer.url);
    while (held.length === 0) await new Promise((next) => setImmediate(next));
    await balancer.serveName('new');

    let drained = false;
    const draining = balancer.group.deregister('old').then(() => {
      drained = true;
    });
    expect(await texts(3)).toEqual(['new', 'new', 'new']);
    expect(drained).toBe(false);
    held[0]?.end('finished');
    expect(await (await last).text()).toBe('finished');
    await draining;
  });

  test('waits no longer than the deregistration delay', async () => {
    balancer = await Balancer.start({ 'deregistration_delay.timeout_seconds': '1' });
    await balancer.serve('stuck', () => {});
    const stuck = fetch(balancer.url).catch((error: Error) => error.message);
    while (balancer.group.all()[0]?.inFlight === 0) await new Promise((next) => setImmediate(next));
    const start = Date.now();
    await balancer.group.deregister('stuck');
    expect(Date.now() - start).toBeGreaterThanOrEqual(1000);
    expect(balancer.group.all()).toEqual([]);
    expect(((await stuck) as Response).status).toBe(502);
  });
});

describe('failures', () => {
  test('503 without a target', async () => {
    balancer = await Balancer.start();
    const answer = await fetch(balancer.url);
    expect([answer.status, answer.headers.get('server')]).toEqual([503, 'awselb/2.0']);
  });

  test('503 while no target has passed its first health check', async () => {
    balancer = await Balancer.start();
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    await new Promise((done) => closed.close(done));
    balancer.group.register('starting', port, port, () => {});
    expect((await fetch(balancer.url)).status).toBe(503);
  });

  test('502 when the target refuses the connection', async () => {
    balancer = await Balancer.start();
    const server = await balancer.serveName('a');
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    expect((await fetch(balancer.url)).status).toBe(502);
  });

  test('502 when the connection breaks before the headers', async () => {
    balancer = await Balancer.start();
    await balancer.serve('a', (request) => void request.socket.destroy());
    expect((await fetch(balancer.url, { method: 'POST', body: 'x' })).status).toBe(502);
  });

  test('the connection breaks when the target breaks after the headers', async () => {
    balancer = await Balancer.start();
    await balancer.serve('a', (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n', () => request.socket.destroy());
    });
    const answer = await fetch(balancer.url);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
  });

  test('504 when the target is silent for the idle timeout', async () => {
    balancer = await Balancer.start({}, {}, 1);
    await balancer.serve('a', () => {});
    const start = Date.now();
    expect((await fetch(balancer.url)).status).toBe(504);
    expect(Date.now() - start).toBeGreaterThanOrEqual(900);
  });

  test('a target whose checks fail gets no requests while another is healthy, and some when none is', async () => {
    balancer = await Balancer.start({}, { HealthCheckPath: '/app/health', HealthCheckIntervalSeconds: 5, UnhealthyThresholdCount: 2 });
    let healthy = true;
    await balancer.serve('flaky', (request, response) => {
      if (request.url === '/app/health') response.statusCode = healthy ? 200 : 503;
      response.end('flaky');
    });
    await balancer.serve('steady', (_, response) => response.end('steady'));
    healthy = false;
    while (balancer.group.all()[0]?.health !== 'unhealthy') await new Promise((next) => setTimeout(next, 50));
    expect(await texts(3)).toEqual(['steady', 'steady', 'steady']);
    await balancer.group.deregister('steady');
    expect(await texts(2)).toEqual(['flaky', 'flaky']);
  });
});

describe('streams', () => {
  test('events pass one by one, unbuffered', async () => {
    balancer = await Balancer.start();
    const streams: ServerResponse[] = [];
    await balancer.serve('a', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      streams.push(response);
    });
    const answer = await fetch(balancer.url);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    for (const event of ['data: 1\n\n', ': heartbeat\n\n', 'data: 2\n\n']) {
      streams[0]?.write(event);
      const { value } = await reader.read();
      expect(Buffer.from(value as Uint8Array).toString()).toBe(event);
    }
    streams[0]?.end();
    expect((await reader.read()).done).toBe(true);
  });

  test('a client that leaves is felt by the target', async () => {
    balancer = await Balancer.start();
    const left = new Promise<void>((done) => {
      void balancer.serve('a', (request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        request.socket.once('close', () => done());
      });
    });
    while (balancer.group.all()[0]?.health !== 'healthy') await new Promise((next) => setTimeout(next, 10));
    const leave = new AbortController();
    await fetch(balancer.url, { signal: leave.signal });
    leave.abort();
    await left;
    while (balancer.group.all()[0]?.inFlight !== 0) await new Promise((next) => setImmediate(next));
  });

  test('a large body reaches the target whole', async () => {
    balancer = await Balancer.start();
    await balancer.serve('a', async (request, response) => {
      let bytes = 0;
      for await (const chunk of request) bytes += (chunk as Buffer).length;
      response.end(String(bytes));
    });
    const body = Buffer.alloc(20_000_000, 'x');
    expect(await (await fetch(balancer.url, { method: 'POST', body })).text()).toBe('20000000');
  });

  test('a refusal that comes before the body is through arrives', async () => {
    balancer = await Balancer.start();
    await balancer.serve('a', (_, response) => void response.writeHead(413, { 'content-type': 'application/json' }).end('{"too":"large"}'));
    const answer = await fetch(balancer.url, { method: 'POST', body: Buffer.alloc(20_000_000, 'x') });
    expect([answer.status, await answer.json()]).toEqual([413, { too: 'large' }]);
    // The connection of the client has survived.
    expect((await fetch(balancer.url, { method: 'POST', body: 'small' })).status).toBe(413);
  });
});
