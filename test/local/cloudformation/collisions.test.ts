import { describe, expect, test } from '@jest/globals';
import type { Resource } from '../../../local/assembly/template';
import { collisionsOf } from '../../../local/cloudformation/collisions';

type Resources = Readonly<Record<string, Resource>>;

const ref = (id: string) => ({ Ref: id });
const balancer = (properties = {}): Resource => ({ Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: properties });
const targets = (properties = {}): Resource => ({
  Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
  Properties: { Port: 80, ...properties },
});
const listener = (at: unknown, to: unknown, Port = 443): Resource => ({
  Type: 'AWS::ElasticLoadBalancingV2::Listener',
  Properties: { LoadBalancerArn: at, Port, DefaultActions: [{ Type: 'forward', TargetGroupArn: to }] },
});
const rule = (at: unknown, Priority: number, to: unknown = ref('Targets')): Resource => ({
  Type: 'AWS::ElasticLoadBalancingV2::ListenerRule',
  Properties: { ListenerArn: at, Priority, Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: to }] } }] },
});
const service = (to: string, DependsOn: string[], properties = {}): Resource => ({
  Type: 'AWS::ECS::Service',
  DependsOn,
  Properties: { LoadBalancers: [{ TargetGroupArn: ref(to), ContainerName: 'web', ContainerPort: 80 }], ...properties },
});
const group = (properties = {}): Resource => ({ Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'web', ...properties } });
const HTTPS = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '10.0.0.0/8' };
const ingress = (properties = {}): Resource => ({
  Type: 'AWS::EC2::SecurityGroupIngress',
  Properties: { GroupId: { 'Fn::GetAtt': ['Group', 'GroupId'] }, ...HTTPS, ...properties },
});
const table = (properties = {}): Resource => ({ Type: 'AWS::DynamoDB::Table', Properties: properties });
const indexes = (...names: string[]) => ({ GlobalSecondaryIndexes: names.map((IndexName) => ({ IndexName, KeySchema: [IndexName] })) });
const custom = (fn: string): Resource => ({ Type: 'Custom::Rows', Properties: { ServiceToken: { 'Fn::GetAtt': [fn, 'Arn'] } } });
const fn = (properties = {}): Resource => ({ Type: 'AWS::Lambda::Function', Properties: properties });
const policy = (properties = {}): Resource => ({
  Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
  Properties: {
    PolicyName: 'slots',
    ScalingTargetId: ref('Scaled'),
    TargetTrackingScalingPolicyConfiguration: { TargetValue: 70 },
    ...properties,
  },
});
const scaled = (ResourceId: string): Resource => ({
  Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
  Properties: { ResourceId, ScalableDimension: 'ecs:service:DesiredCount', ServiceNamespace: 'ecs' },
});

function found(before: Resources, after: Resources): [string, string[]][] {
  return collisionsOf({ Resources: before }, { Resources: after }).map(({ kind, logicalIds }) => [kind, [...logicalIds]]);
}

const EDGE = { Inside: balancer(), Outside: balancer(), Targets: targets() };

