import { expect, test } from '@jest/globals';
import { Expiration, Lazy, Size, Stack } from 'aws-cdk-lib';
import { UserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  type AddServerProps,
  AgentIdentity,
  FleetEdge,
  McpFleet,
  McpServer,
  ServerRuntime,
  ServerSecret,
  type TaskSize,
  ToolPolicy,
} from '../../lib';
import {
  acknowledgePlainHttp,
  configOf,
  IDENTITY,
  NPM_HTTP,
  NPM_STDIO,
  newApp,
  newFleet,
  newServer,
  newStack,
  templateOf,
} from './example-fleet';

const fleet = newFleet();
let servers = 0;

function addServer(props: Partial<AddServerProps>): McpServer {
  return fleet.addServer(`s${++servers}`, { runtime: NPM_HTTP, ...props });
}

const sized = (cpu: number, memory: Size): TaskSize => ({ cpu, memory });
const GO = ServerRuntime.stdio({ package: '@acme/notes', version: '4.5.6', childMemory: Size.mebibytes(8) });

test.each<[string, Partial<AddServerProps>, RegExp]>([
  [
    'more children than 1 GiB holds',
    { runtime: NPM_STDIO, sessions: { perInstance: 200 } },
    /sessions.perInstance is 200; allowed: at most 9, for each session is a child of 80 MiB, and 256 of the task's 1024 MiB are the sidecar's. Lower it, give the task 16256 MiB/,
  ],
  [
    'more children ready than its task holds',
    { runtime: NPM_STDIO, sessions: { warm: 10 } },
    /sessions.warm is 10; allowed: at most 9, as many as an instance has slots/,
  ],
  [
    'one child more than its task holds',
    { runtime: NPM_STDIO, sessions: { perInstance: 49 }, taskSize: sized(1024, Size.gibibytes(4)) },
    /sessions.perInstance is 49; allowed: at most 48/,
  ],
  [
    'children that say themselves that they are too many',
    { runtime: ServerRuntime.stdio({ package: 'a', version: '1.0.0', childMemory: Size.gibibytes(1) }) },
    /sessions.perInstance is 1; allowed: at most 0, for each session is a child of 1024 MiB/,
  ],
  [
    'children of no memory',
    { runtime: ServerRuntime.stdio({ package: 'a', version: '1.0.0', childMemory: Size.mebibytes(0) }) },
    /runtime childMemory is 0; allowed: a whole number from 1/,
  ],
  [
    'a cpu that Fargate has not',
    { taskSize: sized(300, Size.gibibytes(1)) },
    /taskSize.cpu is 300; allowed: 256, 512, .* 16384. It is counted/,
  ],
  ['a cpu that is none', { taskSize: sized(Number.NaN, Size.gibibytes(1)) }, /taskSize.cpu is NaN; allowed: 256/],
  [
    'a memory that this cpu has not',
    { taskSize: sized(256, Size.gibibytes(4)) },
    /taskSize.memory is Size.gibibytes\(4\); allowed: 0.5, 1, 2 GiB beside a cpu of 256. For this memory, the cpu is 512, 1024, 2048./,
  ],
  [
    'a memory between two',
    { taskSize: sized(8192, Size.gibibytes(18)) },
    /taskSize.memory is Size.gibibytes\(18\); allowed: 16 to 60 in steps of 4 GiB beside a cpu of 8192. For this memory/,
  ],
  [
    'a memory that no task has',
    { taskSize: sized(512, Size.kibibytes(3)) },
    /taskSize.memory is Size.kibibytes\(3\); .* choose one of these/,
  ],
  [
    'an empty argument for the key',
    { tools: { pay: ToolPolicy.stateChanging({ keyArgument: '' }) } },
    /tools.pay.keyArgument is ""; allowed: the name of an argument. Leave it out/,
  ],
  ['infinity', { sessions: { perInstance: Number.POSITIVE_INFINITY } }, /sessions.perInstance is Infinity; allowed: a whole number/],
  ['what is no number', { scaling: { maxInstances: Number.NaN } }, /scaling.maxInstances is NaN; allowed: a whole number/],
])('a server with %s is refused', (_, props, message) => {
  expect(() => addServer(props)).toThrow(message);
});

