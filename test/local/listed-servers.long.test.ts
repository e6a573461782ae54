import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Stack } from 'aws-cdk-lib';
import { type AgentClient, openClient } from '../../checks/agent-client';
import { eventually } from '../../checks/waiting';
import type { LocalAccount } from '../../local/local-account';
import { startLocalAccount } from '../../local/start';
import { newApp, smallFleet } from '../apps/company';
import { teamStack } from '../apps/teams';
import { scratchFolder } from './fixtures/assembly';

const LIMIT = 120_000;

/** A fleet without servers, and stacks of teams with some. */
function assemblyOf(teams: Readonly<Record<string, readonly string[]>>, serverBalancers = 2): string {
  const folder = scratchFolder();
  const app = newApp(folder);
  const fleet = smallFleet(new Stack(app, 'Fleet'), 'joined', { serverBalancers });
  const agent = fleet.addAgent('asker', { subject: 'agent-asker' });
  for (const [id, names] of Object.entries(teams)) teamStack(app, id, names, { fleet, agent });
  app.synth();
  return folder;
}

let account: LocalAccount;
const clients: AgentClient[] = [];

beforeAll(async () => {
  const assembly = assemblyOf({ One: ['red', 'green'] });
  account = await startLocalAccount({ assembly, port: 0, controlFolder: scratchFolder() });
}, LIMIT);

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close().catch(() => undefined)));
  await account?.stop();
}, LIMIT);

const open = async (server: string): Promise<AgentClient> => {
  const client = await openClient('v2', `${account.baseUrl}/${server}/mcp`, await account.token('asker'));
  clients.push(client);
  return client;
};
const who = async (client: AgentClient) => {
  const reply = await client.call('tell', { name: 'WHO' });
  return reply.kind === 'result' ? reply.text : JSON.stringify(reply);
};
const gateways = async () => (await account.processes()).filter(({ role }) => role === 'gateway').map(({ pid }) => pid);
const statusOf = async (server: string) =>
  (
    await fetch(`${account.baseUrl}/${server}/mcp`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await account.token('asker')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    })
  ).status;

test(
  'servers of another stack are reached, each as its own',
  async () => {
    expect([...account.servers].sort()).toEqual(['green', 'red']);
    expect(await who(await open('red'))).toBe('red');
    expect(await who(await open('green'))).toBe('green');
  },
  LIMIT,
);

test(
  'a gateway that runs learns of a server, and of its going, and nobody else notices',
  async () => {
    const [before] = [await gateways()];
    const staying = await open('red');
    expect(await statusOf('blue')).toBe(404);
    await account.apply(assemblyOf({ One: ['red', 'green'], Two: ['blue'] }));
    const blue = await eventually(() => open('blue').catch(() => undefined), LIMIT);
    expect(await who(blue as AgentClient)).toBe('blue');
    expect(await who(staying)).toBe('red');
    expect(await gateways()).toEqual(before);

    await account.apply(assemblyOf({ One: ['red', 'green'] }));
    await eventually(async () => (await statusOf('blue')) === 404 || undefined, LIMIT);
    expect(await who(staying)).toBe('red');
    expect(await gateways()).toEqual(before);
  },
  LIMIT,
);