describe('load balancers', () => {
  test('a target group that goes to another load balancer', () => {
    const before = { ...EDGE, Old: listener(ref('Inside'), ref('Targets')) };

    expect(found(before, { ...EDGE, New: listener(ref('Outside'), ref('Targets')) })).toEqual([['targetGroup', ['Targets', 'New', 'Old']]]);
    expect(found(before, { ...EDGE, Old: listener(ref('Outside'), ref('Targets')) })).toEqual([['targetGroup', ['Targets', 'Old']]]);
  });

  test('by way of a rule', () => {
    const listeners = { Old: listener(ref('Inside'), ref('Others')), New: listener(ref('Outside'), ref('More')) };
    const before = { ...EDGE, ...listeners, Rule: rule(ref('Old'), 1) };

    expect(found(before, { ...EDGE, ...listeners, Rule: rule(ref('New'), 1) })).toEqual([['targetGroup', ['Targets', 'Rule']]]);
  });

  test('a load balancer that is replaced takes its listeners along, and their target groups', () => {
    const of = (Scheme: string) => ({ ...EDGE, Inside: balancer({ Scheme }), Old: listener(ref('Inside'), ref('Targets')) });

    expect(found(of('internal'), of('internet-facing'))).toEqual([['targetGroup', ['Targets', 'Old']]]);
  });

  test('with a target group of its own nothing is in the way, and neither is a listener that stays', () => {
    const before = { ...EDGE, Old: listener(ref('Inside'), ref('Targets')) };

    expect(found(before, { ...EDGE, Fresh: targets(), New: listener(ref('Outside'), ref('Fresh')) })).toEqual([]);
    expect(found(before, { ...EDGE, Fresh: targets(), Old: listener(ref('Inside'), ref('Fresh'), 80) })).toEqual([]);
  });

  test('a service that does not wait for the listener of its new target group', () => {
    const before = { ...EDGE, Old: listener(ref('Inside'), ref('Targets')), Web: service('Targets', ['Old']) };
    const after = { ...EDGE, Fresh: targets(), Old: listener(ref('Inside'), ref('Fresh')) };

    expect(found(before, { ...after, Web: service('Fresh', []) })).toEqual([['service', ['Web', 'Fresh']]]);
    expect(found(before, { ...after, Web: service('Fresh', ['Old']) })).toEqual([]);
  });

  test('two listeners on a port', () => {
    const before = { ...EDGE, Old: listener(ref('Inside'), ref('Targets')) };

    expect(found(before, { ...EDGE, New: listener(ref('Inside'), ref('Targets')) })).toEqual([['listenerPort', ['New', 'Old']]]);
    expect(found(before, { ...EDGE, New: listener(ref('Inside'), ref('Targets'), 8443) })).toEqual([]);
  });

  test('two rules of a priority', () => {
    const edge = { ...EDGE, At: listener(ref('Inside'), ref('Targets')) };
    const before = { ...edge, One: rule(ref('At'), 1), Two: rule(ref('At'), 2) };

    expect(found(before, { ...edge, Two: rule(ref('At'), 1) })).toEqual([['rulePriority', ['Two', 'One']]]);
    expect(found(before, { ...edge, One: rule(ref('At'), 3), Two: rule(ref('At'), 2) })).toEqual([]);
  });
});

test('a load balancer or a service that moves into another VPC', () => {
  const within = (VpcId: string, made: (groups: unknown[]) => Resource) => ({ Group: group({ VpcId }), Web: made([ref('Group')]) });
  const balanced = (SecurityGroups: unknown[]) => balancer({ SecurityGroups });
  const running = (SecurityGroups: unknown[]) =>
    service('Targets', [], { NetworkConfiguration: { AwsvpcConfiguration: { SecurityGroups } } });

  for (const made of [balanced, running]) {
    expect(found(within('vpc-1', made), within('vpc-2', made))).toEqual([['network', ['Web']]]);
    expect(found(within('vpc-1', made), within('vpc-1', made))).toEqual([]);
  }
});

describe('names', () => {
  const KEYS = { KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] };

  test('a resource that has a name and is replaced', () => {
    expect(found({ Rows: table({ TableName: 'rows' }) }, { Rows: table({ TableName: 'rows', ...KEYS }) })).toEqual([['name', ['Rows']]]);
    expect(found({ Rows: table({ TableName: 'rows' }) }, { Rows: table({ TableName: 'more', ...KEYS }) })).toEqual([]);
    expect(found({ Rows: table() }, { Rows: table(KEYS) })).toEqual([]);
    expect(found({ Web: targets({ Name: 'web' }) }, { Web: targets({ Name: 'web', Port: 90 }) })).toEqual([['name', ['Web']]]);
  });

  test('a name that goes to another logical id', () => {
    expect(found({ Rows: table({ TableName: 'rows' }) }, { Lines: table({ TableName: 'rows' }) })).toEqual([['name', ['Lines', 'Rows']]]);
  });

  test('a name within what is replaced itself is another', () => {
    expect(found({ Scaled: scaled('a'), Slots: policy() }, { Scaled: scaled('b'), Slots: policy() })).toEqual([]);
  });

  test('what is identified by all its parts together', () => {
    expect(found({ Scaled: scaled('a') }, { Other: scaled('a') })).toEqual([['name', ['Other', 'Scaled']]]);
    expect(found({ Scaled: scaled('a') }, { Other: scaled('b') })).toEqual([]);
  });
});

