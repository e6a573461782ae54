import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App, Duration, Expiration, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AgentIdentity, FleetEdge, McpFleet, McpServer, type ServerChecks, ServerRuntime, ServerSecret, ToolPolicy } from '../../../lib';

/** Small companies: each composes a fleet in its own way. */
export interface Company {
  readonly name: string;
  readonly compose: (fleet: McpFleet, stack: Stack, image: string) => void;
}

const ISSUER = 'https://login.company.example';
export const AUDIENCE = 'https://mcp.company.example';

/** @returns folder of the assembly */
export function synthesize({ compose }: Company, scratch: string): string {
  const image = join(scratch, 'image');
  mkdirSync(image, { recursive: true });
  cpSync(join(__dirname, 'server.cjs'), join(image, 'server.cjs'));
  writeFileSync(join(image, 'Dockerfile'), 'FROM node:24\nWORKDIR /app\nCOPY server.cjs ./\nCMD ["node", "server.cjs"]\n');
  const outdir = join(scratch, 'cdk.out');
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Company');
  const fleet = new McpFleet(stack, 'Mcp', {
    fleetName: 'company',
    identity: AgentIdentity.oidc({ issuer: ISSUER, audience: AUDIENCE }),
    edge: FleetEdge.internal(),
  });
  compose(fleet, stack, image);
  app.synth();
  return outdir;
}

/** Changes the synthesized template, as somebody might who mends it by hand. */
export function alter(assembly: string, change: (template: Template) => void): void {
  const file = readdirSync(assembly).find((name) => name.endsWith('.template.json')) as string;
  const template = JSON.parse(readFileSync(join(assembly, file), 'utf8')) as Template;
  change(template);
  writeFileSync(join(assembly, file), JSON.stringify(template));
}

export interface Template {
  // biome-ignore lint/suspicious/noExplicitAny: a template is read by path
  readonly Resources: Record<string, { Type: string; Properties: any }>;
}

const HARMLESS: ServerChecks = {
  read: { tool: 'count', arguments: { reference: '{mark}' }, expect: 'result.structuredContent.count = 0' },
  write: {
    tool: 'note',
    arguments: { reference: '{mark}' },
    executions: { tool: 'count', arguments: { reference: '{mark}' }, count: 'result.structuredContent.count' },
  },
  lasting: {
    tool: 'note',
    arguments: { reference: '{mark}', seconds: 4 },
    executions: { tool: 'count', arguments: { reference: '{mark}' }, count: 'result.structuredContent.count' },
  },
  failing: { tool: 'note', arguments: {} },
  leak: { tool: 'count', arguments: { reference: 'none' } },
};

export const HEALTHY: readonly Company[] = [
  { name: 'no server and no agent', compose: () => undefined },
  { name: 'a server that nobody may use', compose: (fleet, _, image) => void addNotes(fleet, image) },
  {
    name: 'agents that may use nothing',
    compose: (fleet, _, image) => {
      addNotes(fleet, image);
      for (const name of ['ada', 'bob']) fleet.addAgent(name, { subject: name });
    },
  },
  {
    name: 'remote servers only',
    compose: (fleet) => {
      const remote = fleet.addServer('tickets', { runtime: ServerRuntime.remote({ url: 'https://127.0.0.1:9/mcp' }) });
      remote.grantCall(fleet.addAgent('ada', { subject: 'ada' }), { tools: [McpServer.ALL_TOOLS] });
    },
  },
  {
    name: 'stdio servers only, without probes',
    compose: (fleet) => {
      const memory = fleet.addServer('memory', {
        runtime: ServerRuntime.stdio({ package: '@modelcontextprotocol/server-memory', version: '2026.8.31', bin: 'mcp-server-memory' }),
        sessions: { perInstance: 6 },
        scaling: { minInstances: 1, maxInstances: 2 },
      });
      memory.grantCall(fleet.addAgent('ada', { subject: 'ada' }), { tools: [McpServer.ALL_TOOLS] });
    },
  },
  {
    name: 'a server that keeps no sessions, and a tool granted for a time that is over',
    compose: (fleet, _, image) => {
      const notes = addNotes(fleet, image, { environment: { STATELESS: '1' } });
      notes.grantCall(fleet.addAgent('ada', { subject: 'ada' }), { tools: ['count'] });
      notes.grantCall(fleet.addAgent('bob', { subject: 'bob' }), { tools: ['note'], expires: Expiration.atTimestamp(1_000_000_000_000) });
    },
  },
  {
    name: 'everything declared',
    compose: (fleet, stack, image) => {
      const key = new Secret(stack, 'Key');
      const notes = addNotes(fleet, image, { checks: HARMLESS, secrets: [ServerSecret.environment('API_KEY', key)] });
      notes.grantCall(fleet.addAgent('ada', { subject: 'ada' }), { tools: [McpServer.ALL_TOOLS] });
      notes.grantCall(fleet.addAgent('bob', { subject: 'bob' }), { tools: ['count'] });
      fleet.addAgent('eve', { subject: 'eve' });
    },
  },
];

/** A server of the company's own that says its secret in its log. */
export const CARELESS: Company = {
  name: 'a careless server',
  compose: (fleet, stack, image) => {
    const secrets = [ServerSecret.environment('API_KEY', new Secret(stack, 'Key'))];
    const notes = addNotes(fleet, image, { environment: { CARELESS: '1' }, secrets });
    notes.grantCall(fleet.addAgent('ada', { subject: 'ada' }), { tools: ['count'] });
    fleet.addAgent('eve', { subject: 'eve' });
  },
};

type Options = Pick<Parameters<McpFleet['addServer']>[1], 'checks' | 'secrets' | 'environment'>;

function addNotes(fleet: McpFleet, directory: string, options: Options = {}): McpServer {
  return fleet.addServer('notes', {
    runtime: ServerRuntime.http({ directory, port: 3000 }),
    drain: Duration.seconds(5),
    tools: { note: ToolPolicy.stateChanging(), count: ToolPolicy.readOnly() },
    ...options,
    // One memory for all instances, as a database would be.
    environment: { NOTES: pathToFileURL(join(dirname(directory), 'notes')).href, ...options.environment },
  });
}
