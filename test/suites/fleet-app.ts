import { App, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AgentIdentity, FleetEdge, McpFleet, McpServer } from '../../lib';

/** Gateways of every fleet. */
export const GATEWAYS = 2;

const EVERYTHING = { tools: [McpServer.ALL_TOOLS], resources: [McpServer.ALL_RESOURCES], prompts: [McpServer.ALL_PROMPTS] };

/** What one suite's fleet has that no other has. */
export interface FleetApp {
  /** Of the fleet, and of its stack. */
  readonly name: string;
  /** Agents that may use everything of every server. */
  readonly agents: readonly string[];
  /** Whether its edge has a certificate, and a name of its own. */
  readonly isSecure?: boolean;
  /** Adds its servers to the fleet. */
  readonly servers: (fleet: McpFleet, stack: Stack) => readonly McpServer[];
}

/** Synthesizes a CDK app like any other: one stack, one fleet of two gateways behind an internal edge. */
export function synthesizeFleet({ name, agents, servers, isSecure = false }: FleetApp, outdir: string): void {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, name.charAt(0).toUpperCase() + name.slice(1));
  const fleet = new McpFleet(stack, 'Mcp', {
    fleetName: name,
    identity: AgentIdentity.oidc({ issuer: `https://login.${name}.example`, audience: `https://mcp.${name}.example` }),
    edge: isSecure ? secureEdge(stack, `mcp.${name}.example`) : FleetEdge.internal(),
    gateway: { replicas: GATEWAYS },
  });
  const added = servers(fleet, stack);
  for (const name of agents) {
    const agent = fleet.addAgent(name, { subject: `agent-${name}` });
    for (const server of added) server.grantCall(agent, EVERYTHING);
  }
  app.synth();
}

function secureEdge(stack: Stack, domainName: string): FleetEdge {
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111111111111:certificate/edge');
  return FleetEdge.internal({ certificate, domainName });
}
