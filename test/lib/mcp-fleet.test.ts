import { expect, test } from '@jest/globals';
import { Duration, Size, Stack, Stage } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { CpuArchitecture } from 'aws-cdk-lib/aws-ecs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FleetConfig, IdentityConfig, JanitorConfig } from '../../core/fleet-config';
import { Affinity, AgentIdentity, FleetEdge, KeyPolicy, McpFleet, OnLoss, type RequestLimits, ServerRuntime, ToolPolicy } from '../../lib';
import {
  acknowledgePlainHttp,
  configOf,
  containerOf,
  environmentOf,
  IDENTITY,
  logicalIdAt,
  NPM_HTTP,
  NPM_STDIO,
  newFleet,
  newServer,
  newStack,
  resourceAt,
  secretNamesOf,
  templateOf,
  textOf,
} from './example-fleet';

const TRUSTED: IdentityConfig = {
  issuer: 'https://login.example',
  audience: ['https://mcp.example'],
  audienceClaim: 'aud',
  baseUrl: 'https://mcp.example',
};

test('the gateway is told of bounds that are tighter than its own', () => {
  const requestLimits = { bodySize: Size.kibibytes(256), depth: 32, headTime: Duration.seconds(5), requestTime: Duration.seconds(30) };
  const { requestLimits: told } = configOf(templateOf(newFleet(newStack(), { gateway: { requestLimits } })));
  expect(told).toEqual({ bodyBytes: 256 * 1024, depth: 32, headSeconds: 5, requestSeconds: 30 });
});

test.each<[RequestLimits, RegExp]>([
  [
    { bodySize: Size.mebibytes(5) },
    /gateway\.requestLimits\.bodySize is 5120; allowed: a whole number from 1 to 4096\. It is counted in KiB/,
  ],
  [{ bodySize: Size.bytes(100) }, /bodySize is 0\.09/],
  [{ depth: 129 }, /depth is 129; allowed: a whole number from 8 to 128/],
  [{ values: 10.5 }, /values is 10\.5; allowed: a whole number from 100 to 250000/],
  [{ headTime: Duration.minutes(2) }, /headTime is 120; allowed: a whole number from 1 to 60/],
  [{ headTime: Duration.seconds(30), requestTime: Duration.seconds(10) }, /requestTime is 10; allowed: a whole number from 30 to 300/],
  [{ requestTime: Duration.millis(1_500) }, /requestTime is 1\.5; allowed: a whole number from 1 to 300/],
])('bounds that a gateway has not are refused: %j', (requestLimits, said) => {
  expect(() => newFleet(newStack(), { gateway: { requestLimits } })).toThrow(said);
});

test('the gateway is told of every server, also of those added after it', () => {
  const fleet = newFleet(newStack(), { allowedOrigins: ['https://console.example'] });
  fleet.addServer('tickets', {
    runtime: NPM_HTTP,
    sessions: { onLoss: OnLoss.RESTART, affinity: Affinity.AGENT },
    tools: {
      read: ToolPolicy.readOnly(),
      write: ToolPolicy.stateChanging(),
      pay: ToolPolicy.stateChanging({ key: KeyPolicy.REQUIRED, keyArgument: 'requestId' }),
    },
  });
  fleet.addServer('search', { runtime: ServerRuntime.remote({ url: 'https://search.example/mcp' }) });
  const template = templateOf(fleet);
  const table = (path: RegExp) => `<${logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', path)}>`;
  const secret = (path: RegExp) => `<${logicalIdAt(template, 'AWS::SecretsManager::Secret', path)}>`;

  expect(configOf(template)).toEqual({
    fleet: 'orders',
    keyLifetimeSeconds: 30 * 24 * 3_600,
    serversUrl: `https://<${logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer', /Internal/)}.DNSName>:8443`,
    listedServersUrls: [`https://<${logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer', /Internal/)}.DNSName>:8444`],
    serversTlsName: 'mcp.example',
    identity: TRUSTED,
    ledgerTable: table(/Ledger/),
    directoryTable: table(/Directory/),
    allowlistTable: table(/Allowlist/),
    authorizerFunction: `<${logicalIdAt(template, 'AWS::Lambda::Function', /Authorizer/)}>`,
    sealKeySecret: secret(/SealKey/),
    allowedOrigins: ['https://console.example'],
    servers: {
      tickets: {
        sidecarKeySecret: secret(/tickets\/SidecarKey/),
        onLoss: 'restart',
        affinity: 'agent',
        tools: {
          read: { effect: 'read_only', key: 'fenced' },
          write: { effect: 'state_changing', key: 'fenced' },
          pay: { effect: 'state_changing', key: 'required', keyArgument: 'requestId' },
        },
      },
      search: { remoteUrl: 'https://search.example/mcp', tools: {} },
    },
  } satisfies FleetConfig);
});

