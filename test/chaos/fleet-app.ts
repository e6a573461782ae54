import { App, Stack } from 'aws-cdk-lib';
import { AgentIdentity, FleetEdge, KeyPolicy, McpFleet, McpServer, OnLoss, ServerRuntime, ToolPolicy } from '../../lib';
import { FENCED_TOOL, KEYED_TOOL } from './tools';

/** Name of the server. */
export const SERVER = 'bank';
export const GATEWAYS = 2;
export const INSTANCES = 3;
/** Room for sessions that were given up and not yet ended. */
const SESSIONS_PER_INSTANCE = 500;

export interface FleetAppProps {
  /** Folder of the bank server's image. */
  readonly directory: string;
  readonly bankUrl: string;
  readonly agents: readonly string[];
  /** Where the cloud assembly is written. */
  readonly outdir: string;
}

/** Synthesizes a fleet of two gateways and one restartable server that moves money. */
export function synthesizeFleet({ directory, bankUrl, agents, outdir }: FleetAppProps): void {
  const app = new App({ outdir, analyticsReporting: false });
  const fleet = new McpFleet(new Stack(app, 'Chaos'), 'Mcp', {
    fleetName: 'chaos',
    identity: AgentIdentity.oidc({ issuer: 'https://login.chaos.example', audience: 'https://mcp.chaos.example' }),
    edge: FleetEdge.internal(),
    gateway: { replicas: GATEWAYS },
  });
  const bank = fleet.addServer(SERVER, {
    runtime: ServerRuntime.http({ directory, port: 3000 }),
    sessions: { perInstance: SESSIONS_PER_INSTANCE, onLoss: OnLoss.RESTART },
    scaling: { minInstances: INSTANCES, maxInstances: INSTANCES },
    environment: { BANK: bankUrl },
    tools: {
      [KEYED_TOOL]: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED }),
      [FENCED_TOOL]: ToolPolicy.stateChanging(),
      find_transfer: ToolPolicy.readOnly(),
      balance: ToolPolicy.readOnly(),
    },
  });
  for (const agent of agents) bank.grantCall(fleet.addAgent(agent, { subject: `agent-${agent}` }), { tools: [McpServer.ALL_TOOLS] });
  app.synth();
}
