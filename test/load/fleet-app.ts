import { App, Stack } from 'aws-cdk-lib';
import { AgentIdentity, FleetEdge, McpFleet, McpServer, OnLoss, ServerRuntime, ToolPolicy } from '../../lib';
import { TOOLS } from './counter';

/** Name of the server. */
export const SERVER = 'counter';

export interface FleetAppProps {
  /** Folder of the counter server's image. */
  readonly directory: string;
  /** One agent for each client process. */
  readonly agents: readonly string[];
  readonly instances: number;
  /** Slots of one instance. */
  readonly perInstance: number;
  /** Where the cloud assembly is written. */
  readonly outdir: string;
}

/** Synthesizes a fleet of two gateways and one restartable server; half of its tools only read. */
export function synthesizeFleet({ directory, agents, instances, perInstance, outdir }: FleetAppProps): void {
  const app = new App({ outdir, analyticsReporting: false });
  const fleet = new McpFleet(new Stack(app, 'Load'), 'Mcp', {
    fleetName: 'load',
    identity: AgentIdentity.oidc({ issuer: 'https://login.load.example', audience: 'https://mcp.load.example' }),
    edge: FleetEdge.internal(),
    gateway: { replicas: 2 },
  });
  const counter = fleet.addServer(SERVER, {
    runtime: ServerRuntime.http({ directory, port: 3000 }),
    sessions: { perInstance, onLoss: OnLoss.RESTART },
    scaling: { minInstances: instances, maxInstances: instances * 2 },
    tools: Object.fromEntries(
      Object.entries(TOOLS).map(([tool, effect]) => [tool, effect === 'read_only' ? ToolPolicy.readOnly() : ToolPolicy.stateChanging()]),
    ),
  });
  for (const agent of agents) counter.grantCall(fleet.addAgent(agent, { subject: `agent-${agent}` }), { tools: [McpServer.ALL_TOOLS] });
  app.synth();
}
