import { sessionKey } from '../core/session-key';
import { expectations, type Findings } from './check';
import type { CheckedFleet } from './fleet';
import { fleetLoad } from './load';
import { nobodyLine } from './missing-line';

/** Check 3: sessions per agent task are counted, budgeted, and the fleet is sized for them. */
export async function fanOut(fleet: CheckedFleet): Promise<Findings> {
  const { expect, failures } = expectations();
  const load = await fleetLoad(fleet);
  const nobody = nobodyLine(fleet);
  const names = new Map(fleet.agents.map(({ id, name }) => [id, name]));
  const open = load.holding.directory.filter(({ closedAt }) => closedAt === undefined);
  const listed = new Set(open.map(({ session }) => session));
  const agents: Record<string, Record<string, number>> = {};
  for (const { agent = 'unknown', server = 'unknown' } of open) {
    const name = names.get(agent) ?? agent;
    agents[name] = { ...agents[name], [server]: (agents[name]?.[server] ?? 0) + 1 };
  }
  const unlisted = load.sessions.filter(({ id }) => !listed.has(sessionKey(id)));
  expect(unlisted.length === 0, `${unlisted.length} of ${load.sessions.length} open sessions had no open row in the session directory`);
  return {
    evidence: {
      openDirectoryRows: open.length,
      sessionsOpen: load.sessions.length,
      rowsWithTask: open.filter(({ task }) => task !== undefined).length,
      sessionsByAgentAndServer: agents,
    },
    failures,
    missing: 'sessions are counted per agent and server only; no budget per agent task, no SessionsPerAgentTask metric, no sizing',
    ...(nobody !== undefined && { notProbed: [nobody] }),
  };
}
