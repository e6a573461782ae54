import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../sidecar/limits';
import { openLog } from '../../sidecar/log';
import { TaskProtection } from '../../sidecar/protection';
import { ManualClock } from './manual-clock';
import { initialize, post, type StartedSidecar, startSdkServer, startSidecar, stopAll, until } from './started';

/** Stands in for the ECS agent, on a real socket. */
let agent: Server;
let agentUri: string;
let asked: unknown[];
let answer: object;
let held: boolean;
let clock: ManualClock;
let logged: { event: string; error?: string }[];

const PROTECT = { path: 'PUT /api/task-1/task-protection/v1/state', ProtectionEnabled: true, ExpiresInMinutes: 15 };
const RELEASE = { path: PROTECT.path, ProtectionEnabled: false };

beforeEach(async () => {
  asked = [];
  logged = [];
  answer = {};
  held = true;
  clock = new ManualClock();
  agent = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push({ path: `${request.method} ${request.url}`, ...JSON.parse(body) });
    response.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(agent, 'listening');
  agentUri = `http://127.0.0.1:${(agent.address() as AddressInfo).port}/api/task-1`;
});

afterEach(() => {
  agent.closeAllConnections();
  agent.close();
});

function protection(): TaskProtection {
  const log = openLog({}, { write: (line) => void logged.push(JSON.parse(line)) });
  return new TaskProtection(agentUri, () => held, clock, LIMITS, log);
}

describe('task protection', () => {
  test('is taken in a short lease, renewed at half of it, and given back once when nothing is held', async () => {
    const task = protection();
    await task.review();
    clock.advance(LIMITS.protectionLease / 2 - 1);
    await task.review();
    expect(asked).toEqual([PROTECT]);
    clock.advance(1);
    await task.review();
    expect(asked).toEqual([PROTECT, PROTECT]);
    held = false;
    await task.review();
    await task.review();
    expect(asked).toEqual([PROTECT, PROTECT, RELEASE]);
  });

  test('is not asked for while nothing is held, nor outside ECS', async () => {
    held = false;
    await protection().review();
    await new TaskProtection(undefined, () => true, clock, LIMITS, openLog({}, { write: () => {} })).review();
    expect(asked).toEqual([]);
  });

  test('ends after its total although something is held, and begins anew only after nothing was', async () => {
    const task = protection();
    for (const end = clock.now() + 2 * LIMITS.protectionTotal; clock.now() < end; clock.advance(LIMITS.tick * 6)) await task.review();
    const renewals = asked.length;
    // Reviewed each minute, a lease of 15 is renewed at minute 8, 16 … 344: the next would end after the total of 360.
    expect(renewals).toBe(44);
    held = false;
    await task.review();
    held = true;
    await task.review();
    expect(asked.slice(renewals)).toEqual([RELEASE, PROTECT]);
  });

  test('that ECS refuses is logged, and asked for again at the next review', async () => {
    const task = protection();
    answer = { failure: { Reason: 'DEPLOYMENT_BLOCKED' } };
    await task.review();
    expect(logged).toMatchObject([{ event: 'task_protection_failed', error: 'DEPLOYMENT_BLOCKED' }]);
    answer = {};
    await task.review();
    expect(logged.at(-1)).toMatchObject({ event: 'task_protection_set' });
  });
});

test('the sidecar process protects its own task from its first session on', async () => {
  const server = await startSdkServer();
  let sidecar: StartedSidecar | undefined;
  try {
    sidecar = await startSidecar({ kind: 'http', url: server.url }, {}, { ECS_AGENT_URI: agentUri });
    expect((await post(sidecar.url, initialize)).status).toBe(200);
    await until(() => asked.length === 1, 'the protection');
    expect(asked).toEqual([PROTECT]);
  } finally {
    await stopAll([sidecar?.process, server.process]);
  }
});
