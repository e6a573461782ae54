import { join } from 'node:path';
import { OnLoss, ServerRuntime } from '../../lib';
import { tablesAt } from '../../local/checks/tables';
import type { ProcessRow } from '../../local/local-account';
import { type Fleet, startFleet } from './fleet';
import { synthesizeFleet } from './fleet-app';
import { Front } from './front';
import { Journal } from './journal';
import type { Target } from './target';
import { eventually } from './waiting';

const SERVER = 'payments';
const INSTANCES = 2;
const GATEWAYS = 2;
const REPLACED_MS = 30_000;

/** The same server, two instances of it, behind edge, gateways and sidecars. */
export async function startFleetTarget(program: string, scratch: string): Promise<Target> {
  const journal = await Journal.start();
  const assembly = join(scratch, 'cdk.out');
  const server = {
    runtime: ServerRuntime.http({ directory: program, port: 3000 }),
    sessions: { onLoss: OnLoss.RESTART },
    scaling: { minInstances: INSTANCES, maxInstances: INSTANCES },
    environment: { JOURNAL: journal.url },
  };
  synthesizeFleet({ [SERVER]: server }, assembly);
  const fleet = await startFleet(assembly, scratch);
  const { account } = fleet;
  const front = await Front.start(() => Number(new URL(account.baseUrl).port));
  const tables = tablesAt(account.dynamodbUrl, account.tables);
  const rowsOf = async (reference: string) => (await tables.ledger()).filter((row) => row.arguments.includes(`"${reference}"`));
  return {
    url: `${front.origin}/${SERVER}/mcp`,
    headers: { authorization: `Bearer ${fleet.token}` },
    front,
    journal,
    killInstance: async (pid) => {
      const rows = await account.processes();
      const task = rows.find((row) => row.pid === pid)?.task;
      if (task === undefined) throw new Error(`No task of the fleet has the process ${pid}.`);
      await kill(
        rows.filter((row) => row.task === task),
        fleet,
      );
    },
    killGateway: async (reference) => {
      const owner = (await rowsOf(reference))[0]?.owner;
      const pid = owner === undefined ? undefined : await fleet.replicaPid(owner);
      if (pid === undefined) throw new Error(`No gateway is known to carry the call ${reference}.`);
      await kill(
        (await account.processes()).filter((row) => row.pid === pid),
        fleet,
      );
    },
    whole: () => whole(fleet),
    ledgerStates: async (reference) => (await rowsOf(reference)).map(({ state }) => state),
    stop: async () => {
      front.stop();
      journal.stop();
      await fleet.stop();
    },
  };
}

/** Kills processes at once, and waits until the account has noticed. */
async function kill(victims: readonly ProcessRow[], { account }: Fleet): Promise<void> {
  for (const { pid } of victims) process.kill(pid, 'SIGKILL');
  const pids = victims.map(({ pid }) => pid);
  await eventually(
    'the account has seen the death',
    async () => ((await account.processes()).some(({ pid }) => pids.includes(pid)) ? undefined : true),
    REPLACED_MS,
  );
}

async function whole({ account }: Fleet): Promise<void> {
  await eventually(
    'the fleet is whole again',
    async () => {
      const rows = await account.processes();
      const count = (role: string) => rows.filter((row) => row.role === role).length;
      if (count('gateway') < GATEWAYS || count('server') < INSTANCES || count('sidecar') < INSTANCES) return undefined;
      const doors = rows.filter(({ role }) => role === 'gateway' || role === 'sidecar');
      const open = await Promise.all(
        doors.map(({ role, address }) => isOpen(`http://${address}/${role === 'sidecar' ? 'readyz' : 'healthz'}`)),
      );
      return open.every(Boolean) ? true : undefined;
    },
    REPLACED_MS,
  );
}

async function isOpen(url: string): Promise<boolean> {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