test('a lost session surfaces, and sessionless requests go anywhere, unless said otherwise', () => {
  const { servers } = configOf(templateOf(newServer()));
  expect(Object.values(servers)).toEqual([expect.objectContaining({ onLoss: 'surface', affinity: 'none' })]);
});

test('the gateway runs at least twice, without root, on a file system that it cannot write, and holds no injected secret', () => {
  const template = templateOf(newServer());
  const gateway = containerOf(template, /Gateway\/Task/, 'gateway');

  expect(resourceAt(template, 'AWS::ECS::Service', /Gateway/).Properties).toMatchObject({
    DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true } },
  });
  expect(gateway).toMatchObject({ User: 'node', ReadonlyRootFilesystem: true, StopTimeout: 120 });
  expect(gateway.HealthCheck).toBeUndefined();
  expect(environmentOf(gateway).PORT).toBe('8080');
  expect(secretNamesOf(gateway)).toEqual([]);
});

test.each([
  [{}, 2, 10],
  [{ minReplicas: 12 }, 12, 12],
  [{ maxReplicas: 1 }, 1, 1],
  [{ minReplicas: 3, maxReplicas: 20 }, 3, 20],
])('gateways follow CPU and requests (%j): from %d to %d, and no deployment sets their number', (gateway, MinCapacity, MaxCapacity) => {
  const template = templateOf(newServer({}, newFleet(newStack(), { gateway })));
  const targets = Object.entries(
    template.findResources('AWS::ApplicationAutoScaling::ScalableTarget', { Properties: { MinCapacity, MaxCapacity } }),
  );
  const [[id] = ['']] = targets.filter(([name]) => name.includes('Gateway'));
  const policies = Object.values(template.findResources('AWS::ApplicationAutoScaling::ScalingPolicy')).filter(
    ({ Properties }) => Properties.ScalingTargetId.Ref === id,
  );

  expect(policies.map(({ Properties }) => Properties.TargetTrackingScalingPolicyConfiguration)).toMatchObject([
    { TargetValue: 60, PredefinedMetricSpecification: { PredefinedMetricType: 'ECSServiceAverageCPUUtilization' } },
    { TargetValue: 18000, PredefinedMetricSpecification: { PredefinedMetricType: 'ALBRequestCountPerTarget' } },
  ]);
  expect(resourceAt(template, 'AWS::ECS::Service', /Gateway/).Properties.DesiredCount).toBeUndefined();
});

test.each([
  ['Ledger', [['pk', 'HASH']], 'expiresAt', 'NEW_AND_OLD_IMAGES'],
  ['Directory', [['session', 'HASH']], 'expiresAt', undefined],
  [
    'Allowlist',
    [
      ['agent', 'HASH'],
      ['entry', 'RANGE'],
    ],
    'expiresAt',
    undefined,
  ],
] as const)('the table %s has its keys and is kept safe', (name, keys, expiry, stream) => {
  const template = templateOf(newFleet());
  const table = resourceAt(template, 'AWS::DynamoDB::GlobalTable', new RegExp(`/${name}/`));
  const key = logicalIdAt(template, 'AWS::KMS::Key', /Key/);

  expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  expect(table.Properties).toMatchObject({
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keys.map(([AttributeName, KeyType]) => ({ AttributeName, KeyType })),
    SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    Replicas: [
      {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] } },
      },
    ],
  });
  expect(table.Properties.TimeToLiveSpecification?.AttributeName).toBe(expiry);
  expect(table.Properties.StreamSpecification?.StreamViewType).toBe(stream);
});

