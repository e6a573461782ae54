import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AcmeStack } from '../../../examples/acme/acme-stack';
import { AgentIdentity, FleetEdge, McpFleet, ServerRuntime } from '../../../lib';
import { readCloudAssembly, type Stack as Synthesized } from '../../../local/assembly/cloud-assembly';

/** A synthesized app. */
export interface NetworkApp {
  readonly name: string;
  readonly stacks: readonly Synthesized[];
}

const EDGES = {
  public: (certificate) => FleetEdge.publicAlb({ certificate, domainName: 'mcp.edges.example' }),
  api: (certificate) => FleetEdge.apiGateway({ certificate, domainName: 'mcp.edges.example' }),
} satisfies Record<string, (certificate: ReturnType<typeof Certificate.fromCertificateArn>) => FleetEdge>;

/** Acme behind its internal edge in a VPC of its own, and a fleet behind each other edge in a VPC that the fleet makes. */
export function networkApps(scratch: string): readonly NetworkApp[] {
  const acme = synthesized(join(scratch, 'acme'), (app) => new AcmeStack(app, 'Acme'));
  const others = Object.entries(EDGES).map(([name, edge]) => ({
    name,
    stacks: synthesized(join(scratch, name), (app) => fleetBehind(app, edge)),
  }));
  return [{ name: 'acme', stacks: acme }, ...others];
}

function synthesized(outdir: string, make: (app: App) => unknown): readonly Synthesized[] {
  const app = new App({ outdir, analyticsReporting: false, context: { 'aws:cdk:enable-path-metadata': true } });
  make(app);
  app.synth();
  return readCloudAssembly(outdir).stacks;
}

function fleetBehind(app: App, edge: (typeof EDGES)[keyof typeof EDGES]): void {
  const stack = new Stack(app, 'Edges');
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-central-1:000000000000:certificate/one');
  const fleet = new McpFleet(stack, 'Mcp', {
    fleetName: 'edges',
    identity: AgentIdentity.oidc({ issuer: 'https://login.edges.example', audience: 'https://mcp.edges.example' }),
    edge: edge(certificate),
  });
  for (const name of ['one', 'two'])
    fleet.addServer(name, { runtime: ServerRuntime.http({ directory: 'dist/examples/payments', port: 3000 }) });
}
