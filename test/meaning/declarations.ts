import { Duration, Expiration, Size, Stack } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import { Peer, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import { ApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import {
  type AddServerProps,
  Affinity,
  type CallGrantProps,
  CallLimit,
  FleetEdge,
  KeyPolicy,
  type McpFleet,
  OnLoss,
  Reconcile,
  ServerMethod,
  ServerRuntime,
  ServerSecret,
  ToolPolicy,
} from '../../lib';
import { type Declaration, HTTP, KEY, named, PATH, payments, secret, TOOLS, USUAL } from './declaration';
/** A single thing that is declared otherwise. */
export interface Change {
  readonly by: Partial<Declaration>;
  /** Of one of the changes that it must be told by: severity, and words of `what`, `before` or `after`. */
  readonly told: readonly [string, RegExp];
  /** Kinds of changes that it may be told by; of a server, also that its instances are replaced. */
  readonly kinds: readonly string[];
  /** Servers of which may be told; others than these are none of its affair. */
  readonly servers?: readonly string[];
}

const server = (by: (stack: Stack, usual: AddServerProps) => Partial<AddServerProps>): Partial<Declaration> => ({
  payments: (stack) => ({ ...payments(stack), ...by(stack, payments(new Stack())) }),
});
const PAYMENTS = ['payments'];
const policy = (tools: NonNullable<AddServerProps['tools']>, severity: string, words: RegExp): Change => ({
  by: server(() => ({ tools: { ...TOOLS, ...tools } })),
  told: [severity, words],
  kinds: ['policy'],
  servers: PAYMENTS,
});
const capacity = (by: Partial<AddServerProps>, severity: string, words: RegExp): Change => ({
  by: server(() => by),
  told: [severity, words],
  kinds: ['capacity', 'policy'],
  servers: PAYMENTS,
});
/** What alarms follow. */
const watched = (change: Change): Change => ({ ...change, kinds: [...change.kinds, 'alarm'] });
const runtime = (by: ServerRuntime, severity: string, words: RegExp): Change => ({
  by: server(() => ({ runtime: by })),
  told: [severity, words],
  kinds: ['runtime'],
  servers: PAYMENTS,
});
const granted = (grants: Declaration['grants'], severity: string, words: RegExp): Change => ({
  by: { grants: { ...USUAL.grants, ...grants } },
  told: [severity, words],
  kinds: ['grant'],
  servers: PAYMENTS,
});
const denied = (denials: Declaration['denials'], severity: string, words: RegExp): Change => ({
  by: { denials },
  told: [severity, words],
  kinds: ['grant'],
  servers: PAYMENTS,
});
const edge = (by: Declaration['edge'], severity: string, words: RegExp): Change => ({
  by: { edge: by },
  told: [severity, words],
  kinds: ['edge'],
});
const identity = (by: Partial<Declaration['identity']>, severity: string, words: RegExp): Change => ({
  by: { identity: { ...USUAL.identity, ...by } },
  told: [severity, words],
  kinds: ['identity'],
});
const fleet = (by: Declaration['fleet'], kinds: string[], severity: string, words: RegExp): Change => ({
  by: { fleet: by },
  told: [severity, words],
  kinds,
});
const also = (by: Declaration['also'], kinds: string[], severity: string, words: RegExp, servers?: string[]): Change => ({
  by: { also: by },
  told: [severity, words],
  kinds,
  ...(servers && { servers }),
});
const sharedListener = (stack: Stack) =>
  ApplicationListener.fromApplicationListenerAttributes(stack, 'Shared', {
    listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/shared/1a2b/3c4d',
    securityGroup: SecurityGroup.fromSecurityGroupId(stack, 'SharedAccess', 'sg-shared'),
  });
const ledgerOf = ({ ledgerTable }: McpFleet) => ledgerTable.node.defaultChild as CfnGlobalTable;
const RECONCILE = { tool: 'balance', arguments: '{}', landed: 'result.a = 1', notLanded: 'result.a = 0' };

export const CHANGES: Readonly<Record<string, Change>> = {
  'a tool more in a grant': granted({ support: { tools: ['balance', 'refund'] } }, 'widens', /support may call.*refund/),
  'all tools in a grant': granted({ support: { tools: ['*'] } }, 'widens', /support may call.*all tools/),
  'a resource in a grant': granted({ support: { tools: ['balance'], resources: ['docs://a/*'] } }, 'widens', /support may read.*docs:/),
  'bounds of a tool': granted(
    { support: { tools: ['balance'], limits: { balance: CallLimit.perHour(3) } } },
    'narrows',
    /support may call.*balance/,
  ),
  'all prompts in a grant': granted({ support: { tools: ['balance'], prompts: ['*'] } }, 'widens', /support may get.*all prompts/),
  'a grant that ends later': granted(
    { treasury: { tools: ['balance', 'transfer'], expires: Expiration.atTimestamp(5e12) } },
    'widens',
    /treasury.*until/,
  ),
  'a grant without an end': granted({ treasury: { tools: ['balance', 'transfer'] } }, 'widens', /treasury.*until.*it is removed/),
  'a grant less': {
    by: { grants: { treasury: USUAL.grants.treasury as CallGrantProps } },
    told: ['narrows', /support may call.*balance/],
    kinds: ['grant'],
    servers: PAYMENTS,
  },
  'a denial': denied(
    { ...USUAL.denials, support: { tools: ['transfer'], resources: ['docs://a/*'] } },
    'narrows',
    /support is denied.*transfer/,
  ),
  'a denial of more': denied({ treasury: { tools: ['*'] } }, 'narrows', /treasury is denied.*all tools/),
  'a denial of something else': denied({ treasury: { tools: ['balance'] } }, 'widens', /treasury is denied.*refund/),
  'a denial less': denied({}, 'widens', /treasury is denied.*refund/),
  'an agent more': {
    by: { agents: { ...USUAL.agents, audit: 'agent-audit' } },
    told: ['changes', /agent audit.*agent-audit/],
    kinds: ['agent'],
  },
  'another subject': {
    by: { agents: { ...USUAL.agents, support: 'agent-desk' } },
    told: ['widens', /subject that is support.*agent-desk/],
    kinds: ['agent'],
  },
  'another issuer': identity({ issuer: 'https://id.example' }, 'widens', /issuer.*id\.example/),
  'another audience': identity({ audience: 'https://tools.example' }, 'widens', /audience.*tools\.example/),
  'other keys': identity({ jwksUri: 'https://login.example/keys' }, 'narrows', /signing keys.*the issuer names/),
  'an API at the edge': watched(
    edge((stack) => FleetEdge.apiGateway({ ...named(stack, 'mcp.example') }), 'widens', /edge.*internal.*public/),
  ),
  'a listener of the company': watched(
    edge(
      (stack) => FleetEdge.listener({ ...named(stack, 'mcp.example'), listener: sharedListener(stack), priority: 7 }),
      'widens',
      /edge.*internal.*a listener of the company/,
    ),
  ),
  'a public edge': watched(edge((stack) => FleetEdge.publicAlb(named(stack, 'mcp.example')), 'widens', /edge.*internal.*public/)),
  // Of a certificate that there is not none can end.
  'plain HTTP': watched(edge(() => FleetEdge.internal(), 'widens', /edge speaks.*HTTPS on port 443.*HTTP on port 80/)),
  'another domain': edge(
    (stack) => FleetEdge.internal(named(stack, 'tools.example', 'mcp.example')),
    'breaks',
    /domain name.*tools\.example/,
  ),
  'another certificate': edge((stack) => FleetEdge.internal(named(stack, 'mcp.example', 'renewed')), 'changes', /certificate.*renewed/),
  'other clients': edge(
    (stack) => FleetEdge.internal({ ...named(stack, 'mcp.example'), clients: [Peer.ipv4('10.9.0.0/16')] }),
    'widens',
    /open to.*10\.9/,
  ),
  'browser origins': fleet(() => ({ allowedOrigins: ['https://console.example'] }), ['edge'], 'widens', /origins.*console/),
  'a share and a budget of one agent': {
    by: { terms: { support: { weight: 3, sessionBudget: { perTask: 5 } } } },
    told: ['changes', /share and sessions of support.*any agent.*weight 3, 5 sessions of a task/],
    kinds: ['capacity'],
  },
  'fewer sessions at once': fleet(
    () => ({ sessionBudget: { perTask: 5, perAgent: 40 } }),
    ['capacity'],
    'changes',
    /sessions at once.*50 of a task.*5 of a task, 40 of an agent/,
  ),
  'shorter lives of keys': fleet(() => ({ keyLifetime: Duration.days(1) }), ['audit'], 'widens', /key names its call.*30 days.*1 days/),
  'shorter logs': fleet(() => ({ logRetention: RetentionDays.ONE_WEEK }), ['audit'], 'changes', /logs are kept.*7 days/),
  'whom alarms tell': fleet(
    (stack) => ({ alarmTopic: Topic.fromTopicArn(stack, 'T', 'arn:aws:sns:eu-west-1:111122223333:night') }),
    ['alarm'],
    'changes',
    /alarms tell.*nobody.*night/,
  ),
  'more gateways': fleet(
    () => ({ gateway: { replicas: 4, taskSize: { cpu: 2048, memory: Size.gibibytes(4) } } }),
    ['capacity', 'alarm'],
    'changes',
    /gateways 2 to 10 4/,
  ),
  'gateways that scale further': fleet(
    () => ({ gateway: { minReplicas: 3, maxReplicas: 20 } }),
    ['capacity', 'alarm'],
    'changes',
    /gateways 2 to 10 3 to 20/,
  ),
  'a server more': {
    by: { others: { ...USUAL.others, search: ServerRuntime.remote({ url: 'https://search.example/mcp' }) } },
    told: ['widens', /calls are sent to.*search\.example/],
    kinds: ['server', 'runtime'],
    servers: ['search'],
  },
  'a server less': {
    by: { others: { tickets: USUAL.others.tickets as ServerRuntime } },
    told: ['breaks', /server notes/],
    kinds: ['server'],
    servers: ['notes'],
  },
  'another remote': {
    by: { others: { ...USUAL.others, tickets: ServerRuntime.remote({ url: 'https://desk.example/mcp' }) } },
    told: ['widens', /calls are sent to.*https:\/\/desk\.example$/],
    kinds: ['runtime'],
    servers: ['tickets'],
  },
  'another path at the remote': {
    by: { others: { ...USUAL.others, tickets: ServerRuntime.remote({ url: 'https://tickets.example/mcp' }) } },
    told: ['breaks', /URL behind its origin/],
    kinds: ['runtime'],
    servers: ['tickets'],
  },
  'another version': runtime(ServerRuntime.http({ ...HTTP, version: '2.0.0' }), 'changes', /package.*1\.2\.3.*2\.0\.0/),
  'other arguments': runtime(
    ServerRuntime.http({ ...HTTP, args: ['--api-key', KEY, '--loud'] }),
    'changes',
    /arguments.*--api-key … --quiet.*--api-key … --loud/,
  ),
  'another key in the arguments': runtime(
    ServerRuntime.http({ ...HTTP, args: ['--api-key', `${KEY}0`, '--quiet'] }),
    'changes',
    /arguments.*not shown/,
  ),
  'another path': runtime(ServerRuntime.http({ ...HTTP, path: '/v2' }), 'changes', /listens at.*\/mcp.*\/v2/),
  'remote in place of hosted': {
    by: { payments: () => ({ runtime: ServerRuntime.remote({ url: 'https://pay.example/mcp' }), tools: TOOLS }) },
    told: ['breaks', /server runs.*outside/],
    kinds: ['runtime', 'secret'],
    servers: PAYMENTS,
  },
  'another variable': {
    by: server(() => ({ environment: { BANK_PASSWORD: 'another', REGION: 'eu' } })),
    told: ['changes', /variable REGION.*set/],
    kinds: ['runtime'],
    servers: PAYMENTS,
  },
  'another secret': {
    by: server((stack) => ({ secrets: [ServerSecret.environment('BANK_KEY', secret(stack, 'prod/other'), 'pin')] })),
    told: ['widens', /BANK_KEY.*prod\/other, its pin/],
    kinds: ['secret'],
    servers: PAYMENTS,
  },
  'no secret': {
    by: server(() => ({ secrets: [] })),
    told: ['narrows', /BANK_KEY.*prod\/bank, its pin/],
    kinds: ['secret'],
    servers: PAYMENTS,
  },
  'fewer slots': capacity({ sessions: { perInstance: 20, onLoss: OnLoss.RESTART } }, 'breaks', /sessions per instance.*50.*20/),
  'more instances': watched(
    capacity({ scaling: { minInstances: 4, maxInstances: 40, targetUtilization: 50 } }, 'changes', /most instances.*10.*40/),
  ),
  'no instance at least': watched(capacity({ scaling: { minInstances: 0, maxInstances: 10 } }, 'changes', /least instances 2 0/)),
  'a larger task': capacity({ taskSize: { cpu: 1024, memory: Size.gibibytes(4) } }, 'changes', /size of an instance.*1024/),
  'sessions that are kept ready': capacity(
    { sessions: { perInstance: 50, onLoss: OnLoss.RESTART, warm: 5 } },
    'changes',
    /sessions kept ready on each instance 0 5/,
  ),
  'shorter calls': watched(capacity({ longestCall: Duration.minutes(2) }, 'breaks', /an answer may take 900 s 120 s/)),
  'listen streams that end': capacity({ listenAge: Duration.hours(1) }, 'breaks', /listen streams end after they may stay open 3600 s/),
  'longer starts': capacity({ startGrace: Duration.minutes(5) }, 'changes', /may take to be healthy 60 s 300 s/),
  'connections that are kept open': {
    by: { others: { ...USUAL.others, tickets: ServerRuntime.remote({ url: `https://tickets.example/${PATH}/mcp`, warm: 3 }) } },
    told: ['changes', /connections kept open to it 0 3/],
    kinds: ['capacity'],
    servers: ['tickets'],
  },
  'a longer deployment': watched(capacity({ deployWithin: Duration.minutes(90) }, 'changes', /waits for sessions.*45 min.*90 min/)),
  'a shorter drain': capacity({ drain: Duration.seconds(20) }, 'changes', /calls may finish.*110 s.*20 s/),
  'sessions that surface': capacity(
    { sessions: { perInstance: 50, onLoss: OnLoss.SURFACE } },
    'breaks',
    /instance is lost.*restart.*surface/,
  ),
  'one instance for an agent': capacity(
    { sessions: { perInstance: 50, onLoss: OnLoss.RESTART, affinity: Affinity.AGENT } },
    'changes',
    /one instance.*none.*agent/,
  ),
  'a tool that only reads': policy({ refund: ToolPolicy.readOnly() }, 'widens', /tool refund.*changes state.*only reads/),
  'a tool that changes state': policy({ balance: ToolPolicy.stateChanging() }, 'narrows', /tool balance.*only reads.*changes state/),
  'no key needed': policy(
    { transfer: ToolPolicy.stateChanging({ keyArgument: 'reference' }) },
    'widens',
    /tool transfer needs a key.*yes.*no/,
  ),
  'a key needed': policy({ refund: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED }) }, 'narrows', /tool refund needs a key/),
  'a key elsewhere': policy(
    { transfer: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED, keyArgument: 'id' }) },
    'breaks',
    /argument that carries the key.*reference.*id/,
  ),
  'a tool that honours keys': policy({ refund: ToolPolicy.stateChanging({ honoursKey: true }) }, 'widens', /refund is sent again/),
  'a tool that can be cancelled': policy({ refund: ToolPolicy.stateChanging({ cancellable: true }) }, 'changes', /refund can be cancelled/),
  'a look-up': policy(
    { refund: ToolPolicy.stateChanging({ reconcile: Reconcile.by(RECONCILE) }) },
    'changes',
    /refund.*lost call.*balance/,
  ),
  'a tool declared as what it was': policy({ close: ToolPolicy.stateChanging() }, 'changes', /tool close.*declared/),
  'a new tool that only reads': policy({ list: ToolPolicy.readOnly() }, 'widens', /tool list.*only reads/),
  'hints that are believed': { ...capacity({ trustAnnotations: true }, 'widens', /own hints are believed/) },
  'the outcome tool': { ...capacity({ outcomeTool: true }, 'widens', /fleet_call_outcome/) },
  'an own method': { ...capacity({ methods: [ServerMethod.request('acme/reindex')] }, 'widens', /own methods.*acme\/reindex/) },
  'final errors': { ...capacity({ finalErrors: [-32000] }, 'changes', /final.*none.*-32000/) },
  'a shorter queue': capacity(
    { sessions: { perInstance: 50, onLoss: OnLoss.RESTART, queue: { length: 5 } } },
    'changes',
    /wait for a slot.*1000 at each gateway, for 40 s.*5 at/,
  ),
  'less recovery': { ...capacity({ recovery: { attempts: 2 } }, 'changes', /recovery.*6 attempts in 20 s.*2 attempts/) },
  'checks that may call': { ...capacity({ checks: { read: { tool: 'balance' } } }, 'changes', /checks may make/), kinds: ['server'] },
  'a permission': also(
    (_, { grantPrincipal }) =>
      grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::bills/*'] })),
    ['permission'],
    'widens',
    /programs may.*s3:GetObject on arn:aws:s3:::bills/,
    PAYMENTS,
  ),
  'a deny': also(
    (_, { grantPrincipal }) =>
      grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ effect: Effect.DENY, actions: ['s3:*'], resources: ['*'] })),
    ['permission'],
    'narrows',
    /programs may not.*s3:\*/,
    PAYMENTS,
  ),
  'a ledger that can be deleted': also(
    (of) => ledgerOf(of).addPropertyOverride('Replicas.0.DeletionProtectionEnabled', false),
    ['audit'],
    'widens',
    /ledger is protected.*yes.*no/,
  ),
  'a ledger whose rows go': also(
    (of) => ledgerOf(of).addPropertyOverride('TimeToLiveSpecification', { Enabled: true, AttributeName: 'gone' }),
    ['audit'],
    'widens',
    /rows of the ledger go after.*gone/,
  ),
  'another threshold': also(
    ({ node }) => {
      for (const made of node.findAll())
        if (made instanceof CfnAlarm && made.node.path.includes('ServerAlarms/SlotUtilization')) made.threshold = 50;
    },
    ['alarm'],
    'changes',
    /alarm ServerAlarms\/SlotUtilizationAlarm.*90.*50/,
  ),
  'a cluster of the company': {
    by: { fleet: (stack) => ({ cluster: new Cluster(stack, 'Shared', { vpc: new Vpc(stack, 'Own') }) }) },
    told: ['breaks', /service is made anew/],
    kinds: ['runtime', 'edge'],
    servers: ['payments', 'notes'],
  },
};
