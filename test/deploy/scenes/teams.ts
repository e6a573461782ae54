import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type AgentClient, openClient } from '../../../checks/agent-client';
import { eventually } from '../../../checks/waiting';
import { ROOT } from '../../suites/root';
import type { Account } from '../account';
import { fleetApp, type Told, teamApp } from '../apps/apart';
import { deploy, refused, type Scene, succeeded } from './scene';

/** Longer than a gateway takes to look at the list, however busy the machine is. */
const LEARNT_MS = 60_000;

/** Three apps, one fleet: teams deploy their servers at once, and none is in the way of another. */
export async function teams({ account, steps, assemblies }: Scene): Promise<void> {
  const assembly = (name: string, make: (folder: string) => void): string => {
    const folder = join(assemblies, name);
    make(folder);
    return folder;
  };
  const fleet = assembly('fleet', fleetApp);
  await steps.take('cdk bootstrap and deploy: a fleet without servers', async () => {
    succeeded(await account.cdk('bootstrap', fleet), /bootstrapped/);
    succeeded(await deploy(account, fleet), /✅ {2}Fleet/);
  });
  const gateways = await gatewaysOf(account);
  const told = await attributesOf(account);
  const [red, blue] = (['Red', 'Blue'] as const).map((id) =>
    assembly(id, (folder) => teamApp(folder, id, [`${id.toLowerCase()}-one`, `${id.toLowerCase()}-two`], told)),
  ) as [string, string];
  await steps.take('cdk deploy of two apps at once: their servers are reached, and the gateway is the one that was there', async () => {
    const [one, two] = await Promise.all([deploy(account, red), deploy(account, blue)]);
    succeeded(one, /✅ {2}Red/);
    succeeded(two, /✅ {2}Blue/);
    for (const server of ['red-one', 'red-two', 'blue-one', 'blue-two']) assert.equal(await whoIs(account, server), server);
    assert.deepEqual(await gatewaysOf(account), gateways);
  });
  await steps.take('cdk deploy: a name that another team has is refused, and says whose it is', async () => {
    const thief = assembly('Green', (folder) => teamApp(folder, 'Green', ['red-one'], told));
    refused(await deploy(account, thief), /server name "red-one" is taken in this fleet by the stack Red/);
    assert.equal(await whoIs(account, 'red-one'), 'red-one');
    succeeded(await account.cdk('destroy', thief, '--force'), /Green: destroyed/);
  });
  await steps.take('cdk destroy of one app: its servers are gone, and those of the other go on', async () => {
    const staying = await open(account, 'blue-one');
    succeeded(await account.cdk('destroy', red, '--force'), /Red: destroyed/);
    await eventually(async () => (await statusOf(account, 'red-one')) === 404 || undefined, LEARNT_MS);
    const reply = await staying.call('tell', { name: 'WHO' });
    assert.equal(reply.kind === 'result' ? reply.text : JSON.stringify(reply), 'blue-one');
    await staying.close();
    assert.deepEqual(await gatewaysOf(account), gateways);
  });
  await steps.take('cdk deploy of the name that is free now, by the other team', async () => {
    const heir = assembly('Heir', (folder) => teamApp(folder, 'Heir', ['red-one'], told));
    succeeded(await deploy(account, heir), /✅ {2}Heir/);
    assert.equal(await whoIs(account, 'red-one'), 'red-one');
  });
}

async function gatewaysOf(there: Account): Promise<readonly number[]> {
  return (await (await there.now()).processes()).filter(({ role }) => role === 'gateway').map(({ pid }) => pid);
}

async function open(there: Account, server: string): Promise<AgentClient> {
  const account = await there.now();
  return await openClient('v2', `${account.baseUrl}/${server}/mcp`, await account.token('asker'));
}

/** As soon as the gateway has learnt of it. */
async function whoIs(there: Account, server: string): Promise<string> {
  const client = (await eventually(() => open(there, server).catch(() => undefined), LEARNT_MS)) as AgentClient;
  try {
    const reply = await client.call('tell', { name: 'WHO' });
    return reply.kind === 'result' ? reply.text : JSON.stringify(reply);
  } finally {
    await client.close();
  }
}

async function statusOf(there: Account, server: string): Promise<number> {
  const account = await there.now();
  const authorization = `Bearer ${await account.token('asker')}`;
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const headers = { authorization, 'content-type': 'application/json' };
  return (await fetch(`${account.baseUrl}/${server}/mcp`, { method: 'POST', headers, body })).status;
}

/** As somebody reads it: the output of the stack, by the SDK against the account. */
async function attributesOf(account: Account): Promise<Told> {
  const client = JSON.stringify(join(ROOT, 'node_modules/@aws-sdk/client-cloudformation'));
  const script = `const { CloudFormationClient, DescribeStacksCommand } = require(${client});
    new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: 'Fleet' })).then(({ Stacks }) =>
      console.log('told ' + Stacks[0].Outputs.find(({ OutputKey }) => /Attributes/.test(OutputKey)).OutputValue));`;
  const { output } = succeeded(await account.mcpFleet('env', '--', process.execPath, '-e', script), /^told /m);
  const told = JSON.parse(/^told (.*)$/m.exec(output)?.[1] ?? '') as Told;
  // Nothing is encrypted here, and CDK knows that the account's name of the key is none of AWS's.
  return { ...told, encryptionKeyArn: 'arn:aws:kms:us-east-1:000000000000:key/1a2b3c4d-0000-0000-0000-000000000000' };
}
