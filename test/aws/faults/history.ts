import type { Bank } from '../../chaos/bank';
import type { Evidence } from '../../chaos/evidence';
import { SERVER } from '../../chaos/fleet-app';
import type { History } from '../../chaos/history';
import { askLater, outcomeAt } from '../../chaos/later';
import type { Told } from '../../chaos/messages';
import { Processes } from '../../chaos/strikes/processes';
import type { Fleet } from '../../suites/fleet';
import type { FleetProcesses } from '../../suites/fleet-processes';

export interface Seen {
  readonly fleet: Fleet;
  readonly bank: Bank;
  readonly evidence: Evidence;
  readonly processes: FleetProcesses;
  readonly told: readonly Told[];
}

/** Everything that there is to judge by, when the fleet is whole: what was not learnt is asked for. */
export async function historyOf({ fleet, bank, evidence, processes, told }: Seen): Promise<History> {
  const { account } = fleet;
  const agents = [...new Set(told.map(({ agent }) => agent))];
  const tokens = new Map(await Promise.all(agents.map(async (agent) => [agent, await fleet.token(agent)] as const)));
  const later = await askLater(told, (name, { agent }) =>
    outcomeAt(`${account.baseUrl}/${SERVER}/calls/${encodeURIComponent(name)}`, tokens.get(agent) as string),
  );
  return {
    told,
    later,
    journal: bank.journal,
    dispatched: bank.dispatched,
    cuts: new Map(),
    rows: await fleet.ledger(),
    instances: await new Processes(processes).instances(),
    evidence: evidence.settledBy,
  };
}
