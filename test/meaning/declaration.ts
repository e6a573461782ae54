import { type App, Expiration, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  type AddAgentProps,
  type AddServerProps,
  AgentIdentity,
  type CallDenialProps,
  type CallGrantProps,
  FleetEdge,
  KeyPolicy,
  McpFleet,
  type McpFleetProps,
  type McpServer,
  OnLoss,
  ServerRuntime,
  ServerSecret,
  ToolPolicy,
} from '../../lib';
import { readCloudAssembly } from '../../local/assembly/cloud-assembly';
import { templateWithGrants } from '../../local/assembly/grants';
import type { Template as CloudFormationTemplate } from '../../local/assembly/template';
import { acknowledgePlainHttp, newApp } from '../lib/example-fleet';

/** What nobody may see, wherever somebody has written it. */
export const SECRETS = ['sk_live_4711aZ9xQ2vB7nM3', 'hunter2-of-the-environment', 'path-of-the-url'];
export const [KEY = '', PASSWORD = '', PATH = ''] = SECRETS;

/** A fleet as a company declares it; every member may be another in its next version. */
export interface Declaration {
  readonly fleet: (stack: Stack) => Partial<McpFleetProps>;
  readonly edge: (stack: Stack) => FleetEdge;
  readonly identity: { readonly issuer: string; readonly audience: string; readonly jwksUri?: string };
  readonly payments: (stack: Stack) => AddServerProps;
  /** Beside `payments`, by name. */
  readonly others: Readonly<Record<string, ServerRuntime>>;
  /** Subjects by name. */
  readonly agents: Readonly<Record<string, string>>;
  readonly grants: Readonly<Record<string, CallGrantProps>>;
  readonly denials: Readonly<Record<string, CallDenialProps>>;
  /** Of agents, by name. */
  readonly terms: Readonly<Record<string, Pick<AddAgentProps, 'weight' | 'sessionBudget'>>>;
  readonly also: (fleet: McpFleet, payments: McpServer, stack: Stack) => void;
}

const certificate = (stack: Stack, name: string) =>
  Certificate.fromCertificateArn(stack, name, `arn:aws:acm:eu-west-1:111122223333:certificate/${name}`);
export const named = (stack: Stack, domainName: string, of = domainName) => ({ domainName, certificate: certificate(stack, of) });
export const secret = (stack: Stack, name: string) => Secret.fromSecretNameV2(stack, name.replaceAll('/', ''), name);

export const HTTP = { package: '@acme/payments', version: '1.2.3', port: 3000, args: ['--api-key', KEY, '--quiet'] };
export const TOOLS = {
  transfer: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED, keyArgument: 'reference' }),
  refund: ToolPolicy.stateChanging(),
  balance: ToolPolicy.readOnly(),
};

export const payments = (stack: Stack): AddServerProps => ({
  runtime: ServerRuntime.http(HTTP),
  sessions: { perInstance: 50, onLoss: OnLoss.RESTART },
  scaling: { minInstances: 2, maxInstances: 10 },
  tools: TOOLS,
  environment: { BANK_PASSWORD: PASSWORD },
  secrets: [ServerSecret.environment('BANK_KEY', secret(stack, 'prod/bank'), 'pin')],
});

export const USUAL: Declaration = {
  fleet: () => ({}),
  edge: (stack) => FleetEdge.internal(named(stack, 'mcp.example')),
  identity: { issuer: 'https://login.example', audience: 'https://mcp.example' },
  payments,
  others: {
    notes: ServerRuntime.stdio({ package: '@acme/notes', version: '4.5.6' }),
    tickets: ServerRuntime.remote({ url: `https://tickets.example/${PATH}/mcp` }),
  },
  agents: { support: 'agent-support', treasury: 'agent-treasury' },
  grants: { support: { tools: ['balance'] }, treasury: { tools: ['balance', 'transfer'], expires: Expiration.atTimestamp(4e12) } },
  denials: { treasury: { tools: ['refund'] } },
  terms: {},
  also: () => {},
};

export function synthesize(change: Partial<Declaration> = {}): CloudFormationTemplate {
  const { edge, identity, payments, others, agents, grants, denials, terms, also, ...declared } = { ...USUAL, ...change };
  const stack = new Stack(newApp(), 'Company');
  const made = new McpFleet(stack, 'Mcp', {
    fleetName: 'orders',
    edge: edge(stack),
    identity: AgentIdentity.oidc(identity),
    ...declared.fleet(stack),
  });
  acknowledgePlainHttp(made);
  const server = made.addServer('payments', payments(stack));
  for (const [name, of] of Object.entries(others)) made.addServer(name, { runtime: of });
  for (const [name, subject] of Object.entries(agents)) {
    const agent = made.addAgent(name, { subject, ...terms[name] });
    const grant = grants[name];
    if (grant !== undefined) server.grantCall(agent, grant);
    const denial = denials[name];
    if (denial !== undefined) server.denyCall(agent, denial);
  }
  also(made, server, stack);
  const [only] = readCloudAssembly((stack.node.root as App).synth().directory).stacks;
  return templateWithGrants(only as NonNullable<typeof only>);
}
