import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openClient } from '../../../checks/agent-client';
import type { Account } from '../account';
import { type TwoStacksProps, twoStacks } from '../apps/two-stacks';
import { Stock } from '../stock';
import { refused, type Scene, succeeded } from './scene';

const ALL = ['--all', '--require-approval', 'never'];
const ONE = ['--exclusively', '--require-approval', 'never'];

/** Two stacks, of which one reads what is in the other: by exports, then by outputs. */
export async function stacks({ account, steps, assemblies }: Scene): Promise<void> {
  const assembly = (name: string, props: TwoStacksProps): string => {
    const folder = join(assemblies, name);
    twoStacks(props, folder);
    return folder;
  };
  const strong = assembly('strong', { references: 'strong' });
  await steps.take('cdk bootstrap, for two stacks', async () => succeeded(await account.cdk('bootstrap', strong), /bootstrapped/));
  await steps.take('cdk deploy --all: one stack imports of the other', async () => {
    succeeded(await account.cdk('deploy', strong, ...ALL), /✅ {2}Data[\s\S]*✅ {2}Fleet/);
    await tellsTheTable(account);
  });
  await steps.take('what is refused is refused by name, and changes nothing', async () => {
    const before = await fingerprintOf(account);
    const inUse = /Export \S+ cannot be (deleted|updated) as it is in use/;
    for (const [name, props, words] of [
      ['unread', { references: 'strong', reads: false }, inUse],
      ['another-key', { references: 'strong', key: 'id' }, inUse],
      ['indexed', { references: 'strong', indexed: true }, /a change of the indexes of the table Data\/Notes/],
    ] as const) {
      refused(await account.cdk('deploy', assembly(name, props), 'Data', ...ONE), words);
      assert.deepEqual(await fingerprintOf(account), before, name);
    }
    refused(
      await account.cdk('deploy', assembly('beyond', { references: 'strong', beyond: true }), 'Fleet', ...ONE),
      /ServiceConnectConfiguration/,
    );
    refused(await account.cdk('destroy', strong, 'Data', '--exclusively', '--force'), inUse);
    assert.deepEqual(await fingerprintOf(account), before);
  });
  await steps.take('cdk deploy: the exporting stack changes, and its importer goes on', async () => {
    const before = await fingerprintOf(account);
    succeeded(await account.cdk('deploy', assembly('queue', { references: 'strong', queue: true }), 'Data', ...ONE), /✅ {2}Data/);
    assert.deepEqual(await fingerprintOf(account), before);
    await tellsTheTable(account);
  });
  await steps.take('cdk destroy --all', async () => {
    succeeded(await account.cdk('destroy', strong, '--all', '--force'), /Fleet: destroyed[\s\S]*Data: destroyed/);
    assert.deepEqual(await (await account.now()).processes(), []);
  });
  const weak = assembly('weak', { references: 'weak' });
  await steps.take('cdk deploy --all: one stack reads outputs of the other', async () => {
    succeeded(await account.cdk('deploy', weak, ...ALL), /✅ {2}Data[\s\S]*✅ {2}Fleet/);
    await tellsTheTable(account);
  });
  // A template that is what it was is not deployed by the command line, whatever it reads of others.
  await steps.take('cdk deploy --all: the table is replaced, and its reader hears of it when it changes, too', async () => {
    const other = assembly('weak-other-key', { references: 'weak', key: 'id', season: 'summer' });
    const before = await new Stock(await account.now()).tables();
    succeeded(await account.cdk('deploy', other, ...ALL), /✅ {2}Data[\s\S]*✅ {2}Fleet/);
    assert.notDeepEqual(await new Stock(await account.now()).tables(), before);
    await tellsTheTable(account);
  });
  await steps.take('cdk destroy --all, once more', async () => {
    succeeded(await account.cdk('destroy', weak, '--all', '--force'), /Fleet: destroyed[\s\S]*Data: destroyed/);
  });
}

/** The fleet's server was given the name that the table of the other stack has. */
async function tellsTheTable(there: Account): Promise<void> {
  const account = await there.now();
  const client = await openClient('v2', `${account.baseUrl}/teller/mcp`, await account.token('asker'));
  try {
    const reply = await client.call('tell', { name: 'NOTES' });
    const notes = (await new Stock(account).tables()).filter((name) => name.includes('Notes'));
    assert.deepEqual(notes, [reply.kind === 'result' ? reply.text : JSON.stringify(reply)]);
  } finally {
    await client.close();
  }
}

/** What runs, and every row of every table that is not told of life itself. */
async function fingerprintOf(there: Account): Promise<object> {
  const account = await there.now();
  const stock = new Stock(account);
  return {
    processes: (await account.processes()).filter(({ role }) => role !== 'lambda').map(({ role, task, pid }) => [role, task, pid]),
    tables: await stock.tables(),
    allowlist: await stock.rows('Allowlist'),
    notes: await stock.rows('Notes'),
  };
}
