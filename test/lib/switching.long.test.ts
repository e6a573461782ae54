import { expect, test } from '@jest/globals';
import { Size, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { UserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { Peer, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, CpuArchitecture } from 'aws-cdk-lib/aws-ecs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  type AddServerProps,
  Affinity,
  AgentIdentity,
  FleetEdge,
  McpFleet,
  type McpFleetProps,
  OnLoss,
  ServerRuntime,
  ServerSecret,
} from '../../lib';
import type { Template as CloudFormationTemplate } from '../../local/assembly/template';
import { collisionsOf } from '../../local/cloudformation/collisions';
import { acknowledgePlainHttp, IDENTITY, NPM_HTTP, NPM_STDIO, newApp } from './example-fleet';
import { lossesOf } from './losses';

/** What may be declared otherwise from one deployment to the next. */
interface Declaration {
  readonly edge: (stack: Stack) => FleetEdge;
  readonly runtime: ServerRuntime;
  readonly identity: (stack: Stack) => AgentIdentity;
  readonly fleet?: (stack: Stack) => Partial<McpFleetProps>;
  readonly server?: (stack: Stack) => Partial<AddServerProps>;
  /** Servers beside the one that is always there. */
  readonly others?: readonly string[];
  readonly agents?: readonly string[];
}

const certificate = (stack: Stack, name: string) =>
  Certificate.fromCertificateArn(stack, name, `arn:aws:acm:eu-west-1:111122223333:certificate/${name}`);
const named = (stack: Stack, domainName: string) => ({ domainName, certificate: certificate(stack, domainName) });

const EDGES = {
  'internal, plain': () => FleetEdge.internal(),
  'internal, TLS': (stack) => FleetEdge.internal(named(stack, 'mcp.example')),
  'internal, another domain': (stack) => FleetEdge.internal(named(stack, 'tools.example')),
  'internal, of clients': (stack) => FleetEdge.internal({ ...named(stack, 'mcp.example'), clients: [Peer.ipv4('10.9.0.0/16')] }),
  public: (stack) => FleetEdge.publicAlb(named(stack, 'mcp.example')),
  'public, another domain': (stack) => FleetEdge.publicAlb(named(stack, 'tools.example')),
} satisfies Readonly<Record<string, Declaration['edge']>>;
const RUNTIMES = {
  stdio: NPM_STDIO,
  remote: ServerRuntime.remote({ url: 'https://tickets.example/mcp' }),
};
const IDENTITIES: Readonly<Record<string, Declaration['identity']>> = {
  cognito: (stack) =>
    AgentIdentity.cognito(UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_AbC123'), {
      clients: [UserPoolClient.fromUserPoolClientId(stack, 'Client', '1a2b3c')],
    }),
};

const USUAL: Declaration = { edge: EDGES['internal, TLS'], runtime: NPM_HTTP, identity: () => IDENTITY };
const secret = (stack: Stack) => ServerSecret.environment('TOKEN', Secret.fromSecretNameV2(stack, 'Token', 'tickets/token'));
const topic = (stack: Stack) => Topic.fromTopicArn(stack, 'Alarms', 'arn:aws:sns:eu-west-1:111122223333:alarms');