test('the ledger has an index of what is not settled, which holds keys only', () => {
  const template = templateOf(newFleet());

  expect(resourceAt(template, 'AWS::DynamoDB::GlobalTable', /Ledger/).Properties.GlobalSecondaryIndexes).toEqual([
    {
      IndexName: 'unsettled',
      KeySchema: [
        { AttributeName: 'unsettled', KeyType: 'HASH' },
        { AttributeName: 'leaseUntil', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ]);
});

test('the janitor comes every minute, and is told of every server, also of those added after it', () => {
  const fleet = newFleet();
  newServer({}, fleet);
  fleet.addServer('notes', { runtime: NPM_STDIO });
  const template = templateOf(fleet);
  const { Properties } = resourceAt(template, 'AWS::Lambda::Function', /LedgerJanitor/);

  expect(JSON.parse(textOf(Properties.Environment.Variables.MCP_FLEET_JANITOR))).toEqual({
    fleet: 'orders',
    ledgerTable: `<${logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Ledger/)}>`,
    servers: ['tickets', 'notes'],
    allowlistTable: `<${logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Allowlist/)}>`,
  } satisfies JanitorConfig);
  expect(Properties.Timeout).toBeLessThan(60);
  const janitor = { 'Fn::GetAtt': [logicalIdAt(template, 'AWS::Lambda::Function', /LedgerJanitor/), 'Arn'] };
  expect(resourceAt(template, 'AWS::Events::Rule', /LedgerJanitor/).Properties).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [{ Arn: janitor }],
  });
  template.hasResourceProperties('AWS::Lambda::Permission', { FunctionName: janitor, Principal: 'events.amazonaws.com' });
});

test('more servers than the janitor can be told of are refused at synth', () => {
  const fleet = newFleet();
  for (let i = 0; i < 110; i++) {
    const runtime = ServerRuntime.remote({ url: 'https://search.example/mcp' });
    fleet.addServer(`a-server-with-a-long-name-${100 + i}`, { runtime });
  }

  expect(() => templateOf(fleet)).toThrow(/names of the fleet's servers are too long/);
});

test('the authorizer knows the allowlist and whose tokens to believe', () => {
  const template = templateOf(newFleet());
  const { Properties } = resourceAt(template, 'AWS::Lambda::Function', /Authorizer/);

  expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Handler: 'index.handler' });
  expect(Properties.Environment.Variables).toEqual({
    ALLOWLIST_TABLE: { Ref: logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Allowlist/) },
    DIRECTORY_TABLE: { Ref: logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', /Directory/) },
    MCP_FLEET_IDENTITY: JSON.stringify(TRUSTED),
  });
  expect(Properties.VpcConfig).toBeUndefined();
});

test('further audiences and required scopes are said to gateway and authorizer', () => {
  const identity = AgentIdentity.oidc({
    issuer: 'https://login.example',
    audience: 'https://mcp.example',
    furtherAudiences: ['https://agents.example'],
    requiredScopes: ['mcp'],
  });
  const template = templateOf(newFleet(newStack(), { identity }));
  const expected: IdentityConfig = { ...TRUSTED, audience: ['https://mcp.example', 'https://agents.example'], requiredScopes: ['mcp'] };
  expect(configOf(template).identity).toEqual(expected);
  const { Variables } = resourceAt(template, 'AWS::Lambda::Function', /Authorizer/).Properties.Environment;
  expect(JSON.parse(textOf(Variables.MCP_FLEET_IDENTITY))).toEqual(expected);
});

test('a Cognito user pool is an issuer whose access tokens are checked by client', () => {
  const stack = newStack();
  const userPool = new UserPool(stack, 'Agents');
  const client = userPool.addClient('Fleet');
  const template = templateOf(newFleet(stack, { identity: AgentIdentity.cognito(userPool, { clients: [client] }) }));
  const pool = `https://cognito-idp.<AWS::Region>.amazonaws.com/<${logicalIdAt(template, 'AWS::Cognito::UserPool', /Agents/)}>`;
  const variables = resourceAt(template, 'AWS::Lambda::Function', /Authorizer/).Properties.Environment.Variables;

  const expected: IdentityConfig = {
    issuer: pool,
    audience: [`<${logicalIdAt(template, 'AWS::Cognito::UserPoolClient', /Fleet/)}>`],
    audienceClaim: 'client_id',
    jwksUri: `${pool}/.well-known/jwks.json`,
    baseUrl: 'https://mcp.example',
  };
  expect(JSON.parse(textOf(variables.MCP_FLEET_IDENTITY))).toEqual(expected);
  expect(configOf(template).identity).toEqual(expected);
});

