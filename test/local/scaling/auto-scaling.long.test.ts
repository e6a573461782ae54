import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib';
import { type AgentClient, openClient } from '../../../checks/agent-client';
import { eventually } from '../../../checks/waiting';
import type { LocalAccount, ScalingEvent } from '../../../local/local-account';
import { startLocalAccount } from '../../../local/start';
import { addTeller, newApp, smallFleet } from '../../apps/company';
import { scratchFolder } from '../fixtures/assembly';

/** A minute of scaling is two seconds: fifteen of them take an instance away. */
const SPEED = 30;
const LIMIT = 90_000;

const events: ScalingEvent[] = [];
const open: AgentClient[] = [];
let account: LocalAccount;

beforeAll(async () => {
  const folder = scratchFolder();
  const app = newApp(folder);
  const fleet = smallFleet(new Stack(app, 'Shop'), 'growing');
  const scaling = { minInstances: 1, maxInstances: 3 };
  addTeller(fleet, { sessions: { perInstance: 2 }, scaling, drain: Duration.seconds(1) });
  app.synth();
  account = await startLocalAccount({
    assembly: folder,
    port: 0,
    controlFolder: scratchFolder(),
    scalingSpeed: SPEED,
    onScalingEvent: (event) => events.push(event),
  });
}, 120_000);

afterAll(async () => {
  await Promise.all(open.map((client) => client.close().catch(() => undefined)));
  await account?.stop();
}, LIMIT);

test(
  'who finds no room calls for another instance at once',
  async () => {
    // Two slots: one of them is refused, or waits.
    await Promise.all([1, 2, 3].map(() => openSession()));
    await eventually(() => scaled()[0], LIMIT);
    expect(scaled()[0]).toMatchObject({ role: 'server', server: 'teller', from: 1, to: 2 });
    expect(scaled()[0]?.why).toMatch(/^(Rejected|QueueDepth) is \d+$/);
  },
  2 * LIMIT,
);

test(
  'full instances make it grow to its maximum',
  async () => {
    await eventually(async () => {
      if (open.length < 4) await openSession();
      return open.length >= 4 || undefined;
    }, LIMIT);
    await eventually(() => scaled().find(({ to }) => to === 3), LIMIT);
    await eventually(() => teller().running === 3 || undefined, LIMIT);
    expect(teller()).toMatchObject({ desired: 3, running: 3 });
  },
  3 * LIMIT,
);

test(
  'it becomes smaller without ending a session',
  async () => {
    const [kept, ...others] = open.splice(0);
    open.push(kept as AgentClient);
    for (const client of others) await client.close();
    await eventually(async () => (teller().desired === 1 && (await sidecars()).length === 1) || undefined, LIMIT);
    expect(scaled().at(-1)).toMatchObject({ server: 'teller', to: 1 });
    const [left] = await sidecars();
    expect(left?.sessions).toBe(1);
    expect(await kept?.call('tell', { name: 'PATH' })).toMatchObject({ kind: 'result', isError: false });
  },
  3 * LIMIT,
);

test('who asks is told of services and alarms', () => {
  const { services, alarms } = account.scaling();
  expect(services).toMatchObject([{ server: 'teller', min: 1, max: 3, desired: 1, running: 1, last: { to: 1 } }]);
  const states = Object.fromEntries(alarms.map(({ metric, state }) => [metric, state]));
  expect(states).toMatchObject({ SlotUtilization: 'OK', QueueDepth: 'OK', Rejected: 'OK', OutcomeUnknown: 'OK' });
});

/** A session more, where there is room. */
async function openSession(): Promise<void> {
  const token = await account.token('asker');
  const client = await openClient('v2', `${account.baseUrl}/teller/mcp`, token, LIMIT).catch(() => undefined);
  if (client) open.push(client);
}

function scaled() {
  return events.filter((event) => event.event === 'scaled');
}

function teller() {
  const [row] = account.scaling().services;
  return row ?? { desired: 0, running: 0 };
}

async function sidecars() {
  return (await account.processes()).filter(({ role }) => role === 'sidecar');
}