const ONE_BY_ONE: Readonly<Record<string, Partial<Declaration>>> = {
  'another task size': { server: () => ({ taskSize: { cpu: 1024, memory: Size.gibibytes(4) } }) },
  'more instances': { server: () => ({ scaling: { minInstances: 4, maxInstances: 40, targetUtilization: 50 } }) },
  'fewer slots': { server: () => ({ sessions: { perInstance: 10 } }) },
  'restarts, by agent': { server: () => ({ sessions: { onLoss: OnLoss.RESTART, affinity: Affinity.AGENT } }) },
  'a secret': { server: (stack) => ({ secrets: [secret(stack)], environment: { REGION: 'eu' } }) },
  'another image': { runtime: ServerRuntime.http({ package: '@acme/tickets', version: '2.0.0', port: 4000, path: '/v2' }) },
  'more servers': { others: ['notes', 'search'] },
  'another server': { others: ['orders'] },
  'no agent': { agents: [] },
  'other agents': { agents: ['treasury', 'research'] },
  'a larger gateway': { fleet: () => ({ gateway: { replicas: 4, taskSize: { cpu: 2048, memory: Size.gibibytes(4) } } }) },
  'ARM, alarms, shorter logs': {
    fleet: (stack) => ({ cpuArchitecture: CpuArchitecture.ARM64, alarmTopic: topic(stack), logRetention: RetentionDays.ONE_WEEK }),
  },
};

const TWO_EDGES = ['internal, TLS', 'public'] as const;

const declarations: Readonly<Record<string, Declaration>> = {
  ...forEach(EDGES, (at, edge) => [[at, { ...USUAL, edge }]]),
  ...forEach(RUNTIMES, (by, runtime) => TWO_EDGES.map((at) => [`${at}; ${by}`, { ...USUAL, edge: EDGES[at], runtime }])),
  ...forEach(IDENTITIES, (of, identity) => TWO_EDGES.map((at) => [`${at}; ${of}`, { ...USUAL, edge: EDGES[at], identity }])),
  ...forEach(ONE_BY_ONE, (name, changed) => [[name, { ...USUAL, ...changed }]]),
};
const templates = new Map(Object.entries(declarations).map(([name, declared]) => [name, synthesize(declared)]));

test('a cluster of the same network takes the services over, and another network takes nothing over', () => {
  const settings = (stack: Stack) => {
    const vpc = new Vpc(stack, 'Network');
    return { vpc, cluster: new Cluster(stack, 'Shared', { vpc }), other: new Vpc(stack, 'Other') };
  };
  const own = synthesize({ ...USUAL, fleet: (stack) => ({ vpc: settings(stack).vpc }) });
  const shared = synthesize({ ...USUAL, fleet: (stack) => ({ cluster: settings(stack).cluster }) });
  const moved = synthesize({ ...USUAL, fleet: (stack) => ({ vpc: settings(stack).other }) });

  expect([...collisionsOf(own, shared), ...collisionsOf(shared, own), ...lossesOf(own, shared), ...lossesOf(shared, own)]).toEqual([]);
  expect(new Set(collisionsOf(own, moved).map(({ kind }) => kind))).toEqual(new Set(['network']));
});

function forEach<T>(values: Readonly<Record<string, T>>, declare: (name: string, value: T) => [string, Declaration][]) {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => declare(name, value)));
}

function synthesize({ edge, runtime, identity, fleet: settings, server, others = [], agents = ['support'] }: Declaration) {
  const stack = new Stack(newApp(), 'Company');
  const fleet = new McpFleet(stack, 'Mcp', { fleetName: 'orders', edge: edge(stack), identity: identity(stack), ...settings?.(stack) });
  acknowledgePlainHttp(fleet);
  const tickets = fleet.addServer('tickets', { runtime, ...server?.(stack) });
  for (const name of others) fleet.addServer(name, { runtime: NPM_STDIO });
  for (const name of agents) tickets.grantCall(fleet.addAgent(name, { subject: `agent-${name}` }), { tools: ['read'] });
  return Template.fromStack(stack).toJSON() as CloudFormationTemplate;
}

test.each([...templates.keys()])('from "%s" to whatever else, nothing collides and nothing that holds data is lost', (from) => {
  const before = templates.get(from) as CloudFormationTemplate;
  const problems = [...templates].flatMap(([to, after]) => [
    ...collisionsOf(before, after).map(({ what, why }) => `${to}: ${what} ${why}`),
    ...lossesOf(before, after).map((loss) => `${to}: ${loss}`),
  ]);

  expect(problems).toEqual([]);
});
