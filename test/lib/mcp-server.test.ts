import { expect, test } from '@jest/globals';
import { Duration, Size, Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { SidecarConfig } from '../../core/fleet-config';
import { type AddServerProps, Reconcile, ServerRuntime, ServerSecret, ToolPolicy } from '../../lib';
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
  expect(sidecar?.HealthCheck.Command.join(' ')).toContain('/healthz');
  expect(resourceAt(template, 'AWS::ECS::Service', /tickets/).Properties.LoadBalancers).toEqual([
    {
      ContainerName: 'sidecar',
      ContainerPort: 8080,
      TargetGroupArn: { Ref: logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::TargetGroup', /tickets/) },
    },
  ]);
});

test('secrets and variables of an HTTP server reach the server only, the sidecar key the sidecar only', () => {
  const template = withSecret({});
  const server = containerOf(template, TASK, 'server');
  const sidecar = containerOf(template, TASK, 'sidecar');

  expect(environmentOf(server)).toEqual({ REGION_NAME: 'north', PORT: '3000' });
  expect(secretNamesOf(server)).toEqual(['PROVIDER_KEY']);
  expect(Object.keys(environmentOf(sidecar)).sort()).toEqual(['MCP_FLEET_SIDECAR', 'PORT']);
  expect(secretNamesOf(sidecar)).toEqual(['MCP_FLEET_SIDECAR_KEY']);
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
  });
});

test('an init process stands above whatever a server starts: in its own container, or in the one that holds its children', () => {
  const init = { InitProcessEnabled: true };
  const beside = templateOf(newServer());
  expect(containerOf(beside, TASK, 'server')).toMatchObject({ LinuxParameters: init });
  expect(containerOf(beside, TASK, 'sidecar')).not.toHaveProperty('LinuxParameters');
  expect(containerOf(withSecret({ runtime: NPM_STDIO }), TASK, 'sidecar')).toMatchObject({ LinuxParameters: init });
});

test('a sidecar is told where its server is, how many slots there are and how long it may drain', () => {
  const runtime = ServerRuntime.http({ image: ContainerImage.fromRegistry('acme/tickets:1'), port: 9000, path: '/v1/mcp' });
  const template = templateOf(newServer({ runtime, sessions: { perInstance: 7 }, drain: Duration.seconds(20) }));

  expect(sidecarConfigOf(template)).toEqual({
    fleet: 'orders',
    server: 'tickets',
    runtime: { kind: 'http', url: 'http://127.0.0.1:9000/v1/mcp' },
    slots: 7,
    drainSeconds: 20,
  });
});

test.each<[string, Partial<AddServerProps>, number]>([
  ['HTTP', {}, 100],
  ['stdio, 1 GiB', { runtime: NPM_STDIO }, 9],
  ['stdio, 4 GiB', { runtime: NPM_STDIO, taskSize: { cpu: 1024, memory: Size.gibibytes(4) } }, 48],
])('slots by default (%s): %#', (_, props, slots) => {
  expect(sidecarConfigOf(templateOf(newServer(props))).slots).toBe(slots);
});

test.each([
  [undefined, 110, 120],
  [Duration.seconds(30), 30, 40],
  [Duration.seconds(1), 1, 11],
])('drain %s: the load balancer waits as long, ECS kills ten seconds later', (drain, seconds, stopTimeout) => {
  const template = templateOf(newServer({ drain }));

  expect(sidecarConfigOf(template).drainSeconds).toBe(seconds);
  expect(containerOf(template, TASK, 'sidecar').StopTimeout).toBe(stopTimeout);
  expect(targetAttributesOf(template)['deregistration_delay.timeout_seconds']).toBe(String(seconds));
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
    ListenerArn: { Ref: logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::Listener', /Servers/) },
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

test.each([
  [undefined, 2, 10],
  [{ minInstances: 12 }, 12, 12],
  [{ maxInstances: 1 }, 1, 1],
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
