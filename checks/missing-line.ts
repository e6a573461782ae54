import type { CheckedFleet, CheckedServer } from './fleet';

/** What to add to construct code where something could not be proven: a sentence, and the line. */

const PROBES = {
  read: "checks: { read: { tool: 'TOOL', arguments: {} } }",
  write:
    "checks: { write: { tool: 'TOOL', arguments: { reference: '{mark}' }, executions: { tool: 'READ', arguments: { reference: '{mark}' }, count: 'result.structuredContent.count' } } }",
  lasting: 'checks: { lasting: { …as write, of a tool that takes some seconds } }',
  failing: "checks: { failing: { tool: 'TOOL', arguments: {} } }",
} as const;

export function probeLine(servers: readonly CheckedServer[], probe: keyof typeof PROBES, why: string): string {
  return `${why}: ${names(servers)} declare${servers.length === 1 ? 's' : ''} no such call; add to addServer: ${PROBES[probe]}`;
}

export function grantLine(server: CheckedServer, tools: readonly string[]): string {
  return `No agent may call ${tools.join(' and ')} of ${server.name}; add: server.grantCall(agent, { tools: ${JSON.stringify(tools)} })`;
}

/** Why there is nobody to ask as, or nothing to ask; undefined where there is both. */
export function nobodyLine({ servers, agents }: CheckedFleet): string | undefined {
  if (servers.length === 0) return "The fleet has no server; add: fleet.addServer('NAME', { runtime: ServerRuntime.… })";
  if (agents.length === 0) return "The fleet has no agent; add: fleet.addAgent('NAME', { subject: '…' })";
  return undefined;
}

function names(servers: readonly CheckedServer[]): string {
  return servers.map(({ name }) => name).join(', ');
}
