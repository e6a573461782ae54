import { expect, jest, test } from '@jest/globals';
import { Size } from 'aws-cdk-lib';
import { UserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { ApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import * as lib from '../../lib';
import { rulePriority } from '../../lib/rule-priority';
import { certificateOf, IDENTITY, NPM_HTTP, newFleet, newStack } from './example-fleet';
import { type PublicProperty, publicProps } from './public-props';

const {
  AgentIdentity,
  ApprovedTools,
  FleetEdge,
  McpFleet,
  Reconcile,
  ServerCredential,
  ServerMethod,
  ServerRuntime,
  ServerSecret,
  ToolPolicy,
} = lib;

/** As plain JavaScript calls it. */
// biome-ignore lint/suspicious/noExplicitAny: what is given here is wrong by intention
type Anything = any;

const stack = newStack();
const fleet = newFleet(stack);
const secret = new Secret(stack, 'Secret');
const pool = UserPool.fromUserPoolId(stack, 'Pool', 'eu-west-1_AbC');
const client = UserPoolClient.fromUserPoolClientId(stack, 'Client', 'client');
const agent = fleet.addAgent('support', { subject: 'agent-support' });
const server = fleet.addServer('notes', { runtime: NPM_HTTP });
let made = 0;

const newFleetWith = (props: Anything) => new McpFleet(newStack(), 'Mcp', props);
const identified = (identity: Anything) => newFleetWith({ identity, edge: FleetEdge.internal() });
const at = (edge: Anything) => newFleetWith({ identity: IDENTITY, edge });
const taken = new Set<number>();
/** Of so many names some hash to one priority. */
const nextName = (): string => {
  let name: string;
  do name = `s${++made}`;
  while (taken.has(rulePriority(name)));
  taken.add(rulePriority(name));
  return name;
};
const addServer = (props: Anything) => fleet.addServer(nextName(), props);
const serverWith = (props: Anything) => addServer({ runtime: NPM_HTTP, ...props });
const running = (runtime: Anything) => addServer({ runtime });
const shows = (credential: Anything) => running(ServerRuntime.remote({ url: 'https://search.example/mcp', credential }));
const withTools = (transfer: Anything) => serverWith({ tools: { transfer, find: ToolPolicy.readOnly() } });
const checkedBy = (checks: Anything) => serverWith({ checks, tools: { find: ToolPolicy.readOnly() } });
const COUNT = { tool: 'find', arguments: { reference: '{mark}' }, count: 'result.n' };
const READ = { tool: 'find', arguments: '{}', landed: 'result.n > 0', notLanded: 'result.n = 0' };

const FEWEST = { identity: IDENTITY, edge: FleetEdge.internal() };
const LISTENER = ApplicationListener.fromApplicationListenerAttributes(stack, 'Shared', {
  listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/shared/1a2b/3c4d',
  securityGroup: SecurityGroup.fromSecurityGroupId(stack, 'SharedAccess', 'sg-shared'),
});
const ATTRIBUTES = {
  ...{ fleetName: 'orders', vpc: fleet.vpc, clusterName: 'cluster', serversSecurityGroupId: 'sg-1', issuer: 'https://login.example' },
  encryptionKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1a2b',
  allowlistFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:sync',
  allowlistFunctionRoleArn: 'arn:aws:iam::111122223333:role/sync',
  keyRotationFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:rotation',
};

/** For every interface: properties that are right, and how they are given. */
const USES: Record<string, { readonly right: object; readonly use: (props: Anything) => unknown }> = {
  AddAgentProps: {
    right: { subject: 'agent' },
    use: (props) => fleet.addAgent(`a${++made}`, props?.subject === 'agent' ? { ...props, subject: `a${made}` } : props),
  },
  AddServerProps: { right: { runtime: NPM_HTTP }, use: addServer },
  ApiGatewayEdgeProps: {
    right: { certificate: certificateOf(newStack()), domainName: 'mcp.example' },
    use: (props) => at(FleetEdge.apiGateway(props)),
  },
  ApprovedToolsProps: { right: {}, use: (props) => serverWith({ approvedTools: ApprovedTools.fromFile('none.json', props) }) },
  CallDenialProps: {
    right: { tools: ['read'] },
    use: (props) => server.denyCall(fleet.addAgent(`a${++made}`, { subject: `a${made}` }), props),
  },
  CallGrantProps: {
    right: { tools: ['read'] },
    use: (props) => server.grantCall(fleet.addAgent(`a${++made}`, { subject: `a${made}` }), props),
  },
  ClientCredentialsProps: {
    right: { tokenUrl: 'https://login.example/token', clientId: 'c', clientSecret: secret },
    use: (props) => shows(ServerCredential.oauthClientCredentials(props)),
  },
  AgentClient: {
    right: { clientId: 'c', clientSecret: secret },
    use: (own) =>
      shows(
        ServerCredential.oauthClientCredentials({
          tokenUrl: 'https://login.example/token',
          clientId: 'c',
          clientSecret: secret,
          perAgent: { a: own as never },
        }),
      ),
  },
  CognitoIdentityProps: { right: { clients: [client] }, use: (props) => identified(AgentIdentity.cognito(pool, props)) },
  SessionBudgetOptions: {
    right: {},
    use: (sessionBudget) => newFleetWith({ identity: IDENTITY, edge: FleetEdge.internal(), sessionBudget }),
  },
  DeletionProtectionOptions: { right: {}, use: (deletionProtection) => newFleetWith({ ...FEWEST, deletionProtection }) },
  FunctionOptions: { right: {}, use: (functions) => newFleetWith({ ...FEWEST, functions }) },
  FunctionLogGroups: { right: {}, use: (logGroups) => newFleetWith({ ...FEWEST, functions: { logGroups } }) },
  ReservedConcurrencyOptions: { right: {}, use: (reservedConcurrency) => newFleetWith({ ...FEWEST, functions: { reservedConcurrency } }) },
  ListenerEdgeProps: {
    right: { certificate: certificateOf(newStack()), domainName: 'mcp.example', priority: 7, listener: LISTENER },
    use: (props) => at(FleetEdge.listener(props)),
  },
  AuditOptions: { right: {}, use: (audit) => newFleetWith({ identity: IDENTITY, edge: FleetEdge.internal(), audit }) },
  RequestLimits: {
    right: {},
    use: (requestLimits) => newFleetWith({ identity: IDENTITY, edge: FleetEdge.internal(), gateway: { requestLimits } }),
  },
  GatewayOptions: { right: {}, use: (gateway) => newFleetWith({ identity: IDENTITY, edge: FleetEdge.internal(), gateway }) },
  ExecutionsProbe: {
    right: COUNT,
    use: (executions) => checkedBy({ write: { tool: 'transfer', arguments: { reference: '{mark}' }, executions } }),
  },
  HeaderCredentialOptions: { right: {}, use: (options) => shows(ServerCredential.header('x-api-key', secret, options)) },
  HttpRuntimeProps: { right: { package: 'a', version: '1.0.0', port: 3000 }, use: (props) => running(ServerRuntime.http(props)) },
  InternalEdgeProps: { right: {}, use: (props) => at(FleetEdge.internal(props)) },
  McpAgentAttributes: {
    right: { agentName: 'support', subject: 'agent-support' },
    use: (attrs) => lib.McpAgent.fromAgentAttributes(newStack(), 'Agent', attrs),
  },
  McpFleetAttributes: { right: ATTRIBUTES, use: (attrs) => McpFleet.fromAttributes(newStack(), 'Mcp', attrs) },
  McpServerProps: { right: { fleet, runtime: NPM_HTTP }, use: (props) => new lib.McpServer(stack, `S${++made}`, props) },
  McpFleetProps: { right: { identity: IDENTITY, edge: FleetEdge.internal() }, use: newFleetWith },
  OidcIdentityProps: { right: { issuer: 'https://login.example', audience: 'a' }, use: (props) => identified(AgentIdentity.oidc(props)) },
  ProbeCall: { right: { tool: 'find' }, use: (failing) => checkedBy({ failing }) },
  PublicAlbEdgeProps: {
    right: { certificate: certificateOf(newStack()), domainName: 'mcp.example', jwtVerification: false },
    use: (props) => at(FleetEdge.publicAlb(props)),
  },
  ReadProbe: { right: { tool: 'find' }, use: (read) => checkedBy({ read }) },
  ReconcileProps: { right: READ, use: (props) => withTools(ToolPolicy.stateChanging({ reconcile: Reconcile.by(props) })) },
  QueueOptions: { right: {}, use: (queue) => serverWith({ sessions: { queue } }) },
  RecoveryOptions: { right: {}, use: (recovery) => serverWith({ recovery }) },
  RemoteRuntimeProps: { right: { url: 'https://search.example/mcp' }, use: (props) => running(ServerRuntime.remote(props)) },
  ScalingOptions: { right: {}, use: (scaling) => serverWith({ scaling }) },
  ServerChecks: { right: {}, use: (checks) => checkedBy(checks) },
  ServerRequestProps: { right: {}, use: (props) => serverWith({ methods: [ServerMethod.request('acme/reindex', props)] }) },
  SessionOptions: { right: {}, use: (sessions) => serverWith({ sessions }) },
  ReadOnlyToolProps: { right: {}, use: (props) => withTools(ToolPolicy.readOnly(props)) },
  StateChangingToolProps: { right: {}, use: (props) => withTools(ToolPolicy.stateChanging(props)) },
  StdioRuntimeProps: { right: { package: 'a', version: '1.0.0' }, use: (props) => running(ServerRuntime.stdio(props)) },
  WriteProbe: {
    right: { tool: 'transfer', arguments: { reference: '{mark}' }, executions: COUNT },
    use: (write) => checkedBy({ write }),
  },
  TaskSize: { right: { cpu: 512, memory: Size.gibibytes(1) }, use: (taskSize) => serverWith({ taskSize }) },
};

/** What takes no props but its own parameters. */
const PARAMETERS: Record<string, (value: Anything) => unknown> = {
  'McpFleet.addServer(name)': (name) => fleet.addServer(name, { runtime: NPM_HTTP }),
  'McpFleet.addAgent(name)': (name) => fleet.addAgent(name, { subject: `a${++made}` }),
  'McpServer.grantCall(agent)': (who) => server.grantCall(who, { tools: ['read'] }),
  'AgentIdentity.cognito(userPool)': (userPool) => identified(AgentIdentity.cognito(userPool, { clients: [client] })),
  'ServerSecret.environment(name)': (name) => serverWith({ secrets: [ServerSecret.environment(name, secret)] }),
  'ServerSecret.environment(secret)': (value) => serverWith({ secrets: [ServerSecret.environment('KEY', value)] }),
  'ServerCredential.header(name)': (name) => shows(ServerCredential.header(name === 'text' ? 'x-text' : name, secret)),
  'ServerCredential.header(secret)': (value) => shows(ServerCredential.header('x-api-key', value)),
  'ServerMethod.request(name)': (name) => serverWith({ methods: [ServerMethod.request(name)] }),
  'ServerMethod.notification(name)': (name) => serverWith({ methods: [ServerMethod.notification(name)] }),
};

const oneOfEach = ({
  AgentIdentity,
  ApprovedTools,
  FleetEdge,
  Reconcile,
  ServerCredential,
  ServerMethod,
  ServerRuntime,
  ServerSecret,
  ToolPolicy,
}: typeof lib) => ({
  AgentIdentity: AgentIdentity.oidc({ issuer: 'https://login.example', audience: 'a' }),
  ApprovedTools: ApprovedTools.fromFile('none.json'),
  FleetEdge: FleetEdge.internal(),
  Reconcile: Reconcile.by(READ),
  ServerCredential: ServerCredential.header('x-api-key', secret),
  ServerMethod: ServerMethod.notification('acme/seen'),
  ServerRuntime: ServerRuntime.remote({ url: 'https://search.example/mcp' }),
  ServerSecret: ServerSecret.environment('KEY', secret),
  ToolPolicy: ToolPolicy.readOnly(),
});
const ours: Record<string, unknown> = { ...oneOfEach(lib), McpAgent: agent, McpServer: server, McpFleet: fleet };
let others: Record<string, unknown> = {};
jest.isolateModules(() => {
  others = oneOfEach(require('../../lib'));
});

const LITERALS: Record<string, unknown> = {
  ...{ nothing: undefined, null: null, text: 'text', number: 5, NaN: Number.NaN, true: true, symbol: Symbol('s'), bigint: 5n },
  ...{ function: () => 1, 'a literal': {}, 'a list': [], 'a map': new Map(), 'a circle': Object.assign([], { 0: {} }) },
};
const VALUES: [string, unknown][] = [
  ...Object.entries(LITERALS),
  ...Object.entries(ours).map(([name, value]): [string, unknown] => [`a ${name}`, value]),
  ...Object.entries(others).map(([name, value]): [string, unknown] => [`a ${name} of another copy`, value]),
];

/** Where no object of ours belongs, one of them stands for all: they could only be taken for some object. */
function valuesFor({ type }: PublicProperty): [string, unknown][] {
  return Object.keys(ours).some((name) => type.includes(name)) ? VALUES : VALUES.slice(0, Object.keys(LITERALS).length + 1);
}

const TOLD = /^(Company\/\S+): .+ is .+; allowed: .+\. .+/s;

/** What is wrong with how a value is taken; undefined when it is refused with the words, or may pass and does. */
function fault(attempt: () => unknown, mayPass: boolean): string | undefined {
  try {
    attempt();
    return mayPass ? undefined : 'passes';
  } catch (error) {
    return error instanceof Error && error.constructor === Error && TOLD.test(error.message) ? undefined : String(error);
  }
}

/** Whether something of a type may look like this value. Whatever is no class of ours and no primitive may be any object. */
function mayBe({ type, optional }: PublicProperty, value: unknown): boolean {
  if (type === 'any') return true;
  if (value === undefined) return optional;
  if (['string', 'number', 'boolean'].includes(type)) return typeof value === type;
  if (Object.hasOwn(ours, type)) return value === ours[type];
  if (type === 'logs.RetentionDays') return typeof value === 'number';
  return typeof value === 'object' && value !== null;
}

/** The value itself, and in a list or an object where the property is one. */
function placesFor(property: PublicProperty, value: unknown): { readonly value: unknown; readonly mayPass: boolean }[] {
  const { type } = property;
  const item = type.match(/^(.+)\[\]$/)?.[1];
  const member = type.match(/^\{ \[name: string\]: (.+) \}$/)?.[1];
  const inner = item ?? member;
  const itself = { value, mayPass: mayBe(property, value) };
  if (inner === undefined) return [itself];
  const mayPass = mayBe({ ...property, type: inner, optional: false }, value);
  return [itself, { value: item === undefined ? { some: value } : [value], mayPass }];
}

const PROPS = publicProps();

test('every interface that the package exports is walked', () => {
  expect([...PROPS.keys()].sort()).toEqual(Object.keys(USES).sort());
});

test.each([...PROPS])('%s: what is right is taken', (name) => {
  expect(() => USES[name]?.use(USES[name].right)).not.toThrow();
});

test.each([...PROPS])('%s: whatever stands in a property is taken, or refused with path, value, allowed and fix', (name, properties) => {
  const { right = {}, use = () => undefined } = USES[name] ?? {};

  const faults = properties.flatMap((property) =>
    valuesFor(property).flatMap(([label, wrong]) =>
      placesFor(property, wrong).map(({ value, mayPass }) => ({
        given: `${property.name}: ${label}${value === wrong ? '' : ', inside'}`,
        fault: fault(() => use({ ...right, [property.name]: value }), mayPass),
      })),
    ),
  );

  expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([]);
});

test.each([...PROPS])('%s: whatever stands in its place is refused so', (name, properties) => {
  const needed = properties.filter(({ optional }) => !optional).map(({ name }) => name);
  const fits = (value: unknown) => typeof value === 'object' && value !== null && needed.every((property) => property in value);
  const mayBeLeftOut = needed.length === 0 || ['ProbeCall', 'TaskSize', 'WriteProbe'].includes(name);

  const faults = VALUES.filter(([, value]) => !fits(value)).map(([label, value]) => ({
    label,
    fault: fault(() => USES[name]?.use(value), value === undefined && mayBeLeftOut),
  }));

  expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([]);
});

test.each([...PROPS])('%s: a property that there is not is refused, whatever it holds', (name, properties) => {
  const { right = {}, use = () => undefined } = USES[name] ?? {};
  for (const { name: property } of properties) {
    const misspelt = `${property}s`;
    if (properties.some((other) => other.name === misspelt)) continue;
    expect(() => use({ ...right, [misspelt]: 'any' })).toThrow(
      new RegExp(`${misspelt} is a property that there is not; .*Did you mean ${property}\\?`),
    );
  }
  expect(fault(() => use({ ...right, toString: undefined, nothingOfOurs: null }), false)).toBeUndefined();
});

test.each(Object.entries(PARAMETERS))('%s: whatever is given is refused so', (name, use) => {
  const faults = VALUES.map(([label, value]) => {
    const fits = name.endsWith('(name)') ? typeof value === 'string' : name.endsWith('(agent)') && value === agent;
    return { label, fault: fault(() => use(value), fits) };
  });

  expect(faults.filter(({ fault }) => fault !== undefined)).toEqual([]);
});

test.each(Object.keys(others))('a %s of another copy of the package is told as that', (name) => {
  const give: Record<string, (value: Anything) => unknown> = {
    ApprovedTools: (approvedTools) => serverWith({ approvedTools }),
    AgentIdentity: identified,
    FleetEdge: at,
    Reconcile: (reconcile) => withTools(ToolPolicy.stateChanging({ reconcile })),
    ServerCredential: shows,
    ServerMethod: (method) => serverWith({ methods: [method] }),
    ServerRuntime: running,
    ServerSecret: (value) => serverWith({ secrets: [value] }),
    ToolPolicy: withTools,
  };

  expect(() => give[name]?.(others[name])).toThrow(new RegExp(`is an? ${name} of another copy of cdk-mcp-fleet; .*npm ls cdk-mcp-fleet`));
});

test.each<[string, Anything, RegExp]>([
  [
    'a runtime by name',
    { runtime: 'stdio' },
    /s\d+: runtime is "stdio"; allowed: a ServerRuntime. Make it by ServerRuntime.http\(…\) or ServerRuntime.stdio/,
  ],
  ['no runtime', {}, /runtime is missing; allowed: a ServerRuntime/],
  [
    'a policy by name',
    { runtime: NPM_HTTP, tools: { w: 'readOnly' } },
    /tools.w is "readOnly"; allowed: a ToolPolicy. Make it by ToolPolicy.readOnly/,
  ],
  ['no props', undefined, /props is missing; allowed: an object with runtime. Write \{ runtime: … \}/],
  ['a number of seconds', { runtime: NPM_HTTP, drain: 30 }, /drain is 30; allowed: a Duration. Write Duration.seconds/],
  [
    'an enumeration by another name',
    { runtime: NPM_HTTP, sessions: { onLoss: 'RESTART' } },
    /onLoss is "RESTART"; allowed: OnLoss.SURFACE, OnLoss.RESTART/,
  ],
])('a server with %s is refused in so many words', (_, props, message) => {
  expect(() => addServer(props)).toThrow(message);
});

test('the construct path stands before it, also for what was made without one', () => {
  expect(() => newFleetWith({ edge: 'public' })).toThrow(
    /^Company\/Mcp: identity is missing; allowed: an AgentIdentity. .*\nedge is "public"; allowed: a FleetEdge. .* FleetEdge.publicAlb/,
  );
  expect(() => identified((AgentIdentity.oidc as Anything)())).toThrow(
    /^Company\/Mcp: identity props is missing; allowed: an object with issuer/,
  );
});
