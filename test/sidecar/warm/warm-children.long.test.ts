import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { scripted } from '../scripted';
import { call, events, gatewayFetch, initialize, MODERN, post, type StartedSidecar, startSidecar, stopAll, until } from '../started';
import { childrenOf, coldStartsOf, untilWarm, warmOf } from './counted';

let sidecar: StartedSidecar;
const dual = [process.execPath, join(__dirname, '../fixtures/dual-era-stdio.mjs')];
const pidOf = (one: StartedSidecar) => one.process.pid as number;

async function start(command: string[], warm: number, slots = 10): Promise<void> {
  sidecar = await startSidecar({ kind: 'stdio', command, environment: [] }, { slots, warm });
}

async function openSession(agent = 'agent-a'): Promise<Record<string, string>> {
  const response = await post(sidecar.url, initialize, {}, agent);
  expect(response.status).toBe(200);
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
}

async function resultOf(response: Response): Promise<string> {
  const { result } = (await response.json()) as { result: { content: { text: string }[] } };
  return result.content[0]?.text ?? '';
}

afterEach(() => stopAll([sidecar?.process]));

test('each session has one of them, and another takes its place', async () => {
  await start(dual, 2);
  await untilWarm(sidecar, 2);
  expect(await sidecar.ready()).toMatchObject({ status: 'ready', slotsInUse: 0, activeSessions: 0 });
  const warm = childrenOf(pidOf(sidecar));
  const pids = await Promise.all(
    ['agent-a', 'agent-b'].map(async (agent) =>
      Number(await resultOf(await post(sidecar.url, call('pid'), await openSession(agent), agent))),
    ),
  );
  expect(pids.toSorted()).toEqual(warm.toSorted());
  await untilWarm(sidecar, 2);
  expect(await coldStartsOf(sidecar)).toBe(0);
});

test('a session that ends takes its child with it', async () => {
  await start(dual, 1);
  await untilWarm(sidecar, 1);
  const session = await openSession();
  const pid = await resultOf(await post(sidecar.url, call('pid'), session));
  await gatewayFetch()(sidecar.url, { method: 'DELETE', headers: session });
  await untilWarm(sidecar, 1);
  expect(await resultOf(await post(sidecar.url, call('pid'), await openSession('agent-b'), 'agent-b'))).not.toBe(pid);
});

test('agents of the modern era have one each', async () => {
  await start(dual, 2);
  await untilWarm(sidecar, 2);
  const warm = childrenOf(pidOf(sidecar)).map(String);
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'pid' };
  const ask = async (agent: string) => resultOf(await post(sidecar.url, call('pid', 1, {}, MODERN), headers, agent));
  const [a, b] = [await ask('agent-a'), await ask('agent-b')];
  expect([a, b].toSorted()).toEqual(warm.toSorted());
  expect(await ask('agent-a')).toBe(a);
  expect(await coldStartsOf(sidecar)).toBe(0);
});

test('one that is killed is replaced, and whoever comes in that moment is served, by the second attempt that gateways make', async () => {
  await start(dual, 1);
  await untilWarm(sidecar, 1);
  for (const pid of childrenOf(pidOf(sidecar))) process.kill(pid, 'SIGKILL');
  const first = await post(sidecar.url, initialize);
  if (first.headers.get('mcp-fleet-reason') === 'server_ended') await openSession();
  else expect(first.status).toBe(200);
  await untilWarm(sidecar, 1);
});

// A stopped process ends only when it is killed, twice here.
test('one that hangs is given up: its session is opened in another, and a call that it was sent is told of', async () => {
  await start(dual, 1);
  await untilWarm(sidecar, 1);
  const hangs = childrenOf(pidOf(sidecar));
  for (const pid of hangs) process.kill(pid, 'SIGSTOP');
  const session = await openSession();
  const inUse = Number(await resultOf(await post(sidecar.url, call('pid'), session)));
  expect(hangs).not.toContain(inUse);

  await until(() => childrenOf(pidOf(sidecar)).every((pid) => !hangs.includes(pid)), 'the one that hangs is gone');
  await untilWarm(sidecar, 1);
  for (const pid of childrenOf(pidOf(sidecar)).filter((child) => child !== inUse)) process.kill(pid, 'SIGSTOP');
  const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'pid' };
  const ask = async () => (await post(sidecar.url, call('pid', 1, {}, MODERN), headers, 'agent-b')).text();
  expect(await ask()).toContain('the server process ended before its answer');
  expect(await ask()).toContain('"text":"');
}, 60_000);

