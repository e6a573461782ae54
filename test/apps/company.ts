import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Construct } from 'constructs';
import { context } from '../../cdk.json';
import {
  type AddServerProps,
  AgentIdentity,
  FleetEdge,
  McpFleet,
  type McpFleetProps,
  McpServer,
  ServerRuntime,
  ToolPolicy,
} from '../../lib';

/** What the five companies have in common: the smallest fleet that serves, with a server that tells what it was given. */

export function newApp(outdir: string): App {
  return new App({ outdir, context: { ...context, 'aws:cdk:enable-path-metadata': true } });
}

export function smallFleet(scope: Construct, fleetName: string, props: Partial<McpFleetProps> = {}): McpFleet {
  const arn = 'arn:aws:acm:eu-west-1:111122223333:certificate/3f1d6c1e-0a55-4d3c-9d55-2c7c3f3a9b10';
  return new McpFleet(scope, 'Mcp', {
    fleetName,
    identity: AgentIdentity.oidc({ issuer: 'https://login.example', audience: `https://${fleetName}.example` }),
    edge: FleetEdge.internal({
      domainName: `${fleetName}.example`,
      certificate: Certificate.fromCertificateArn(scope, 'Certificate', arn),
    }),
    gateway: { replicas: 1 },
    ...props,
  });
}

/** A server `teller`, and the agent `asker` that may use it. */
export function addTeller(fleet: McpFleet, props: Partial<AddServerProps> = {}): McpServer {
  const teller = fleet.addServer('teller', {
    runtime: ServerRuntime.stdio({ directory: join(__dirname, 'teller'), command: ['node', 'server/teller.js'] }),
    sessions: { perInstance: 5 },
    scaling: { minInstances: 1, maxInstances: 2 },
    tools: { tell: ToolPolicy.readOnly() },
    ...props,
  });
  teller.grantCall(fleet.addAgent('asker', { subject: 'agent-asker' }), { tools: [McpServer.ALL_TOOLS] });
  return teller;
}
