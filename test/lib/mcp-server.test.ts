import { expect, test } from '@jest/globals';
import { Duration, Size, Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CHILD_USERS, CHILD_USERS_CAPABILITIES, type SidecarConfig } from '../../core/fleet-config';
import { type AddServerProps, OnLoss, Reconcile, ServerRuntime, ServerSecret, ToolPolicy } from '../../lib';
import {
  containerOf,
  containersOf,
  environmentOf,
  logicalIdAt,
  NPM_HTTP,
  NPM_STDIO,
  newFleet,
  newServer,
  resourceAt,
  secretNamesOf,
  templateOf,
  textOf,
} from './example-fleet';

type Template = ReturnType<typeof templateOf>;

const TASK = /tickets\/Task/;

function sidecarConfigOf(template: Template): SidecarConfig {
  return JSON.parse(textOf(environmentOf(containerOf(template, TASK, 'sidecar')).MCP_FLEET_SIDECAR));
}

/** A server with one plain variable and one secret. */
function withSecret(props: Partial<AddServerProps>): Template {
  const fleet = newFleet();
  const providerKey = new Secret(Stack.of(fleet), 'ProviderKey');
  const secrets = [ServerSecret.environment('PROVIDER_KEY', providerKey, 'live')];
  return templateOf(newServer({ environment: { REGION_NAME: 'north' }, secrets, ...props }, fleet));
}