test('what ends a child with its first word ends one, warm or not', async () => {
  await start(
    scripted(`if (m.method === 'ping') send({ jsonrpc: '2.0', id: m.id, result: {} }); if (m.method === 'initialize') process.exit(7);`),
    2,
  );
  await untilWarm(sidecar, 2);
  const before = childrenOf(pidOf(sidecar));
  const refused = await post(sidecar.url, initialize);
  expect([refused.status, refused.headers.get('mcp-fleet-reason')]).toEqual([503, 'server_ended']);
  expect(await sidecar.event('child_ended')).toMatchObject({ code: 7 });
  // The other one that was ready lives.
  await until(() => childrenOf(pidOf(sidecar)).filter((pid) => before.includes(pid)).length === 1, 'one of them to be gone');
});

test('those in use and those that are ready are together no more than the instance has slots', async () => {
  await start(dual, 2, 2);
  await untilWarm(sidecar, 2);
  const first = await openSession();
  await openSession();
  expect((await post(sidecar.url, initialize)).status).toBe(503);
  expect(childrenOf(pidOf(sidecar))).toHaveLength(2);
  await gatewayFetch()(sidecar.url, { method: 'DELETE', headers: first });
  await untilWarm(sidecar, 1);
  expect(childrenOf(pidOf(sidecar))).toHaveLength(2);
});

test('a server that ends when it hears a ping before initialize is not asked', async () => {
  const body = `if (m.method === 'ping' && !globalThis.initialized) process.exit(1);
    if (m.method === 'initialize') { globalThis.initialized = true; ready(m); }`;
  await start(scripted(body), 1);
  await untilWarm(sidecar, 1);
  await openSession();
  expect(await coldStartsOf(sidecar)).toBe(0);
});

test('what a child says before it is given is heard by the agent that gets it, and its own ping is answered', async () => {
  const body = `if (m.method === 'initialize') ready(m); else if (m.method === 'ping') {
    send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'starting' } });
    send({ jsonrpc: '2.0', id: 's-ping', method: 'ping' });
    globalThis.asked = m;
  } else if (m.id === 's-ping') send({ jsonrpc: '2.0', id: globalThis.asked.id, result: {} });`;
  await start(scripted(body), 1);
  await untilWarm(sidecar, 1);
  const stream = events(await gatewayFetch()(sidecar.url, { headers: await openSession() }));
  expect((await stream.next()).value).toMatchObject({ params: { data: 'starting' } });
  await stream.return(undefined);
});

test('a server that does not run is tried again, and its instance is not ready meanwhile', async () => {
  await start([process.execPath, '-e', 'process.exit(1)'], 2);
  await until(() => sidecar.lines.filter(({ event }) => event === 'child_ended').length >= 3, 'three attempts');
  expect(await sidecar.ready()).toMatchObject({ status: 'server_unavailable', warm: 0 });
});

test('nothing is left when the instance ends', async () => {
  await start(dual, 3);
  await untilWarm(sidecar, 3);
  const children = childrenOf(pidOf(sidecar));
  expect(children).toHaveLength(3);
  sidecar.process.kill('SIGTERM');
  await once(sidecar.process, 'exit');
  for (const pid of children) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('without it nothing is started before somebody asks', async () => {
  await start(dual, 0);
  expect(warmOf(await sidecar.ready())).toBeUndefined();
  expect(childrenOf(pidOf(sidecar))).toEqual([]);
  await openSession();
  expect(await coldStartsOf(sidecar)).toBe(1);
});
