import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openWord } from '../../core/sidecar-word';
import {
  call,
  contextHeader,
  events,
  gatewayFetch,
  initialize,
  KEY,
  post,
  postInit,
  type StartedSidecar,
  startSdkServer,
  startSidecar,
  stopAll,
  until,
} from './started';

type Server = Awaited<ReturnType<typeof startSdkServer>>;
let server: Server | undefined;
let sidecar: StartedSidecar;

async function start(environment: Record<string, string> = {}, drainSeconds = 30) {
  server = await startSdkServer(environment);
  sidecar = await startSidecar({ kind: 'http', url: server.url }, { drainSeconds });
}

const stdio = (file: string) => ({
  kind: 'stdio' as const,
  command: [process.execPath, join(__dirname, 'fixtures', file)],
  environment: [],
});

async function openSession(): Promise<Record<string, string>> {
  const response = await post(sidecar.url, initialize);
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
}

function sigterm(): Promise<unknown[]> {
  const exited = once(sidecar.process, 'exit');
  sidecar.process.kill('SIGTERM');
  return exited;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function pidOf(session: Record<string, string>): Promise<number> {
  const { result } = (await (await post(sidecar.url, call('pid'), session)).json()) as { result: { content: [{ text: string }] } };
  return Number(result.content[0].text);
}

afterEach(async () => {
  await stopAll([sidecar?.process, server?.process]);
  server = undefined;
});

describe('SIGTERM', () => {
  test('with nothing open: the process is gone at once', async () => {
    await start();
    const began = Date.now();
    expect(await sigterm()).toEqual([0, null]);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(await sidecar.event('drain_finished')).toMatchObject({ finished: true });
  });

  test('takes nothing new, ends what is quiet, lets an open call finish, and exits then', async () => {
    await start();
    await openSession();
    const session = await openSession();
    const stream = await gatewayFetch()(sidecar.url, { headers: { ...session, accept: 'text/event-stream' } });
    await server?.tell('hold');
    const paying = post(sidecar.url, call('pay'), session);
    await until(async () => (await server?.seen())?.payments === 1, 'the call to run');
    const exited = sigterm();
    await sidecar.event('drain_started');
    const refused = await post(sidecar.url, initialize);
    expect([refused.status, refused.headers.get('mcp-fleet-reason')]).toEqual([503, 'draining']);
    expect([stream.status, await stream.text()]).toEqual([200, expect.not.stringContaining('error')]);
    const readiness = await fetch(`http://127.0.0.1:${sidecar.port}/readyz`);
    expect([readiness.status, await readiness.json()]).toEqual([503, { status: 'draining', activeSessions: 1, slotsInUse: 1, slots: 10 }]);
    expect((await fetch(`http://127.0.0.1:${sidecar.port}/healthz`)).status).toBe(200);
    await server?.tell('release');
    expect(await (await paying).text()).toContain('paid 1');
    expect(await exited).toEqual([0, null]);
    expect(await sidecar.event('drain_finished')).toMatchObject({ finished: true });
  });

  test('with quiet sessions of a server that has died: the process is gone at once', async () => {
    await start();
    await openSession();
    server?.process.kill('SIGKILL');
    expect(await sigterm()).toEqual([0, null]);
    expect(await sidecar.event('drain_finished')).toMatchObject({ finished: true });
  });

  test('ends a stream that is still open at the deadline with an error for its call, then cleanly', async () => {
    await start({}, 1);
    const session = await openSession();
    const signed = contextHeader();
    const response = await fetch(sidecar.url, postInit(call('wait', 'w-1'), { ...session, ...signed }));
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const exited = sigterm();
    const heard: { error?: { data: { sidecar: unknown } } }[] = [];
    for await (const message of events(response)) heard.push(message);
    // Whose word it is, its gateway can tell.
    expect(openWord(heard[0]?.error?.data.sidecar, signed['mcp-fleet-context'] as string, 'w-1', KEY)).toBe('server_lost');
    expect(heard).toEqual([
      { jsonrpc: '2.0', id: 'w-1', error: expect.objectContaining({ code: 504, data: expect.objectContaining({ outcome: 'unknown' }) }) },
    ]);
    expect(await exited).toEqual([0, null]);
    expect(await sidecar.event('drain_finished')).toMatchObject({ finished: false });
  });

  test('sent once or twice, answers a call that has no answer yet at the deadline with 502 server_lost', async () => {
    await start({ JSON_RESPONSES: '1' }, 1);
    const waiting = post(sidecar.url, call('wait'), await openSession());
    await until(async () => (await server?.seen())?.seen.length === 2, 'the call to arrive');
    const exited = sigterm();
    await sidecar.event('drain_started');
    sidecar.process.kill('SIGTERM');
    const response = await waiting;
    expect([response.status, response.headers.get('mcp-fleet-reason')]).toEqual([502, 'server_lost']);
    expect(await exited).toEqual([0, null]);
  });

  test('ends every child of a stdio server, and the calls they were at', async () => {
    sidecar = await startSidecar(stdio('dual-era-stdio.mjs'), { drainSeconds: 1 });
    const session = await openSession();
    const pid = await pidOf(session);
    const waiting = post(sidecar.url, call('wait'), session);
    await sidecar.event('child_said');
    expect(await sigterm()).toEqual([0, null]);
    expect((await waiting).headers.get('mcp-fleet-reason')).toBe('server_lost');
    expect(isAlive(pid)).toBe(false);
  });

  test('and SIGINT after it, does not wait, and leaves no child, not even one that ignores the end of its input', async () => {
    const stubborn = `setInterval(() => {}, 1000); process.on('SIGTERM', () => {});
      require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { id, method } = JSON.parse(line);
        const result = { content: [{ type: 'text', text: String(process.pid) }] };
        if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
      });`;
    sidecar = await startSidecar({ kind: 'stdio', command: [process.execPath, '-e', stubborn], environment: [] });
    const pid = await pidOf(await openSession());
    const exited = sigterm();
    await sidecar.event('drain_started');
    sidecar.process.kill('SIGINT');
    expect(await exited).toEqual([1, null]);
    await until(() => !isAlive(pid), 'the child to be gone');
  });
});

describe('a start that cannot be', () => {
  test('says everything that is wrong, never the key, and exits 1', async () => {
    const broken = startSidecar(
      { kind: 'http', url: 'https://example.com/mcp' },
      { slots: 0, server: 'Not A Name' },
      { MCP_FLEET_SIDECAR_KEY: 'short-key' },
    );
    sidecar = await broken;
    const { reason } = (await sidecar.event('not_started')) as { reason: string };
    expect(reason).toContain('runtime must be of kind "http" with an http URL on loopback');
    expect(reason).toContain('slots must be a whole number from 1; got 0');
    expect(reason).toContain('server must be a name like');
    expect(reason).toContain('MCP_FLEET_SIDECAR_KEY must hold at least 32 bytes; got 9');
    expect(sidecar.output()).not.toContain('short-key');
    await until(() => sidecar.process.exitCode === 1, 'the process to exit with 1');
  });
});