test('the same rule twice in a security group', () => {
  const Group = group();
  const inline = group({ SecurityGroupIngress: [{ ...HTTPS, Description: 'agents' }] });

  expect(found({ Group, Old: ingress() }, { Group, New: ingress() })).toEqual([['securityGroupRule', ['New', 'Old']]]);
  expect(found({ Group, Old: ingress() }, { Group: inline })).toEqual([['securityGroupRule', ['Group', 'Old']]]);
  expect(found({ Group: inline }, { Group, New: ingress() })).toEqual([]);
  expect(found({ Group, Old: ingress() }, { Group, New: ingress({ FromPort: 80, ToPort: 80 }) })).toEqual([]);
  expect(found({ Group, Old: ingress() }, { Group: group({ GroupDescription: 'another' }), Old: ingress() })).toEqual([]);
});

test('two policies that follow one metric', () => {
  const Scaled = scaled('a');

  expect(found({ Scaled, Old: policy() }, { Scaled, New: policy({ PolicyName: 'other' }) })).toEqual([['scalingPolicy', ['New', 'Old']]]);
});

test('more than one index of a table in one update', () => {
  expect(found({ Rows: table() }, { Rows: table(indexes('a')) })).toEqual([]);
  expect(found({ Rows: table() }, { Rows: table(indexes('a', 'b')) })).toEqual([['tableIndexes', ['Rows']]]);
  expect(found({ Rows: table(indexes('a')) }, { Rows: table(indexes('b')) })).toEqual([['tableIndexes', ['Rows']]]);
  expect(found({}, { Rows: table(indexes('a', 'b')) })).toEqual([]);
});

test('a custom resource that goes to another function', () => {
  const functions = { One: fn(), Two: fn() };

  expect(found({ ...functions, Rows: custom('One') }, { ...functions, Rows: custom('Two') })).toEqual([['serviceToken', ['Rows']]]);
  expect(found({ One: fn(), Rows: custom('One') }, { One: fn({ PackageType: 'Image' }), Rows: custom('One') })).toEqual([
    ['serviceToken', ['Rows']],
  ]);
  expect(found({ One: fn(), Rows: custom('One') }, { One: fn({ Timeout: 9 }), Rows: custom('One') })).toEqual([]);
});

test('another type under one logical id', () => {
  expect(found({ Rows: table() }, { Rows: fn() })).toEqual([['type', ['Rows']]]);
});

test('a service that CodeDeploy deploys', () => {
  const controlled = (TaskDefinition: string) => service('Targets', [], { DeploymentController: { Type: 'CODE_DEPLOY' }, TaskDefinition });

  expect(found({ Web: controlled('a:1') }, { Web: controlled('a:2') })).toEqual([['service', ['Web']]]);
  expect(found({ Web: controlled('a:1') }, { Web: controlled('a:1') })).toEqual([]);
});

test('what would fail is told with why AWS refuses it and how to go on', () => {
  const before = { Resources: { ...EDGE, Old: listener(ref('Inside'), ref('Targets')) } };

  expect(collisionsOf(before, { Resources: { ...EDGE, New: listener(ref('Outside'), ref('Targets')) } })).toEqual([
    {
      kind: 'targetGroup',
      logicalIds: ['Targets', 'New', 'Old'],
      what: 'New forwards to a target group to which Old still forwards on another load balancer.',
      why: 'TargetGroupAssociationLimit: A target group cannot be associated with more than one load balancer.',
      fix: 'Let the other load balancer have a target group of its own: under another logical id, and without the same name.',
    },
  ]);
});
