import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib';
import { type AgentClient, type ClientKind, openClient } from '../../../checks/agent-client';
import { eventually } from '../../../checks/waiting';
import { ToolPolicy } from '../../../lib';
import type { LocalAccount, ScalingEvent } from '../../../local/local-account';
import { startLocalAccount } from '../../../local/start';
import { addTeller, newApp, smallFleet } from '../../apps/company';
import { scratchFolder } from '../fixtures/assembly';

/** A minute of scaling is two seconds: fifteen of them take an instance away. */
const SPEED = 30;
const LIMIT = 120_000;

const events: ScalingEvent[] = [];
let account: LocalAccount;
let client: AgentClient | undefined;

beforeAll(async () => {
  const folder = scratchFolder();
  const app = newApp(folder);
  const fleet = smallFleet(new Stack(app, 'Shop'), 'seldom');
  addTeller(fleet, {
    sessions: { perInstance: 2 },
    scaling: { minInstances: 0, maxInstances: 2, scaleToZeroAfter: Duration.minutes(2) },
    tools: { tell: ToolPolicy.stateChanging() },
    drain: Duration.seconds(1),
    deregistrationDelay: Duration.seconds(1),
  });
  app.synth();
  account = await startLocalAccount({
    assembly: folder,
    port: 0,
    controlFolder: scratchFolder(),
    scalingSpeed: SPEED,
    onScalingEvent: (event) => events.push(event),
  });
}, LIMIT);

afterAll(async () => {
  await client?.close().catch(() => undefined);
  await account?.stop();
}, LIMIT);

const scaled = () => events.filter((event) => event.event === 'scaled').map(({ from, to, why }) => ({ from, to, why }));
const service = () => account.scaling().services.find(({ server }) => server === 'teller');
const sidecars = async (): Promise<number> => (await account.processes()).filter(({ role }) => role === 'sidecar').length;
const atZero = () => eventually(async () => (service()?.desired === 0 && (await sidecars()) === 0) || undefined, LIMIT);

async function connect(kind: ClientKind): Promise<AgentClient> {
  client = await openClient(kind, `${account.baseUrl}/teller/mcp`, await account.token('asker'), LIMIT);
  return client;
}

test(
  'a server that nobody uses has no instance after a while, and no alarm sounds for that',
  async () => {
    // As in AWS the first deployment starts one, which shows that it can be started.
    await atZero();
    expect(service()).toMatchObject({ min: 0, max: 2, desired: 0, running: 0 });
    expect(scaled().at(-1)).toEqual({ from: 1, to: 0, why: 'SlotUtilization is 0, below 70' });
    expect(account.scaling().alarms.filter(({ state }) => state === 'ALARM')).toEqual([]);
  },
  2 * LIMIT,
);

test.each<ClientKind>(['v1', 'v2'])(
  'who comes then waits for one, whose last session takes it along (%s)',
  async (kind) => {
    const before = scaled().length;
    const agent = await connect(kind);
    const key = `order-${kind}`;
    const first = await agent.call('tell', { name: 'PATH' }, { key });
    expect(first).toMatchObject({ kind: 'result', isError: false, stamp: { outcome: 'confirmed', replayed: false } });
    expect(await agent.call('tell', { name: 'PATH' }, { key })).toMatchObject({ stamp: { outcome: 'confirmed', replayed: true } });
    expect(scaled().slice(before)).toEqual([{ from: 0, to: 1, why: expect.stringMatching(/^(QueueDepth|Rejected) is \d+$/) }]);
    expect(await sidecars()).toBe(1);
    await agent.close();
    await atZero();
    expect(scaled().at(-1)).toMatchObject({ from: 1, to: 0 });
  },
  3 * LIMIT,
);

test(
  'what repeats an earlier write is answered without one',
  async () => {
    const before = scaled().length;
    const response = await fetch(`${account.baseUrl}/teller/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await account.token('asker')}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'tell', arguments: { name: 'PATH' }, _meta: { 'cdk-mcp-fleet/idempotencyKey': 'order-v2' } },
      }),
    });
    expect(await response.text()).toContain('"replayed":true');
    expect(scaled()).toHaveLength(before);
  },
  LIMIT,
);