test.each<[string, Partial<AddServerProps>]>([
  ['as many children as there is room for', { runtime: NPM_STDIO, sessions: { perInstance: 9 } }],
  ['small children', { runtime: GO, sessions: { perInstance: 96 } }],
  ['all of them ready', { runtime: NPM_STDIO, sessions: { perInstance: 9, warm: 9 } }],
  ['sessions that are no children', { sessions: { perInstance: 200 } }],
  ['a number that only deployment knows', { runtime: NPM_STDIO, sessions: { perInstance: Lazy.number({ produce: () => 5 }) } }],
  ...[
    sized(256, Size.mebibytes(512)),
    sized(4096, Size.gibibytes(30)),
    sized(8192, Size.gibibytes(60)),
    sized(16384, Size.gibibytes(120)),
  ].map((taskSize): [string, Partial<AddServerProps>] => [`${taskSize.cpu} and ${taskSize.memory}`, { taskSize }]),
])('a server with %s is taken', (_, props) => {
  expect(() => addServer(props)).not.toThrow();
});

test('the gateway has a size of Fargate, too', () => {
  const gateway = { taskSize: sized(512, Size.gibibytes(8)) };

  expect(() => newFleet(newStack(), { gateway })).toThrow(/gateway.taskSize.memory is Size.gibibytes\(8\); allowed: 1, 2, 3, 4 GiB beside/);
});

const IMAGE = ServerRuntime.http({ image: ContainerImage.fromRegistry('acme/tickets:1'), port: 3000 });
const OWN = ServerRuntime.http({ directory: 'build/images', port: 3000 });