test('an HTTP server stands beside a sidecar that has the only door and outlives nobody', () => {
  const template = templateOf(newServer());
  const [server, sidecar, ...more] = containersOf(template, TASK);

  expect(more).toEqual([]);
  expect(server).toMatchObject({ Name: 'server', Essential: true, PortMappings: [{ ContainerPort: 3000 }] });
  expect(sidecar).toMatchObject({
    Name: 'sidecar',
    Essential: true,
    PortMappings: [{ ContainerPort: 8080 }],
    DependsOn: [{ ContainerName: 'server', Condition: 'START' }],
    User: 'node',
    ReadonlyRootFilesystem: true,
  });
  expect(sidecar?.HealthCheck).toBeUndefined();
  expect(resourceAt(template, 'AWS::ECS::Service', /tickets/).Properties.LoadBalancers).toEqual([
    {
      ContainerName: 'sidecar',
      ContainerPort: 8080,
      TargetGroupArn: { Ref: logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::TargetGroup', /tickets/) },
    },
  ]);
});

test('variables of an HTTP server reach the server only, its secrets its sidecar too, the sidecar key the sidecar only', () => {
  const template = withSecret({});
  const server = containerOf(template, TASK, 'server');
  const sidecar = containerOf(template, TASK, 'sidecar');

  expect(environmentOf(server)).toEqual({ REGION_NAME: 'north', PORT: '3000' });
  expect(secretNamesOf(server)).toEqual(['PROVIDER_KEY']);
  expect(Object.keys(environmentOf(sidecar)).sort()).toEqual(['MCP_FLEET_SIDECAR', 'PORT']);
  expect(secretNamesOf(sidecar)).toEqual(['MCP_FLEET_SECRET_PROVIDER_KEY', 'MCP_FLEET_SIDECAR_KEY']);
  expect(JSON.stringify(server.Secrets)).toContain(':live::');
});

test('a stdio server is one container, and its children see by name what they are given', () => {
  const template = withSecret({ runtime: NPM_STDIO });
  const containers = containersOf(template, TASK);

  expect(containers.map(({ Name }) => Name)).toEqual(['sidecar']);
  expect(secretNamesOf(containers[0] as (typeof containers)[0])).toEqual(['MCP_FLEET_SIDECAR_KEY', 'PROVIDER_KEY']);
  expect(sidecarConfigOf(template).runtime).toEqual({
    kind: 'stdio',
    command: ['notes', '--quiet'],
    environment: ['REGION_NAME', 'PROVIDER_KEY'],
    users: CHILD_USERS,
    bounds: { tasks: 512, memoryMiB: 768 },
  });
});

test('a stdio server runs as root, with the rights to start each child as another user and no others', () => {
  const container = containerOf(withSecret({ runtime: NPM_STDIO }), TASK, 'sidecar');
  const dropped = (container as { LinuxParameters?: { Capabilities?: { Drop?: string[]; Add?: string[] } } }).LinuxParameters?.Capabilities;
  expect(container).toMatchObject({ User: 'root' });
  expect(dropped?.Add ?? []).toEqual([]);
  // Docker Engine, "Runtime privilege and Linux capabilities": what a container has by default.
  const byDefault = [
    ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'NET_RAW'],
    ...['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
  ];
  expect(byDefault.filter((name) => !dropped?.Drop?.includes(name))).toEqual([...CHILD_USERS_CAPABILITIES]);
});

test.each([
  ['1 GiB', {}, 768],
  ['4 GiB', { taskSize: { cpu: 1024, memory: Size.gibibytes(4) } }, 3840],
])('of a task of %s, a server in a container of its own has all but what is its sidecar’s', (_, props, limit) => {
  const template = templateOf(newServer(props));
  expect(containerOf(template, TASK, 'server')).toMatchObject({ Memory: limit });
  expect(containerOf(template, TASK, 'sidecar')).toMatchObject({ MemoryReservation: 256 });
  expect(containerOf(template, TASK, 'sidecar')).not.toHaveProperty('Memory');
});

test('an init process stands above whatever a server starts: in its own container, or in the one that holds its children', () => {
  const init = { InitProcessEnabled: true };
  const beside = templateOf(newServer());
  expect(containerOf(beside, TASK, 'server')).toMatchObject({ LinuxParameters: init });
  expect(containerOf(beside, TASK, 'sidecar')).not.toHaveProperty('LinuxParameters');
  expect(containerOf(withSecret({ runtime: NPM_STDIO }), TASK, 'sidecar')).toMatchObject({ LinuxParameters: init });
});

test('a sidecar is told where its server is, how many slots there are, and how long a drain or a deployment may wait', () => {
  const runtime = ServerRuntime.http({ image: ContainerImage.fromRegistry('acme/tickets:1'), port: 9000, path: '/v1/mcp' });
  const template = templateOf(
    newServer({
      runtime,
      sessions: { perInstance: 7, warm: 2, onLoss: OnLoss.RESTART },
      drain: Duration.seconds(20),
      deployWithin: Duration.minutes(5),
    }),
  );

  expect(sidecarConfigOf(template)).toEqual({
    fleet: 'orders',
    server: 'tickets',
    runtime: { kind: 'http', url: 'http://127.0.0.1:9000/v1/mcp' },
    slots: 7,
    warm: 2,
    drainSeconds: 20,
    onLoss: 'restart',
    deployWithinSeconds: 300,
    streamAgeSeconds: 300,
  });
});

test.each<[string, Partial<AddServerProps>, number]>([
  ['HTTP', {}, 100],
  ['stdio, 1 GiB', { runtime: NPM_STDIO }, 9],
  ['stdio, 4 GiB', { runtime: NPM_STDIO, taskSize: { cpu: 1024, memory: Size.gibibytes(4) } }, 48],
])('slots by default (%s): %#', (_, props, slots) => {
  expect(sidecarConfigOf(templateOf(newServer(props))).slots).toBe(slots);
});

test('a gateway is told how many requests may wait for a slot, and for how long', () => {
  expect(newServer()._config).not.toHaveProperty('queue');
  expect(newServer({ sessions: { queue: { wait: Duration.seconds(5) } } })._config).toMatchObject({ queue: { length: 1_000, seconds: 5 } });
});

test("by default a lost session is its agent's affair, and a deployment waits for 45 minutes", () => {
  expect(sidecarConfigOf(templateOf(newServer()))).toMatchObject({ onLoss: 'surface', deployWithinSeconds: 45 * 60 });
});

test.each([
  [undefined, 110, 120],
  [Duration.seconds(30), 30, 40],
  [Duration.seconds(1), 1, 11],
])('drain %s: ECS kills ten seconds later', (drain, seconds, stopTimeout) => {
  const template = templateOf(newServer({ drain }));

  expect(sidecarConfigOf(template).drainSeconds).toBe(seconds);
  expect(containerOf(template, TASK, 'sidecar').StopTimeout).toBe(stopTimeout);
});

test.each([
  [undefined, 900, 300],
  [Duration.seconds(120), 120, 60],
  [Duration.minutes(30), 1_800, 300],
])('deregistrationDelay %s: the load balancer waits so long, and GET streams end before', (deregistrationDelay, delay, age) => {
  const template = templateOf(newServer({ deregistrationDelay }));

  expect(targetAttributesOf(template)['deregistration_delay.timeout_seconds']).toBe(String(delay));
  expect(sidecarConfigOf(template).streamAgeSeconds).toBe(age);
});

function targetAttributesOf(template: Template): Record<string, string> {
  const { Properties } = resourceAt(template, 'AWS::ElasticLoadBalancingV2::TargetGroup', /tickets/);
  return Object.fromEntries(Properties.TargetGroupAttributes.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value]));
}

