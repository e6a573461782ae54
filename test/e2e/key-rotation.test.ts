import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { readKeyRing } from '../../core/secrets/key-ring';
import { AGENT, redeployFleet, SERVERS } from '../capacity/redeploy/redeploy-app';
import { Bank } from '../chaos/bank';
import { Load } from '../deploy/load/load';
import { makePrograms } from '../deploy/programs';
import { scratchFolder } from '../local/fixtures/assembly';
import { startFleet } from '../suites/fleet';
import { eventually } from '../suites/waiting';

const STACK = 'Redeploy';

it('loses no call and no session through two rotations of every key, between replicas and instances that have and have not read them', async () => {
  const scratch = scratchFolder();
  const programs = join(scratch, 'programs');
  mkdirSync(programs);
  await makePrograms(programs);
  const bank = await Bank.start();
  const fleet = await startFleet({ app: redeployFleet({ version: 'one', programs, journal: bank.url }), scratch });
  const { account } = fleet;
  const load = await Load.begin(
    account,
    AGENT,
    Object.fromEntries(Object.values(SERVERS).map((name) => [name, { short: ['v1'], stay: ['v2'] }])),
    bank,
  );
  const deployments: Promise<void>[] = [];
  try {
    const resources = Object.entries(account.templates[STACK]?.Resources ?? {});
    const secrets = resources.filter(([, { Type }]) => Type === 'AWS::SecretsManager::Secret').map(([id]) => id);
    expect(secrets).toHaveLength(3);
    for (const rotation of [1, 2]) {
      await load.goesOn();
      for (const secret of secrets) await account.rotateSecret(`${STACK}/${secret}`);
      for (const secret of secrets) expect(readKeyRing(account.secretValue(STACK, secret) ?? '')).toHaveLength(rotation + 1);
      // New instances know the new keys, replicas do not; then new replicas do, beside old instances and old replicas that drain.
      for (const service of [SERVERS.restart, 'gateway']) {
        const role = service === 'gateway' ? 'gateway' : 'sidecar';
        const present = async () => (await account.processes()).filter((row) => row.role === role && (row.server ?? service) === service);
        const old = (await present()).map(({ pid }) => pid);
        // The next deployment takes the place of one that still drains.
        deployments.push(account.redeploy(service).catch(() => undefined));
        const serve = async () => (await present()).filter(({ pid }) => !old.includes(pid)).length > 0;
        await eventually(`a new task of ${service} runs`, serve, 60_000);
        await load.goesOn(300);
      }
    }
    const wrong = load.calls.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'restored');
    expect(wrong).toEqual([]);
    expect(load.miscounted).toEqual([]);
    expect((await fleet.ledger()).filter(({ state }) => state === 'unknown')).toEqual([]);
  } finally {
    await load.end();
    await Promise.all(deployments);
    await fleet.stop();
    bank.stop();
  }
});
