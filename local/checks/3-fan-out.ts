import type { LocalAccount } from '../local-account';
import { expectations, type Findings } from './check';
import { fleetLoad } from './fleet-load';

/** Check 3: sessions per agent task are counted, budgeted, and the fleet is sized for them. */
export async function fanOut(account: LocalAccount): Promise<Findings> {
  const { expect, failures } = expectations();
  const load = await fleetLoad(account);
  const directory = load.holding.directory.filter(({ closedAt }) => closedAt === undefined);
  const agents = new Map<string, Record<string, number>>();
  for (const { agent = 'unknown', server = 'unknown' } of directory) {
    const servers = agents.get(agent) ?? {};
    servers[server] = (servers[server] ?? 0) + 1;
    agents.set(agent, servers);
  }
  expect(
    directory.length >= load.sessions.length,
    `The session directory held ${directory.length} open rows while ${load.sessions.length} sessions were open`,
  );
  return {
    evidence: {
      openDirectoryRows: directory.length,
      sessionsOpen: load.sessions.length,
      rowsWithTask: directory.filter(({ task }) => task !== undefined).length,
      sessionsByAgentAndServer: Object.fromEntries(agents),
    },
    failures,
    missing: 'sessions are counted per agent and server only; no budget per agent task, no SessionsPerAgentTask metric, no sizing',
  };
}
