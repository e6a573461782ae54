import { agentsOf, type CheckedFleet } from './fleet';
import type { LoadReport } from './load';
import { nobodyLine } from './missing-line';

/** Why the load has no session on some servers: one sentence each, with what to add. */
export function withoutSessions(fleet: CheckedFleet, { sessions, full }: LoadReport): readonly string[] {
  const nobody = nobodyLine(fleet);
  if (nobody !== undefined) return [nobody];
  return fleet.servers.flatMap((server) => {
    const { name, sidecar } = server;
    if (agentsOf(fleet, server).length === 0) return [`No agent may use ${name}; add: server.grantCall(agent, { tools: […] })`];
    if (sidecar === undefined) return [`${name} runs outside the fleet, which has no instances of it to tell apart`];
    if (full.includes(name)) return [`Each slot of ${name} is in use, so no session was opened on it`];
    if (!sessions.some((session) => session.server === server)) return [`${name} keeps no sessions: any instance takes any request`];
    return [];
  });
}