test('a target group keeps each session on its instance, and asks the sidecar whether it is ready', () => {
  const template = templateOf(newServer());

  expect(targetAttributesOf(template)).toMatchObject({
    'stickiness.enabled': 'true',
    'stickiness.type': 'lb_cookie',
    'stickiness.lb_cookie.duration_seconds': String(7 * 24 * 3600),
    'load_balancing.algorithm.type': 'round_robin',
  });
  expect(resourceAt(template, 'AWS::ElasticLoadBalancingV2::TargetGroup', /tickets/).Properties).toMatchObject({
    Port: 8080,
    HealthCheckPort: '8080',
    HealthCheckPath: '/readyz',
    TargetType: 'ip',
  });
});

test('a rule leads from the first path segment to the target group, on the servers listener', () => {
  const template = templateOf(newServer());

  template.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 1);
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
    ListenerArn: { Ref: logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::Listener', /Internal\/Servers/) },
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/tickets/*'] } }],
    Actions: [{ Type: 'forward', TargetGroupArn: { Ref: logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::TargetGroup', /tickets/) } }],
  });
});

test('a server put before others leaves their rules alone', () => {
  const ruleOf = (names: string[]) => {
    const fleet = newFleet();
    for (const name of names) fleet.addServer(name, { runtime: NPM_HTTP });
    return resourceAt(templateOf(fleet), 'AWS::ElasticLoadBalancingV2::ListenerRule', /tickets/).Properties.Priority;
  };

  expect(ruleOf(['notes', 'search', 'tickets'])).toBe(ruleOf(['tickets']));
});

test('instances follow the average share of slots in use, and a deployment does not reset their number', () => {
  const template = templateOf(newServer({ scaling: { minInstances: 3, maxInstances: 30, targetUtilization: 60 } }));

  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 3, MaxCapacity: 30 });
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: 60,
      CustomizedMetricSpecification: {
        Namespace: 'McpFleet',
        MetricName: 'SlotUtilization',
        Statistic: 'Average',
        Dimensions: [
          { Name: 'Fleet', Value: 'orders' },
          { Name: 'Server', Value: 'tickets' },
        ],
      },
    },
  });
  const service = resourceAt(template, 'AWS::ECS::Service', /tickets/).Properties;
  expect(service.DesiredCount).toBeUndefined();
  expect(service.AvailabilityZoneRebalancing).toBe('DISABLED');
});

test('who waits or was refused calls for the instances that they would fill', () => {
  const template = templateOf(newServer({ sessions: { perInstance: 40 } }));
  const [[policy, { Properties }] = ['', {}]] = Object.entries(
    template.findResources('AWS::ApplicationAutoScaling::ScalingPolicy', { Properties: { PolicyType: 'StepScaling' } }),
  );

  expect(Properties.StepScalingPolicyConfiguration).toEqual({
    AdjustmentType: 'ChangeInCapacity',
    Cooldown: 60,
    MetricAggregationType: 'Maximum',
    StepAdjustments: [
      { MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 40, ScalingAdjustment: 1 },
      { MetricIntervalLowerBound: 40, MetricIntervalUpperBound: 80, ScalingAdjustment: 2 },
      { MetricIntervalLowerBound: 80, MetricIntervalUpperBound: 160, ScalingAdjustment: 4 },
      { MetricIntervalLowerBound: 160, MetricIntervalUpperBound: 320, ScalingAdjustment: 8 },
      { MetricIntervalLowerBound: 320, ScalingAdjustment: 16 },
    ],
  });
  const calling = Object.values(template.findResources('AWS::CloudWatch::Alarm', { Properties: { AlarmActions: [{ Ref: policy }] } }));
  expect(calling.map((alarm) => alarm.Properties)).toMatchObject([
    { MetricName: 'QueueDepth', Statistic: 'Sum', Period: 10, EvaluationPeriods: 1, Threshold: 0 },
    { MetricName: 'Rejected', Statistic: 'Sum', Period: 10, EvaluationPeriods: 1, Threshold: 0 },
  ]);
});

test.each([
  [undefined, 900],
  [Duration.minutes(5), 300],
])(
  'a server may have no instance: who comes first waits, and an idle instance is taken away after a while (%s)',
  (scaleToZeroAfter, seconds) => {
    const server = newServer({ scaling: { minInstances: 0, scaleToZeroAfter } });
    const template = templateOf(server);

    expect(sidecarConfigOf(template).keepIdleSeconds).toBe(seconds);
    expect(server._config).toMatchObject({ scalesToZero: true, queue: { length: 1_000, seconds: 55 } });
    // The first of a deployment shows whether it starts; scaling takes it away. No deployment sets the number again.
    expect(resourceAt(template, 'AWS::ECS::Service', /tickets/).Properties.DesiredCount).toBeUndefined();
    const usual = newServer();
    expect(sidecarConfigOf(templateOf(usual))).not.toHaveProperty('keepIdleSeconds');
    expect(usual._config).not.toHaveProperty('scalesToZero');
  },
);

test.each([
  [undefined, 2, 10],
  [{ minInstances: 12 }, 12, 12],
  [{ maxInstances: 1 }, 1, 1],
  [{ minInstances: 0 }, 0, 10],
])('instances by default (%j): %d to %d', (scaling, MinCapacity, MaxCapacity) => {
  templateOf(newServer({ scaling })).hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity, MaxCapacity });
});

test('a sidecar waits for the health check that its server has', () => {
  const healthCheck = { command: ['CMD-SHELL', 'curl -f localhost:3000/up'] };
  const runtime = ServerRuntime.http({ image: ContainerImage.fromRegistry('acme/tickets:1'), port: 3000, healthCheck });
  const template = templateOf(newServer({ runtime }));

  expect(containerOf(template, TASK, 'sidecar').DependsOn).toEqual([{ ContainerName: 'server', Condition: 'HEALTHY' }]);
  expect(containerOf(template, TASK, 'server').HealthCheck.Command).toEqual(['CMD-SHELL', 'curl -f localhost:3000/up']);
});

test('a remote server deploys nothing and holds nothing', () => {
  const fleet = newFleet();
  const bare = templateOf(newFleet());
  const server = fleet.addServer('search', { runtime: ServerRuntime.remote({ url: 'https://search.example/mcp' }) });
  const template = templateOf(fleet);

  expect(server.service).toBeUndefined();
  for (const type of ['AWS::ECS::Service', 'AWS::ECS::TaskDefinition', 'AWS::SecretsManager::Secret', 'AWS::IAM::Role']) {
    template.resourceCountIs(type, Object.keys(bare.findResources(type)).length);
  }
});

test.each([
  ['in the fleet', NPM_HTTP],
  ['remote', ServerRuntime.remote({ url: 'https://search.example/mcp' })],
])('a server (%s) has the tool that tells outcomes when it is asked for', (_, runtime) => {
  const configOf = (props: Partial<AddServerProps>) => newServer({ runtime, ...props })._config;

  expect(configOf({ outcomeTool: true })).toMatchObject({ outcomeTool: true });
  expect(configOf({ outcomeTool: false })).not.toHaveProperty('outcomeTool');
  expect(configOf({})).not.toHaveProperty('outcomeTool');
});

test.each([
  ['in the fleet', NPM_HTTP],
  ['remote', ServerRuntime.remote({ url: 'https://search.example/mcp' })],
])('a server (%s) carries what the operator says of recovery', (_, runtime) => {
  const read = { tool: 'find', arguments: '{ "id": arguments.id }', landed: 'result.found = true', notLanded: 'result.found = false' };
  const tools = {
    find: ToolPolicy.readOnly(),
    book: ToolPolicy.stateChanging({ reconcile: Reconcile.by({ ...read, effectWithin: Duration.minutes(2) }) }),
    pay: ToolPolicy.stateChanging({ honoursKey: true, keyArgument: 'id' }),
  };
  const config = newServer({ runtime, tools, trustAnnotations: true, recovery: { within: Duration.minutes(1) } })._config;

  expect(config).toMatchObject({ trustAnnotations: true, recovery: { attempts: 6, seconds: 60 } });
  expect(config.tools.book).toEqual({ effect: 'state_changing', key: 'fenced', reconcile: { ...read, effectSeconds: 120 } });
  expect(config.tools.pay).toEqual({ effect: 'state_changing', key: 'fenced', honoursKey: true, keyArgument: 'id' });
  expect(newServer({ runtime })._config).not.toHaveProperty('trustAnnotations');
});