test('the template says about itself what its resources do not', () => {
  const fleet = newFleet();
  newServer({}, fleet);
  fleet.addAgent('support', { subject: 'agent-support' });
  const template = templateOf(fleet);
  const table = (path: RegExp) => ({ Ref: logicalIdAt(template, 'AWS::DynamoDB::GlobalTable', path) });

  expect(template.toJSON().Metadata['cdk-mcp-fleet']).toEqual({
    fleets: {
      orders: {
        path: fleet.node.path,
        archiveBucket: { Ref: logicalIdAt(template, 'AWS::S3::Bucket', /Mcp\/Archive\//) },
        issuer: 'https://login.example',
        audience: ['https://mcp.example'],
        agents: { support: { subject: 'agent-support' } },
        servers: ['tickets'],
        agentKeysTable: table(/AgentKeys/),
        ledgerTable: table(/Ledger/),
        directoryTable: table(/Directory/),
        allowlistTable: table(/Allowlist/),
        edge: {
          loadBalancer: logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer', /Internal/),
          port: 443,
          domainName: 'mcp.example',
        },
      },
    },
  });
});

test('two fleets fit into one stack', () => {
  const first = newFleet();
  const stack = Stack.of(first);
  const second = new McpFleet(stack, 'Second', { fleetName: 'invoices', identity: IDENTITY, edge: FleetEdge.internal(), vpc: first.vpc });
  acknowledgePlainHttp(second);

  expect(Object.keys(templateOf(first).toJSON().Metadata['cdk-mcp-fleet'].fleets)).toEqual(['orders', 'invoices']);
});

test('two fleets of one name in one environment are refused, in two they are not', () => {
  const first = newFleet();
  const another = (scope: Construct) =>
    new McpFleet(scope, 'Second', { fleetName: 'orders', identity: IDENTITY, edge: FleetEdge.internal() });
  const app = Stack.of(first).node.root;
  for (const scope of [Stack.of(first), new Stack(app, 'Other')])
    expect(() => another(scope)).toThrow(
      `fleetName is "orders"; allowed: each name once in an environment. The fleet ${first.node.path} has it`,
    );
  another(new Stack(app, 'Elsewhere', { env: { account: '111111111111', region: 'eu-west-1' } }));
  another(new Stack(new Stage(app, 'Test'), 'Stack'));
});

test('a fleet without a name takes one from its place', () => {
  const fleet = newFleet(newStack(), { fleetName: undefined });

  expect(fleet.fleetName).toMatch(/^Company-?Mcp-?/);
});

test('settings of the fleet reach every service', () => {
  const stack = newStack({ env: { region: 'eu-west-1', account: '111122223333' } });
  const fleet = newFleet(stack, {
    cpuArchitecture: CpuArchitecture.ARM64,
    logRetention: RetentionDays.ONE_WEEK,
    gateway: { replicas: 3 },
  });
  newServer({}, fleet);
  fleet.addServer('notes', { runtime: NPM_STDIO });
  const template = templateOf(fleet);

  template.allResourcesProperties('AWS::ECS::TaskDefinition', { RuntimePlatform: { CpuArchitecture: 'ARM64' } });
  template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  expect(resourceAt(template, 'AWS::ECS::Service', /Gateway/).Properties.DesiredCount).toBe(3);
  template.resourceCountIs('AWS::ECS::Service', 3);
});

test('generated keys are long, encrypted with the fleet key, and hold no character that a shell would read', () => {
  const template = templateOf(newServer());

  template.resourceCountIs('AWS::SecretsManager::Secret', 2);
  template.allResourcesProperties('AWS::SecretsManager::Secret', {
    GenerateSecretString: { ExcludePunctuation: true, PasswordLength: 64 },
    KmsKeyId: { 'Fn::GetAtt': [logicalIdAt(template, 'AWS::KMS::Key', /Key/), 'Arn'] },
  });
});

test.each([
  ['many tools', 900, 'tool'],
  ['names of letters that take two bytes', 40, 'ü'.repeat(500)],
])('a fleet too large for a task definition is refused at synth (%s)', (_, length, name) => {
  const fleet = newFleet();
  const tools = Object.fromEntries(Array.from({ length }, (_, i) => [`${name}-${i}`, ToolPolicy.readOnly()]));
  newServer({ tools }, fleet);

  expect(() => templateOf(fleet)).toThrow(/configuration is \d+ bytes; allowed: 40000/);
});

test('every container writes to a log group of the fleet, and none waits for it; in that of programs that are not ours, no line is a metric', () => {
  const fleet = newFleet();
  newServer({}, fleet);
  fleet.addServer('notes', { runtime: NPM_STDIO });
  const template = templateOf(fleet);
  const tasks = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  const containers = tasks.flatMap((task) => task.Properties.ContainerDefinitions);

  expect(containers).toHaveLength(4);
  for (const { LogConfiguration } of containers)
    expect(LogConfiguration).toMatchObject({ LogDriver: 'awslogs', Options: { mode: 'non-blocking' } });
  const groups = template.findResources('AWS::Logs::LogGroup');
  const classes = containers.map(({ Name, LogConfiguration }) => {
    const { LogGroupClass = 'STANDARD', RetentionInDays } = groups[LogConfiguration.Options['awslogs-group'].Ref]?.Properties ?? {};
    return [Name, LogGroupClass, RetentionInDays];
  });
  expect(classes.sort()).toEqual([
    ['gateway', 'STANDARD', 90],
    ['server', 'INFREQUENT_ACCESS', 90],
    ['sidecar', 'STANDARD', 90],
    ['sidecar', 'STANDARD', 90],
  ]);
});