test.each<[string, ServerRuntime, RegExp]>([
  ['PATH', NPM_HTTP, /environment name is "PATH"; allowed: any name but PATH.* Leave it out: what an npm package installs is on it/],
  ['PATH', OWN, /environment name is "PATH"; .* Write ENV PATH=…:\$PATH into the Dockerfile/],
  ['PATH', NPM_STDIO, /environment name is "PATH"; .* by which the program is found/],
  ['NODE_OPTIONS', NPM_STDIO, /"NODE_OPTIONS"; allowed: names that the sidecar does not obey itself: .* \['env', 'NODE_OPTIONS=…', 'node'/],
  ...['LD_PRELOAD', 'LD_LIBRARY_PATH', 'NODE_PATH', 'NODE_DEBUG', 'OPENSSL_CONF', 'GLIBC_TUNABLES', 'HOST'].map(
    (name): [string, ServerRuntime, RegExp] => [
      name,
      NPM_STDIO,
      new RegExp(`environment name is "${name}"; allowed: names that the sidecar does`),
    ],
  ),
  ['ECS_AGENT_URI', NPM_HTTP, /environment name is "ECS_AGENT_URI"; allowed: names that the fleet does not set itself/],
  ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', NPM_STDIO, /allowed: names that the fleet does not set itself/],
])('the variable %s is refused where it would reach further than the server', (name, runtime, message) => {
  const secret = ServerSecret.environment(name, Secret.fromSecretNameV2(fleet, `Secret${++servers}`, 'acme/secret'));

  expect(() => addServer({ runtime, environment: { [name]: 'x' } })).toThrow(message);
  expect(() => addServer({ runtime, secrets: [secret] })).toThrow(message);
});

test.each<[string, ServerRuntime]>([
  ['PATH', IMAGE],
  ['NODE_OPTIONS', NPM_HTTP],
  ['LD_PRELOAD', IMAGE],
  ['HOST', IMAGE],
  ['NODE_EXTRA_CA_CERTS', NPM_STDIO],
  ['NODE_EXTRA_CA_CERTS', OWN],
  ['NODE_ENV', NPM_STDIO],
  ['AWS_REGION', NPM_STDIO],
  ['HTTPS_PROXY', NPM_STDIO],
])('the variable %s is taken where it reaches the server only', (name, runtime) => {
  expect(() => addServer({ runtime, environment: { [name]: 'x' } })).not.toThrow();
});

test("a secret's value is in no refusal, wherever it was put", () => {
  const wrong = (props: object) => () => fleet.addServer(`s${++servers}`, { runtime: NPM_HTTP, ...props } as AddServerProps);
  const remote = (props: object) => wrong({ runtime: ServerRuntime.remote({ url: 'https://search.example/mcp', ...props }) });
  const secretOf = (name: unknown, value: unknown) => wrong({ secrets: [ServerSecret.environment(name as string, value as Secret)] });
  const attempts = [
    wrong({ secrets: 'sk-live-1' }),
    wrong({ secrets: ['sk-live-1'] }),
    wrong({ secrets: { API_KEY: 'sk-live-1' } }),
    wrong({ secrets: [{ API_KEY: 'sk-live-1' }] }),
    wrong({ environment: 'sk-live-1' }),
    wrong({ environment: ['sk-live-1'] }),
    wrong({ environment: { API_KEY: ['sk-live-1'] } }),
    secretOf('API_KEY', 'sk-live-1'),
    secretOf({ API_KEY: 'sk-live-1' }, undefined),
    remote({ url: 'https://agent:sk-live-1@search.example/mcp' }),
    remote({ url: 'https://:sk-live-1@search.example/mcp' }),
    remote({ url: 'https:agent:sk-live-1@search.example/mcp' }),
    remote({ url: 'https://search.example/mcp?key=sk-live-1' }),
    remote({ certificateAuthorities: ['sk-live-1'] }),
    wrong({ runtime: ServerRuntime.remote({ url: 'https://search.example/mcp' }), environment: { API_KEY: 'sk-live-1' } }),
  ];

  for (const attempt of attempts) expect(attempt).toThrow(/^(?![\s\S]*sk-live-1)Company\/Mcp\/s\d+: .* is .*; allowed: /);
});

test.each<[string, object, RegExp]>([
  [
    'a value',
    { secrets: [ServerSecret.environment('K', 'sk' as never)] },
    /secrets\[0\] secret is a string; allowed: a secret of Secrets Manager. Write Secret.from/,
  ],
  ['a list of values', { secrets: ['sk'] }, /secrets\[0\] is a string; allowed: a ServerSecret. Make it by ServerSecret.environment/],
  ['values by name', { secrets: { K: 'sk', L: 'sk' } }, /secrets is an object with K, L; allowed: a list/],
  ['a number in the environment', { environment: { LEVEL: 5 } }, /environment.LEVEL is a number; allowed: a string/],
])('what was given for a secret is described: %s', (_, props, message) => {
  expect(() => addServer(props)).toThrow(message);
});

test('what would have no effect on a remote server is described, and its variables by their names', () => {
  const runtime = ServerRuntime.remote({ url: 'https://search.example/mcp' });
  const secrets = [ServerSecret.environment('API_KEY', Secret.fromSecretNameV2(fleet, 'ApiKey', 'acme/key'))];

  expect(() => addServer({ runtime, secrets, environment: { LEVEL: 'debug' } })).toThrow(
    /secrets is \["API_KEY"\]; allowed: nothing on a remote server.*\nenvironment is an object with LEVEL; allowed: nothing/,
  );
});

test.each<[string, unknown, RegExp]>([
  [
    'no certificate',
    { domainName: 'mcp.example' },
    /edge certificate is missing; allowed: a certificate. .* it needs TLS. Write Certificate.from/,
  ],
  ['nothing', undefined, /edge props is missing; allowed: an object with certificate, domainName/],
  ['no name', { certificate: {} }, /edge domainName is missing; allowed: a string. Write the host name that the certificate stands for/],
])('a public edge with %s says what can mend it, and does not say to leave it out', (_, props, message) => {
  const edge = FleetEdge.publicAlb(props as never);

  expect(() => newFleet(newStack(), { edge })).toThrow(message);
  expect(() => newFleet(newStack(), { edge })).not.toThrow(/leave|internal/);
});

const EXPIRED = Expiration.atDate(new Date('2020-01-01T00:00:00Z'));

/** As synth will say them; they are not synthesized, which would print them. */
function warningsOf(server: McpServer, id: string): string[] {
  const found = server.node.metadata.filter(({ type, data }) => type === 'aws:cdk:warning' && String(data).includes(`cdk-mcp-fleet:${id}`));
  return found.map(({ data }) => `${server.node.path} ${data}`);
}

test('a grant that has run out is warned of', () => {
  const mine = newFleet();
  const server = newServer({}, mine);
  server.grantCall(mine.addAgent('support', { subject: 'a' }), { tools: ['read'], expires: EXPIRED });
  server.grantCall(mine.addAgent('sales', { subject: 'b' }), { tools: ['read'], expires: Expiration.atDate(new Date('2999-01-01')) });

  expect(warningsOf(server, 'expiredGrant')).toEqual([
    expect.stringMatching(
      /^Company\/Mcp\/tickets The grant to agent "support" expired at 2020-01-01T00:00:00.000Z: it allows nothing. Give it a later/,
    ),
  ]);
});

test('a grant until no date is refused', () => {
  const grant = { tools: ['read'], expires: Expiration.atDate(new Date('soon')) };

  expect(() => addServer({}).grantCall(fleet.addAgent(`a${servers}`, { subject: `a${servers}` }), grant)).toThrow(
    /grant expires is NaN; allowed: a date/,
  );
});

test('a tool that is granted and not declared is warned of, with the one that was meant', () => {
  const mine = newFleet();
  const server = newServer({ tools: { transfer: ToolPolicy.stateChanging(), balance: ToolPolicy.readOnly() }, outcomeTool: true }, mine);
  const tools = ['transfr', 'balance', 'audit', 'fleet_call_outcome'];
  server.grantCall(mine.addAgent('support', { subject: 'a' }), { tools });
  server.grantCall(mine.addAgent('treasury', { subject: 'b' }), { tools: [McpServer.ALL_TOOLS] });

  expect(warningsOf(server, 'undeclaredTool').sort()).toEqual([
    expect.stringMatching(
      /^Company\/Mcp\/tickets The grant to agent "support" names "audit"; declared are: transfer, balance. A tool that/,
    ),
    expect.stringMatching(
      /names "transfr"; declared are: transfer, balance. Did you mean "transfer"\? .* Declare it in tools, or correct the name/,
    ),
  ]);
});

test.each<[string, Partial<AddServerProps>]>([
  ['declares none', {}],
  ['is believed about the others', { tools: { balance: ToolPolicy.readOnly() }, trustAnnotations: true }],
])('a server that %s is not warned of', (_, props) => {
  const mine = newFleet();
  const server = newServer(props, mine);
  server.grantCall(mine.addAgent('support', { subject: 'a' }), { tools: ['audit'] });

  expect(warningsOf(server, 'undeclaredTool')).toEqual([]);
});

test("an agent of another fleet is refused: its rows would be that fleet's, for its server of the same name", () => {
  const stack = newStack();
  const edge = FleetEdge.internal();
  const [one, other] = ['One', 'Other'].map((id) => new McpFleet(stack, id, { identity: IDENTITY, edge, fleetName: id })) as [
    McpFleet,
    McpFleet,
  ];
  const stranger = other.addAgent('support', { subject: 'agent-support' });

  expect(() => one.addServer('tickets', { runtime: NPM_HTTP }).grantCall(stranger, { tools: ['read'] })).toThrow(
    /^Company\/One\/tickets: agent is the construct Company\/Other\/Agents\/support; allowed: an agent of the server's own fleet, Company\/One. Name it here, too: addAgent\('support', \{ subject: 'agent-support' \}\)/,
  );
});

test.each<[string, (stack: Stack) => UserPool | ReturnType<typeof UserPool.fromUserPoolId>, string]>([
  [
    'of another region, by its id',
    (stack) => UserPool.fromUserPoolId(stack, 'Pool', 'us-east-1_AbC'),
    'us-east-1.amazonaws.com/us-east-1_AbC',
  ],
  [
    'of another region, by its ARN',
    (stack) => UserPool.fromUserPoolArn(stack, 'Pool', 'arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_AbC'),
    'us-east-1.amazonaws.com/us-east-1_AbC',
  ],
  ['that the stack makes', (stack) => new UserPool(stack, 'Pool'), 'eu-west-1.amazonaws.com/<Pool'],
])('a user pool %s has its own region in its issuer', (_, poolIn, issuer) => {
  const stack = new Stack(newApp(), 'Company', { env: { account: '111122223333', region: 'eu-west-1' } });
  const pool = poolIn(stack);
  const clients = [UserPoolClient.fromUserPoolClientId(stack, 'Client', 'client')];
  const mine = newFleet(stack, { identity: AgentIdentity.cognito(pool, { clients }), edge: FleetEdge.internal() });
  acknowledgePlainHttp(mine);

  expect(configOf(templateOf(mine)).identity.issuer).toMatch(new RegExp(`^https://cognito-idp.${issuer.replaceAll('.', '\\.')}`));
  expect(configOf(templateOf(mine)).identity.jwksUri).toMatch(
    new RegExp(`^https://cognito-idp.${issuer.replaceAll('.', '\\.')}.*/.well-known/`),
  );
});

test('a user pool by a name is refused', () => {
  const stack = newStack();
  const clients = [UserPoolClient.fromUserPoolClientId(stack, 'Client', 'client')];
  const identity = AgentIdentity.cognito(UserPool.fromUserPoolId(stack, 'Pool', 'staff'), { clients });

  expect(() => newFleet(stack, { identity })).toThrow(/identity userPool is "staff"; allowed: an id such as eu-west-1_AbC123/);
});
