import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Shape, type ShopProps, shop } from '../apps/shop';
import { expectOnly } from '../load/call';
import { Load } from '../load/load';
import { deploy, type Scene, succeeded } from './scene';
import { Visitor } from './visitor';

const FIRST: Shape = { bank: 'one', notes: 'one', notesCap: 3, rates: true };
const SECOND: Shape = { bank: 'two', notes: 'two', notesCap: 5, rates: false, auditor: ['read'] };
/** A version that does not start, in an update that has granted something by then. */
const BROKEN: Shape = { ...SECOND, bank: 'broken', auditor: ['read', 'write'] };

/** How long the deployment is seen to wait, in milliseconds. */
const HELD_MS = 3000;

/** A fleet from its first deployment to its last, under load where something serves. */
export async function life({ account, steps, bank, programs, assemblies }: Scene): Promise<Load> {
  const assembly = (name: string, shape: Shape): string => {
    const folder = join(assemblies, name);
    shop({ ...shape, programs, journal: bank.url } satisfies ShopProps, folder);
    return folder;
  };
  const [first, second, broken] = [assembly('first', FIRST), assembly('second', SECOND), assembly('broken', BROKEN)];
  const visitor = new Visitor(account);

  await steps.take('cdk bootstrap', async () => succeeded(await account.cdk('bootstrap', first), /bootstrapped/));
  await steps.take('cdk deploy: the first time', async () => succeeded(await deploy(account, first), /✅ {2}Shop/));
  const old = await steps.take('it serves: calls, a cap, a row of a table', async () => {
    await visitor.putOrder();
    assert.equal(await visitor.roomFor('notes'), FIRST.notesCap);
    return await visitor.write('order-1');
  });
  const load = await Load.begin(
    await account.now(),
    'buyer',
    { bank: { short: ['v1'], stay: ['v2'] }, notes: { short: ['v2'], stay: ['v1'] }, rates: { short: ['v1'], stay: ['v2'] } },
    bank,
  );
  try {
    await steps.take('calls under load', async () => {
      await load.goesOn();
      expectOnly(load.take(), ['bank', 'notes', 'rates']);
    });
    await steps.take('cdk deploy, under load: new versions, a cap, an agent; a server is gone', async () => {
      const deploying = deploy(account, second);
      const ended = deploying.then(({ output }) => `ended:\n${output}`);
      await load.hears('notes', 'two', 'short');
      // Whoever is in a session that nobody can open again stays with its version, and the deployment waits; others go on with the new one.
      await load.hears('bank', 'two');
      assert.equal(await Promise.race([ended, delay(HELD_MS, 'under way')]), 'under way');
      assert.deepEqual(load.staying.notes, ['one']);
      load.release();
      succeeded(await deploying, /✅ {2}Shop/);
      for (const server of ['bank', 'notes']) await load.hears(server, 'two');
      // A session that began on an instance that was about to end goes on or ends as its server has declared.
      expectOnly(load.take(), ['bank', 'bank restored', 'notes', 'notes ended', 'rates', 'rates removed']);
      await load.goesOn();
      expectOnly(load.take(), ['bank', 'notes', 'rates removed']);
    });
    await steps.take('what is new is there, and what is gone is gone', async () => {
      await visitor.auditorMayOnlyRead();
      await visitor.isGone('rates');
    });
    await steps.take('cdk diff: none', async () =>
      succeeded(await account.cdk('diff', second, '--fail'), /differences: 0|no differences/i),
    );
    await steps.take('cdk deploy, under load: a version that ends at once is rolled back, and nothing is lost', async () => {
      load.hold();
      const before = await visitor.holdings();
      load.take();
      const { code, output } = await deploy(account, broken);
      assert.equal(code, 1, output);
      // The server says itself why; the command line has no more room for the status.
      assert.match(output, /UPDATE_ROLLBACK_COMPLET[\s\S]*Cannot find the price list/);
      await load.goesOn();
      // No session has noticed anything.
      expectOnly(load.take(), ['bank', 'notes', 'rates removed']);
      await visitor.stillHolds(before);
      await visitor.auditorMayOnlyRead();
    });
    await steps.take('cdk diff: none, after what was rolled back', async () =>
      succeeded(await account.cdk('diff', second, '--fail'), /differences: 0|no differences/i),
    );
  } finally {
    await load.end();
  }
  // Under load, nobody could tell how many sessions there are at a time.
  await steps.take('the cap is the new one', async () => assert.equal(await visitor.roomFor('notes'), SECOND.notesCap));
  const held = await visitor.holdings();
  await steps.take('cdk destroy: what is kept is named', async () => {
    const { output } = succeeded(await account.cdk('destroy', second, '--force', '--progress', 'events'), /Shop: destroyed/);
    for (const kept of ['Orders', 'Mcp/Ledger', 'ApiKey']) assert.match(output, new RegExp(`DELETE_SKIPPED.*${kept}`));
    assert.deepEqual(await (await account.now()).processes(), []);
  });
  await steps.take('cdk deploy once more: it goes on with what was kept', async () => {
    succeeded(await deploy(account, second), /✅ {2}Shop/);
    await visitor.stillHolds(held);
    // The very answer of before, of a version that is long gone.
    assert.deepEqual(await visitor.write('order-1'), { ...old, replayed: true });
    assert.match((await account.mcpFleet('ledger', 'show', 'order-1')).output, /confirmed/);
  });
  await steps.take('writes and journal agree', async () => assert.deepEqual(load.miscounted, []));
  return load;
}
