import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { HttpRuntimeConfig, SidecarConfig, StdioRuntimeConfig } from '../../core/fleet-config';
import { signContext } from '../../core/signed-context';
import { Child } from '../../sidecar/child';
import { LIMITS } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { Sidecar } from '../../sidecar/sidecar';
import { Ecs, RELEASE } from './ecs';
import { ManualClock } from './manual-clock';
import { call, initialize, KEY, MODERN, postInit, startSdkServer, stopAll, until } from './started';

const DEPLOY_WITHIN = 10 * 60_000;
const STDIO: StdioRuntimeConfig = {
  kind: 'stdio',
  command: [process.execPath, join(__dirname, 'fixtures/dual-era-stdio.mjs')],
  environment: [],
};

let server: Awaited<ReturnType<typeof startSdkServer>> | undefined;
let ecs: Ecs;
let sidecar: Sidecar;
let clock: ManualClock;
let url: string;
let printed: Record<string, unknown>[];
let logged: { event: string; reason?: string }[];

beforeEach(async () => {
  ecs = await Ecs.start();
});

afterEach(async () => {
  sidecar.sessions.endAll('drained');
  await sidecar.close();
  Child.killAll();
  await stopAll([server?.process]);
  server = undefined;
  ecs.stop();
});

async function start(onLoss: SidecarConfig['onLoss'], runtime: HttpRuntimeConfig | StdioRuntimeConfig): Promise<void> {
  clock = new ManualClock();
  printed = [];
  logged = [];
  const log = openLog({}, { write: (line) => void logged.push(JSON.parse(line)) });
  const config = { fleet: 'acme', server: 'tools', runtime, slots: 10, drainSeconds: 5, onLoss, deployWithinSeconds: DEPLOY_WITHIN / 1000 };
  const settings = {
    config,
    keys: [KEY] as const,
    host: '127.0.0.1',
    port: 0,
    agentUri: ecs.agentUri,
    childEnvironment: { PATH: process.env.PATH ?? '' },
  };
  const print = (line: string) => void printed.push(JSON.parse(line));
  sidecar = new Sidecar(settings, { instance: 'task-1', service: ecs.service, clock, limits: LIMITS, log, print });
  url = `http://127.0.0.1:${await sidecar.start()}/tools/mcp`;
}

async function startHttp(onLoss: SidecarConfig['onLoss']): Promise<void> {
  server = await startSdkServer();
  await start(onLoss, { kind: 'http', url: server.url });
}

function send(init: RequestInit, headers: Record<string, string> = {}): Promise<Response> {
  const signed = signContext({ agent: 'agent-a', server: 'tools' }, KEY, clock.now() / 1000);
  return fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers, 'mcp-fleet-context': signed } });
}

async function openSession(headers: Record<string, string> = {}): Promise<Record<string, string>> {
  const response = await send(postInit(initialize), headers);
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
}

const refusalOf = async (answer: Promise<Response>) => (await answer).headers.get('mcp-fleet-reason');
const closed = () => logged.filter(({ event }) => event === 'session_closed').map(({ reason }) => reason);
/** Of what its service asks: sent to the server, and answered. */
const statusIn = async (session: Record<string, string>) => (await send(postInit(call('pid')), session)).status;

/** A deployment takes its place, and it learns of it. */
async function becomeOutdated(): Promise<void> {
  ecs.isOvertaken();
  await until(() => {
    clock.advance(LIMITS.tick);
    return logged.some(({ event }) => event === 'instance_outdated');
  }, 'the instance to be outdated');
}

describe('an outdated instance', () => {
  test('takes no session, no stream and no call that any other can have, unless there is no other', async () => {
    await startHttp('surface');
    await openSession();
    await becomeOutdated();
    const discover = postInit({ jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta: MODERN } });
    expect(await refusalOf(send(postInit(initialize)))).toBe('outdated');
    expect(await refusalOf(send({ method: 'GET' }))).toBe('outdated');
    expect(await refusalOf(send(discover))).toBe('outdated');
    // Its server may hold in memory what such a call is about.
    expect(await refusalOf(send(discover, { cookie: 'AWSALB=here' }))).toBeNull();
    expect((await send(postInit(initialize), { 'mcp-fleet-insist': '1' })).status).toBe(200);
    expect((await fetch(url.replace('/tools/mcp', '/readyz'))).status).toBe(200);
  });

  test('lets go of sessions that are opened again elsewhere, each when nothing is open on it, and of its protection with the last', async () => {
    await startHttp('restart');
    const [quiet, busy] = [await openSession(), await openSession()];
    const listening = await send({ method: 'GET', headers: { accept: 'text/event-stream' } }, quiet);
    await server?.tell('hold');
    const paying = send(postInit(call('pay')), busy);
    await until(async () => (await server?.seen())?.payments === 1, 'the call to run');
    await becomeOutdated();
    clock.advance(LIMITS.handoverSweep);
    expect(closed()).toEqual(['handed_over']);
    expect([listening.status, await listening.text()]).toEqual([200, expect.not.stringContaining('error')]);
    expect(await refusalOf(send(postInit(call('read')), quiet))).toBe('unknown_session');
    await server?.tell('release');
    expect(await (await paying).text()).toContain('paid 1');
    await until(() => closed().length === 2, 'the end of the other session');
    await until(() => JSON.stringify(ecs.states.at(-1)) === JSON.stringify(RELEASE), 'the release');
    await until(async () => (await server?.seen())?.sessions.length === 0, 'the server to be told');
    clock.advance(LIMITS.tick);
    expect(printed.reduce((sum, { SessionsHandedOver = 0 }) => sum + Number(SessionsHandedOver), 0)).toBe(2);
  });

  test('keeps what it has taken because nobody else did', async () => {
    await startHttp('restart');
    await openSession();
    await becomeOutdated();
    clock.advance(LIMITS.handoverSweep);
    await openSession({ 'mcp-fleet-insist': '1' });
    clock.advance(LIMITS.tick);
    expect([closed(), sidecar.sessions.count]).toEqual([['handed_over'], 1]);
  });

  test('of a stdio server lets go of its children, too', async () => {
    await start('restart', STDIO);
    for (let session = 0; session < 3; session++) await openSession();
    await becomeOutdated();
    clock.advance(LIMITS.handoverSweep);
    expect(closed()).toEqual(['handed_over', 'handed_over', 'handed_over']);
  });

  test('lets other sessions go on until deployWithin is over, and ends them then at a quiet moment', async () => {
    await startHttp('surface');
    const session = await openSession();
    clock.advance(LIMITS.tick);
    await until(() => ecs.asked.length >= 2, 'ECS to be asked');
    await becomeOutdated();
    expect(await statusIn(session)).toBe(200);
    for (let passed = 0; passed < DEPLOY_WITHIN; passed += LIMITS.tick) clock.advance(LIMITS.tick);
    await until(() => closed().length === 1, 'the end of the session');
    expect(closed()).toEqual(['outdated']);
    expect(await refusalOf(send(postInit(call('read')), session))).toBe('unknown_session');
  });

  test('that a rollback brings back takes sessions again', async () => {
    await startHttp('surface');
    await openSession();
    await becomeOutdated();
    sidecar.sessions.endAll('deleted');
    ecs.isCurrent();
    await until(() => {
      clock.advance(LIMITS.tick);
      return logged.some(({ event }) => event === 'instance_current_again');
    }, 'the instance to be current again');
    expect((await send(postInit(initialize))).status).toBe(200);
  });
});
