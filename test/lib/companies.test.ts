import { describe, expect, jest, test } from '@jest/globals';
import { Duration, type Stack } from 'aws-cdk-lib';
import { Peer, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { FleetEdge, type McpFleet, type McpFleetProps } from '../../lib';
import { ACL, EDGES, ENV, listenerOf, obeysAt, ofType, type Resources, resourcesOf, tls, wholeFleet } from './company-rules';
import { NPM_HTTP, newFleet, newStack, templateOf } from './example-fleet';

describe('at an API', () => obeysAt(EDGES.API));

test('what holds something is kept, and what a failed first deployment leaves is gone, but for what cannot be deleted', () => {
  const kept = (props: Partial<McpFleetProps>) => {
    const all = resourcesOf(templateOf(wholeFleet(EDGES.public, undefined, props)));
    const rows = all.filter(
      ([id, { DeletionPolicy }]) => id.startsWith('Mcp') && DeletionPolicy !== undefined && DeletionPolicy !== 'Delete',
    );
    for (const [, { UpdateReplacePolicy }] of rows) expect(UpdateReplacePolicy).toBe('Retain');
    const words = rows.map(([, { Type, DeletionPolicy }]) => `${Type} ${DeletionPolicy}`);
    return Object.fromEntries([...new Set(words)].sort().map((word) => [word, words.filter((other) => other === word).length]));
  };
  const others = {
    'AWS::KMS::Key RetainExceptOnCreate': 1,
    'AWS::Logs::LogGroup RetainExceptOnCreate': 10,
    'AWS::S3::Bucket Retain': 1,
    'AWS::S3::Bucket RetainExceptOnCreate': 1,
  };
  expect(kept({})).toEqual({ 'AWS::DynamoDB::GlobalTable Retain': 4, ...others });
  expect(kept({ deletionProtection: { tables: false } })).toEqual({ 'AWS::DynamoDB::GlobalTable RetainExceptOnCreate': 4, ...others });
});

test('tables are protected from deletion unless that is switched off, and load balancers if that is switched on', () => {
  const protections = (props: Partial<McpFleetProps>) => {
    const template = templateOf(newFleet(newStack(), props));
    const tables = ofType(template, 'AWS::DynamoDB::GlobalTable').map(
      ([, { Properties }]) => Properties?.Replicas as { DeletionProtectionEnabled?: boolean }[],
    );
    const balancers = ofType(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').map(([, { Properties }]) =>
      JSON.stringify(Properties?.LoadBalancerAttributes),
    );
    return [
      tables.map(([replica]) => replica?.DeletionProtectionEnabled ?? false),
      balancers.map((text) => text.includes('{"Key":"deletion_protection.enabled","Value":"true"}')),
    ];
  };
  expect(protections({})).toEqual([[true, true, true, true], [false]]);
  expect(protections({ deletionProtection: { tables: false, loadBalancers: true } })).toEqual([[false, false, false, false], [true]]);
});

test('a VPC that the fleet makes has endpoints for all that programs call; those with a price only if they are wanted', () => {
  const endpoints = (props: Partial<McpFleetProps>) =>
    ofType(templateOf(newFleet(newStack(ENV), props)), 'AWS::EC2::VPCEndpoint').map(([, { Properties }]) => [
      JSON.stringify(Properties?.ServiceName).match(/\.([a-z.0-9-]+)["\]}]*$/)?.[1],
      Properties?.VpcEndpointType,
    ]);
  const free = [
    ['dynamodb', 'Gateway'],
    ['s3', 'Gateway'],
  ];
  expect(endpoints({ interfaceEndpoints: false }).sort()).toEqual(free);
  expect(endpoints({}).filter(([, type]) => type === 'Interface').length).toBe(6);
  expect(
    endpoints({})
      .filter(([, type]) => type === 'Gateway')
      .sort(),
  ).toEqual(free);
});

const imported = (stack: Stack, cidr = true) =>
  Vpc.fromVpcAttributes(stack, 'Network', {
    vpcId: 'vpc-1',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    publicSubnetIds: ['subnet-3', 'subnet-4'],
    privateSubnetIds: ['subnet-1', 'subnet-2'],
    publicSubnetRouteTableIds: ['rtb-2', 'rtb-2'],
    privateSubnetRouteTableIds: ['rtb-1', 'rtb-1'],
    ...(cidr && { vpcCidrBlock: '10.0.0.0/16' }),
  });

const warningsOf = (fleet: McpFleet) => {
  const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  templateOf(fleet);
  printed.mockRestore();
  return fleet.node.metadata.map(({ data }) => String(data)).filter((text) => text.includes('vpcEndpoints'));
};

test('a VPC of the company in which no endpoint of DynamoDB can be seen is warned of, wherever it is from', () => {
  const stack = newStack(ENV);
  expect(warningsOf(newFleet(stack, { vpc: imported(stack) }))).toEqual([
    expect.stringContaining('No gateway endpoint of DynamoDB can be seen in the VPC Company/Network'),
  ]);

  const later = newStack(ENV);
  const own = new Vpc(later, 'Own');
  const fleet = newFleet(later, { vpc: own });
  own.addGatewayEndpoint('Tables', { service: { name: 'com.amazonaws.eu-west-1.dynamodb' } });
  expect(warningsOf(fleet)).toEqual([]);

  const without = newStack(ENV);
  expect(warningsOf(newFleet(without, { vpc: new Vpc(without, 'Own') }))).toHaveLength(1);
  expect(warningsOf(newFleet(newStack(ENV)))).toEqual([]);
});

test('a VPC whose addresses nobody knows takes a fleet that says where its agents come from, or that has another way in', () => {
  const at = (edge: (stack: Stack) => FleetEdge) => () => {
    const stack = newStack(ENV);
    return templateOf(wholeFleet(edge, stack, { vpc: imported(stack, false) }));
  };
  expect(at((stack) => FleetEdge.internal(tls(stack)))).toThrow(
    /edge clients is missing, and the addresses of Company\/Network are not known; allowed: from where agents come. Give clients: \[Peer/,
  );
  for (const edge of [
    EDGES.public,
    EDGES.API,
    EDGES['company listener'],
    (stack: Stack) => FleetEdge.internal({ ...tls(stack), clients: [Peer.ipv4('10.1.0.0/16')] }),
  ])
    expect(at(edge)).not.toThrow();
});

test('a VPC that is looked up, and a cluster that is imported with it, take a fleet', () => {
  const stack = newStack(ENV);
  const vpc = Vpc.fromLookup(stack, 'Network', { vpcId: 'vpc-12345' });
  const cluster = Cluster.fromClusterAttributes(stack, 'Shared', { clusterName: 'acme', vpc });
  const template = templateOf(wholeFleet(EDGES.internal, stack, { cluster }));
  template.resourceCountIs('AWS::EC2::VPC', 0);
  template.resourceCountIs('AWS::ECS::Cluster', 0);
  for (const [, { Properties }] of ofType(template, 'AWS::ECS::Service')) expect(JSON.stringify(Properties?.Cluster)).toContain('acme');
});

test("endpoints of a VPC that is the company's own are not the fleet's to make", () => {
  const stack = newStack(ENV);
  expect(() => newFleet(stack, { vpc: imported(stack), interfaceEndpoints: false })).toThrow(
    /interfaceEndpoints is false; allowed: nothing beside vpc or cluster/,
  );
});

test('log groups are encrypted by the key that is given, which CloudWatch Logs may use for those of this account and region', () => {
  const template = templateOf(wholeFleet(EDGES.API));
  const [[key]] = ofType(template, 'AWS::KMS::Key').filter(([id]) => id.startsWith('LogKey')) as [Resources[number]];
  for (const [, { Properties }] of ofType(template, 'AWS::Logs::LogGroup'))
    expect(Properties?.KmsKeyId).toEqual({ 'Fn::GetAtt': [key, 'Arn'] });
  expect(JSON.stringify(template.toJSON().Resources[key])).toContain('logs.eu-west-1.amazonaws.com');
});

test('functions keep as many executions as are reserved, and send segments only if they are asked to', () => {
  const reservedConcurrency = { authorizer: 50, allowlistSync: 1, ledgerJanitor: 2, ledgerArchiver: 10, keyRotation: 3 };
  const functionsOf = (props: Partial<McpFleetProps>) =>
    Object.fromEntries(
      ofType(templateOf(newFleet(newStack(), props)), 'AWS::Lambda::Function').map(([id, { Properties }]) => [
        id.match(/^Mcp(\w+?)Function/)?.[1],
        [Properties?.ReservedConcurrentExecutions, (Properties?.TracingConfig as { Mode?: string } | undefined)?.Mode],
      ]),
    );
  expect(functionsOf({ functions: { reservedConcurrency, tracing: true } })).toEqual({
    Authorizer: [50, 'Active'],
    AllowlistSync: [1, 'Active'],
    LedgerJanitor: [2, 'Active'],
    LedgerArchiver: [10, 'Active'],
    KeyRotation: [3, 'Active'],
  });
  expect(Object.values(functionsOf({}))).toEqual(Array(5).fill([undefined, undefined]));
  expect(() => functionsOf({ functions: { reservedConcurrency: { authorizer: 0 } } })).toThrow(
    /functions.reservedConcurrency.authorizer is 0; allowed: a whole number from 1 to 100000/,
  );
});

test('access logs go to a bucket of the company, where one is given', () => {
  const stack = newStack();
  const template = templateOf(newFleet(stack, { accessLogBucket: Bucket.fromBucketName(stack, 'Central', 'acme-access-logs') }));
  template.resourceCountIs('AWS::S3::Bucket', 1);
  expect(JSON.stringify(ofType(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer'))).toContain(
    '"access_logs.s3.bucket","Value":"acme-access-logs"',
  );
});

const zoneOf = (stack: Stack, zoneName = 'mcp.example') =>
  HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName });

test.each([
  ['internal', (stack: Stack) => FleetEdge.internal({ ...tls(stack), hostedZone: zoneOf(stack) }), /LoadBalancersInternal/],
  ['public', (stack: Stack) => FleetEdge.publicAlb({ ...tls(stack), hostedZone: zoneOf(stack) }), /LoadBalancersPublic/],
  ['API', (stack: Stack) => FleetEdge.apiGateway({ ...tls(stack), hostedZone: zoneOf(stack) }), /EdgeApi/],
])('in a zone that is given, the domain name of the edge %s points at it', (_, edge, target) => {
  const stack = newStack(ENV);
  const [[, record]] = ofType(templateOf(newFleet(stack, { edge: edge(stack) })), 'AWS::Route53::RecordSet') as [Resources[number]];
  expect(record.Properties).toMatchObject({ Name: 'mcp.example.', Type: 'A', HostedZoneId: 'Z1' });
  expect(JSON.stringify(record.Properties?.AliasTarget)).toMatch(target);
});

test('a zone that the domain name is not in is refused, and so is a web ACL of another kind', () => {
  const stack = newStack();
  const edged = (props: object) => () => newFleet(newStack(), { edge: FleetEdge.publicAlb({ ...tls(newStack()), ...props }) });
  expect(edged({ hostedZone: zoneOf(stack, 'other.example') })).toThrow(
    /edge hostedZone is "other.example"; allowed: a zone that mcp.example is in. Give the zone/,
  );
  expect(edged({ webAclArn: ACL.replace('regional', 'global') })).toThrow(
    /edge webAclArn is .*global.*; allowed: the ARN of a web ACL of a region/,
  );
});

test('a web ACL judges what comes to the edge, and not what the gateway sends to servers', () => {
  const guarded = (name: keyof typeof EDGES) => {
    const template = templateOf(wholeFleet(EDGES[name]));
    return ofType(template, 'AWS::WAFv2::WebACLAssociation').map(([, { Properties }]) => [
      JSON.stringify(Properties?.ResourceArn),
      Properties?.WebACLArn,
    ]);
  };
  expect(guarded('public')).toEqual([[expect.stringContaining('LoadBalancersPublic'), ACL]]);
  expect(guarded('internal')).toEqual([[expect.stringContaining('LoadBalancersInternal'), ACL]]);
  expect(guarded('API')).toEqual([[expect.stringContaining('/stages/'), ACL]]);
  expect(guarded('company listener')).toEqual([]);
});

test('at a listener of the company the gateway stands behind a rule for its host name, and lets in that load balancer alone', () => {
  const fleet = wholeFleet(EDGES['company listener']);
  const template = templateOf(fleet);
  const rules = ofType(template, 'AWS::ElasticLoadBalancingV2::ListenerRule').filter(([id]) => id.includes('EdgeRule'));
  expect(rules.map(([, { Properties }]) => Properties)).toEqual([
    {
      ListenerArn: expect.stringContaining('listener/app/shared'),
      Priority: 7,
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['mcp.example'] } }],
      Actions: [{ Type: 'forward', TargetGroupArn: { Ref: expect.stringContaining('ListenerGatewayTargets') } }],
    },
  ]);
  const ingress = ofType(template, 'AWS::EC2::SecurityGroupIngress').filter(([id]) => /Gateway/.test(id));
  expect(ingress.map(([, { Properties }]) => [Properties?.SourceSecurityGroupId, Properties?.FromPort])).toContainEqual([
    'sg-shared',
    8080,
  ]);
  expect([fleet.url, fleet.edgeLoadBalancer]).toEqual(['https://mcp.example', undefined]);
  template.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1);
});

test('a place that no rule of a listener can have is refused', () => {
  const stack = newStack();
  const edge = FleetEdge.listener({ ...tls(stack), listener: listenerOf(stack), priority: 0 });
  expect(() => newFleet(stack, { edge })).toThrow(/edge priority is 0; allowed: a whole number from 1 to 50000/);
});

test('a server that takes long to start is given time, and no more than there is', () => {
  const graceOf = (startGrace?: Duration) => {
    const fleet = newFleet();
    fleet.addServer('tickets', { runtime: NPM_HTTP, ...(startGrace && { startGrace }) });
    const services = ofType(templateOf(fleet), 'AWS::ECS::Service').filter(([id]) => /tickets/.test(id));
    return services.map(([, { Properties }]) => Properties?.HealthCheckGracePeriodSeconds);
  };
  expect([graceOf(), graceOf(Duration.minutes(5))]).toEqual([[60], [300]]);
  expect(() => graceOf(Duration.hours(3))).toThrow(/startGrace is 10800; allowed: a whole number from 0 to 7200/);
});
