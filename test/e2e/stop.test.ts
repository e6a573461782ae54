import { expect, it } from '@jest/globals';
import { openClient } from '../../checks/agent-client';
import { readControlFiles } from '../../local/control/control-file';
import { type Fleet, ROOT, startFleet } from './fleet';
import { alive, descendantsOf, leftAfter, listens } from './leftovers';

/** However the account ends, it leaves no process, no port and no control file. */

/** Long enough that the second press is not taken for the echo of the first. */
const ANOTHER_PRESS_MS = 600;

it('drains at the first Ctrl-C', async () => {
  const { fleet, pids, addresses } = await busyFleet();
  fleet.process.kill('SIGINT');
  expect(await fleet.ended).toEqual([130, null]);
  expect(alive(pids)).toEqual([]);
  await expectNothingLeft(fleet, addresses);
});

it('ends at once at the second Ctrl-C', async () => {
  const { fleet, pids, addresses } = await busyFleet();
  fleet.process.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, ANOTHER_PRESS_MS));
  fleet.process.kill('SIGINT');
  expect(await fleet.ended).toEqual([130, null]);
  expect(await leftAfter(pids, 5000)).toEqual([]);
  await expectNothingLeft(fleet, addresses);
});

it('leaves nothing when it is killed itself', async () => {
  const { fleet, pids, addresses } = await busyFleet();
  fleet.process.kill('SIGKILL');
  await fleet.ended;
  expect(await leftAfter(pids, 5000)).toEqual([]);
  await expectNothingLeft(fleet, addresses);
});

/** With sessions open, so that children of stdio servers run too. */
async function busyFleet(): Promise<{ fleet: Fleet; pids: readonly number[]; addresses: readonly string[] }> {
  const fleet = await startFleet('--no-checks');
  const token = await fleet.account.token('research');
  await Promise.all(['everything', 'memory'].map((server) => openClient('v1', `${fleet.baseUrl}/${server}/mcp`, token)));
  const processes = await fleet.account.processes();
  expect(new Set(processes.map(({ role }) => role))).toEqual(new Set(['gateway', 'sidecar', 'server', 'lambda']));
  const addresses = [new URL(fleet.baseUrl).host, ...processes.map(({ address }) => address).filter((address) => address !== undefined)];
  for (const address of addresses) expect({ address, listens: await listens(address) }).toEqual({ address, listens: true });
  const pids = descendantsOf(fleet.process.pid ?? 0);
  expect(pids).toEqual(expect.arrayContaining(processes.map(({ pid }) => pid)));
  return { fleet, pids, addresses };
}

async function expectNothingLeft(fleet: Fleet, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) expect({ address, listens: await listens(address) }).toEqual({ address, listens: false });
  expect(readControlFiles(ROOT).filter(({ pid }) => pid === fleet.process.pid)).toEqual([]);
}
