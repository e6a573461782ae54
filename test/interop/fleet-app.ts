import { App, Stack } from 'aws-cdk-lib';
import { type AddServerProps, AgentIdentity, FleetEdge, McpFleet, McpServer } from '../../lib';

/** Name of the agent that all clients are. */
export const AGENT = 'interop';

/** Synthesizes a fleet of two gateways whose one agent may call everything. No tool is declared: each counts as state-changing. */
export function synthesizeFleet(servers: Readonly<Record<string, AddServerProps>>, outdir: string): void {
  const app = new App({ outdir, analyticsReporting: false });
  const fleet = new McpFleet(new Stack(app, 'Interop'), 'Mcp', {
    fleetName: 'interop',
    identity: AgentIdentity.oidc({ issuer: 'https://login.interop.example', audience: 'https://mcp.interop.example' }),
    edge: FleetEdge.internal(),
    gateway: { replicas: 2 },
  });
  const agent = fleet.addAgent(AGENT, { subject: 'agent-interop' });
  for (const [name, props] of Object.entries(servers)) fleet.addServer(name, props).grantCall(agent, { tools: [McpServer.ALL_TOOLS] });
  app.synth();
}
