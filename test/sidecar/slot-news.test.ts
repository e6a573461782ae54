import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { signContext } from '../../core/signed-context';
import { LIMITS } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { Sidecar } from '../../sidecar/sidecar';
import { ManualClock } from './manual-clock';
import { call, initialize, KEY, postInit, startSdkServer, stopAll, until } from './started';

let server: Awaited<ReturnType<typeof startSdkServer>>;
let sidecar: Sidecar;
let clock: ManualClock;
let base: string;

beforeEach(async () => {
  server = await startSdkServer();
  clock = new ManualClock();
  const config = { fleet: 'acme', server: 'tools', runtime: { kind: 'http' as const, url: server.url }, slots: 2, drainSeconds: 5 };
  sidecar = new Sidecar(
    { config, keys: [KEY], host: '127.0.0.1', port: 0, childEnvironment: {} },
    { instance: 'task-1', clock, limits: LIMITS, log: openLog({}, { write: () => undefined }), print: () => undefined },
  );
  base = `http://127.0.0.1:${await sidecar.start()}/tools`;
});

afterEach(async () => {
  sidecar.sessions.endAll('drained');
  await sidecar.close();
  await stopAll([server.process]);
});

function send(path: string, init: RequestInit = {}, headers: Record<string, string> = {}, agent = 'agent-a'): Promise<Response> {
  const signed = signContext({ agent, server: 'tools' }, KEY, clock.now() / 1000);
  return fetch(`${base}/${path}`, { ...init, headers: { ...(init.headers as object), ...headers, 'mcp-fleet-context': signed } });
}

async function open(): Promise<{ slots: string | null; session: Record<string, string> }> {
  const response = await send('mcp', postInit(initialize));
  await response.text();
  return {
    slots: response.headers.get('mcp-fleet-slots'),
    session: { 'mcp-session-id': response.headers.get('mcp-session-id') as string },
  };
}

/** Reads the lines of a stream of news, one by one. */
async function listen(): Promise<() => Promise<string | undefined>> {
  const { body } = await send('slots');
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const lines: string[] = [];
  let over = false;
  return async () => {
    while (lines.length === 0 && !over) {
      const { value, done } = await reader.read();
      over = done;
      if (value !== undefined) lines.push(...Buffer.from(value).toString().trimEnd().split('\n'));
    }
    return lines.shift();
  };
}

test('every answer says what is in use, refusals and those without a session too', async () => {
  expect((await open()).slots).toBe('1/2');
  expect((await open()).slots).toBe('2/2');
  const refused = await send('mcp', postInit(initialize));
  expect([refused.headers.get('mcp-fleet-reason'), refused.headers.get('mcp-fleet-slots')]).toEqual(['at_capacity', '2/2']);
  expect((await fetch(`${base}/mcp`)).headers.get('mcp-fleet-slots')).toBe('2/2');
});

test('who listens hears at once that nothing is free any more, or something is again, and the rest a little later', async () => {
  const next = await listen();
  expect(await next()).toBe('0/2');
  await open();
  clock.advance(LIMITS.newsLater);
  expect(await next()).toBe('1/2');
  const { session } = await open();
  clock.advance(LIMITS.newsSoon);
  expect(await next()).toBe('2/2');
  await (await send('mcp', { method: 'DELETE' }, session)).text();
  clock.advance(LIMITS.newsSoon);
  expect(await next()).toBe('1/2');
  sidecar.sessions.endAll('idle');
  clock.advance(LIMITS.newsLater);
  expect(await next()).toBe('0/2');
});

test('a stream of news ends after a while, and when the instance stops', async () => {
  const next = await listen();
  expect(await next()).toBe('0/2');
  clock.advance(LIMITS.newsStream);
  expect(await next()).toBeUndefined();
  const again = await send('slots');
  expect(again.headers.get('mcp-fleet-slots')).toBe('0/2');
  const drained = sidecar.drain();
  expect(await again.text()).toBe('0/2\n');
  await drained;
});

test('an instance that stops does not wait for who listens meanwhile', async () => {
  const { session } = await open();
  const asked = send('mcp', postInit(call('wait')), session).then((response) => response.text());
  await until(() => sidecar.server.openExchanges === 1, 'the call is under way');
  const drained = sidecar.drain();
  expect(await (await send('slots')).text()).toBe('1/2 closed\n');
  sidecar.server.cutAll('that is all');
  await asked;
  await drained;
});

test('whether a session is held can be asked without using it, by its own agent only', async () => {
  const { session } = await open();
  const opened = clock.now();
  clock.advance(1_000);
  expect((await send('session', {}, session)).status).toBe(204);
  expect(sidecar.sessions.find(session['mcp-session-id'] as string, 'agent-a')?.lastUsed).toBe(opened);
  expect((await send('session', {}, session, 'agent-b')).headers.get('mcp-fleet-reason')).toBe('unknown_session');
  expect((await send('session', {}, { 'mcp-session-id': 'none' })).status).toBe(404);
  expect((await send('session')).status).toBe(404);
});
