import { OnLoss, ServerRuntime } from '../../lib';
import { startFleet } from '../suites/fleet';
import { AGENT, interopFleet } from './fleet-app';
import { Front } from './front';
import { Journal } from './journal';
import type { Target } from './target';

const SERVER = 'payments';
const INSTANCES = 2;

/** The same server, two instances of it, behind edge, gateways and sidecars. */
export async function startFleetTarget(program: string, scratch: string): Promise<Target> {
  const journal = await Journal.start();
  const server = {
    runtime: ServerRuntime.http({ directory: program, port: 3000 }),
    sessions: { onLoss: OnLoss.RESTART },
    scaling: { minInstances: INSTANCES, maxInstances: INSTANCES },
    environment: { JOURNAL: journal.url },
  };
  const fleet = await startFleet({ app: interopFleet({ [SERVER]: server }), scratch });
  const { account, processes } = fleet;
  const front = await Front.start(() => Number(new URL(account.baseUrl).port));
  const rowsOf = async (reference: string) => (await fleet.ledger()).filter((row) => row.arguments.includes(`"${reference}"`));
  return {
    url: `${front.origin}/${SERVER}/mcp`,
    headers: { authorization: `Bearer ${await fleet.token(AGENT)}` },
    front,
    journal,
    killInstance: async (pid) => {
      const task = (await processes.rows()).find((row) => row.pid === pid)?.task;
      if (task === undefined) throw new Error(`No task of the fleet has the process ${pid}.`);
      await processes.kill(await processes.ofInstance(task));
    },
    killGateway: async (reference) => {
      const owner = (await rowsOf(reference))[0]?.owner;
      const victims = owner === undefined ? [] : await processes.ofGateway(owner);
      if (victims.length === 0) throw new Error(`No gateway is known to carry the call ${reference}.`);
      await processes.kill(victims);
    },
    whole: () => processes.whole(),
    ledgerStates: async (reference) => (await rowsOf(reference)).map(({ state }) => state),
    stop: async () => {
      front.stop();
      journal.stop();
      await fleet.stop();
    },
  };
}
