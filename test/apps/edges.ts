import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AgentIdentity, FleetEdge, McpServer, ServerRuntime } from '../../lib';
import type { CompanyApp } from './apps';
import { addTeller, newApp, smallFleet } from './company';

/** What stands at the edge of each fleet. */
export const EDGES = ['internal', 'public', 'verified', 'api'] as const;
/** Those of them whose load balancers speak TLS to tasks, which changes nothing of what is decided. */
const ENCRYPTED: readonly string[] = ['public', 'api'];

/** Fleets that differ in their edge alone. */
export const edges: CompanyApp = (outdir) => {
  const app = newApp(outdir);
  for (const name of EDGES) {
    const stack = new Stack(app, name);
    const arn = 'arn:aws:acm:eu-west-1:111122223333:certificate/3f1d6c1e-0a55-4d3c-9d55-2c7c3f3a9b10';
    const domain = { domainName: `${name}.example`, certificate: Certificate.fromCertificateArn(stack, 'EdgeCertificate', arn) };
    const edge = {
      internal: FleetEdge.internal(domain),
      public: FleetEdge.publicAlb(domain),
      verified: FleetEdge.publicAlb({ ...domain, jwtVerification: true }),
      api: FleetEdge.apiGateway(domain),
    }[name];
    const fleet = smallFleet(stack, name, {
      edge,
      identity: identityOf(name),
      targetTls: ENCRYPTED.includes(name),
      allowedOrigins: ['https://console.example'],
    });
    addTeller(fleet);
    const other = addTellerAs(fleet, 'other');
    fleet.addAgent('stranger', { subject: 'agent-stranger' });
    const picky = fleet.addAgent('picky', { subject: 'agent-picky' });
    other.grantCall(picky, { tools: ['nothing'] });
    const denied = fleet.addAgent('denied', { subject: 'agent-denied' });
    other.grantCall(denied, { tools: [McpServer.ALL_TOOLS] });
    other.denyCall(denied, { tools: [McpServer.ALL_TOOLS] });
  }
  app.synth();
};

function identityOf(fleet: string): AgentIdentity {
  const jwksUri = 'https://login.example/.well-known/jwks.json';
  return AgentIdentity.oidc({ issuer: 'https://login.example', audience: `https://${fleet}.example`, jwksUri });
}

function addTellerAs(fleet: ReturnType<typeof smallFleet>, name: string): McpServer {
  return fleet.addServer(name, {
    runtime: ServerRuntime.stdio({ directory: join(__dirname, 'teller'), command: ['node', 'server/teller.js'] }),
    scaling: { minInstances: 1, maxInstances: 2 },
  });
}
