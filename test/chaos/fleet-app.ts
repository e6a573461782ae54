import { App, Duration, Stack } from 'aws-cdk-lib';
import { AgentIdentity, FleetEdge, KeyPolicy, McpFleet, McpServer, OnLoss, Reconcile, ServerRuntime, ToolPolicy } from '../../lib';
import { EFFECT_SECONDS, FENCED_TOOL, KEYED_TOOL, saysDone } from './tools';

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

/** The bank knows a transfer by its reference as soon as it has executed it. */
const BY_REFERENCE = Reconcile.by({
  tool: 'find_transfer',
  arguments: '{ "reference": arguments.reference }',
  landed: 'result.structuredContent.found = true',
  notLanded: 'result.structuredContent.found = false',
  result: `{ "content": [{ "type": "text", "text": "${saysDone('')}" & arguments.reference }] }`,
  effectWithin: Duration.seconds(EFFECT_SECONDS),
});

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
      [KEYED_TOOL]: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED, reconcile: BY_REFERENCE }),
      [FENCED_TOOL]: ToolPolicy.stateChanging(),
      find_transfer: ToolPolicy.readOnly(),
      balance: ToolPolicy.readOnly(),
    },
  });
  for (const agent of agents) bank.grantCall(fleet.addAgent(agent, { subject: `agent-${agent}` }), { tools: [McpServer.ALL_TOOLS] });
  app.synth();
}
