import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type ShopProps, shop } from '../apps/shop';
import { expectOnly } from '../load/call';
import { Load } from '../load/load';
import { mixAssemblies, TIERS, type Tier } from '../mixture';
import { deploy, type Scene, succeeded } from './scene';
import { Visitor } from './visitor';

/** Each step replaces one tier, and all eight mixtures are there once: updates in several orders, and their rollbacks. */
const WALK: readonly (readonly Tier[])[] = [
  ['gateway'],
  ['gateway', 'servers'],
  ['servers'],
  ['servers', 'functions'],
  ['gateway', 'servers', 'functions'],
  ['gateway', 'functions'],
  ['functions'],
  [],
];

/** This version and the one before serve one fleet, in every mixture of their tiers, under load. */
export async function skew({ account, steps, bank, programs, assemblies, former: build }: Scene): Promise<Load> {
  const former = await steps.take('the version before is built', build);
  const props: ShopProps = { bank: 'one', notes: 'one', notesCap: 5, rates: false, gatewayDelay: 20, programs, journal: bank.url };
  const [before, present] = [join(assemblies, 'before'), join(assemblies, 'present')];
  await steps.take('it is synthesized in both versions', async () => {
    former.shop(props, before);
    shop(props, present);
  });
  const visitor = new Visitor(account);

  await steps.take(`cdk deploy: all of ${former.commit.slice(0, 10)}`, async () => {
    succeeded(await account.cdk('bootstrap', before), /bootstrapped/);
    succeeded(await deploy(account, before), /✅ {2}Shop/);
  });
  const answers = new Map<string, object>();
  /** A key of each mixture is answered alike in all that follow. */
  const goesOn = async (mixture: string): Promise<void> => {
    answers.set(mixture, await visitor.write(mixture));
    for (const [key, answer] of answers)
      assert.deepEqual(await visitor.write(key), { ...answer, replayed: true }, `${key}, asked by ${mixture}`);
  };
  await steps.take('it serves', async () => goesOn('before'));
  const sessions = { bank: { short: ['v1'], stay: ['v1', 'v2'] }, notes: { short: ['v1', 'v2'], stay: [] } } as const;
  const load = await Load.begin(await account.now(), 'buyer', sessions, bank);
  try {
    for (const [turn, later] of WALK.entries()) {
      const name = nameOf(later);
      await steps.take(`cdk deploy, under load: ${name}`, async () => {
        const assembly = later.length === 0 ? before : later.length === TIERS.length ? present : join(assemblies, `mixture-${turn}`);
        if (![before, present].includes(assembly)) mixAssemblies(before, present, later, 'Shop', assembly);
        succeeded(await deploy(account, assembly), /✅ {2}Shop/);
        await goesOn(`${turn}: ${name}`);
        await load.goesOn();
        expectOnly(load.take(), ['bank', 'bank restored', 'notes', 'notes ended']);
      });
    }
  } finally {
    await load.end();
  }
  await steps.take('writes and journal agree', async () => assert.deepEqual(load.miscounted, []));
  await steps.take('table and archive agree', async () => succeeded(await account.mcpFleet('ledger', 'verify'), /./));
  return load;
}

function nameOf(later: readonly Tier[]): string {
  if (later.length === 0) return 'all as before';
  return later.length === TIERS.length ? 'all new' : `${later.join(', ')} new, the rest as before`;
}
