import { expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Peer, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import { FleetEdge } from '../../lib';
import { acknowledgePlainHttp, certificateOf, logicalIdAt, newFleet, newServer, newStack, resourceAt, templateOf } from './example-fleet';

/** Everyone who may send to a port, as logical ids of security groups or as address ranges. */
function sendersTo(template: Template, port: number): unknown[] {
  const inline = Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(
    (group) => group.Properties.SecurityGroupIngress ?? [],
  );
  const separate = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map((ingress) => ingress.Properties);
  return [...inline, ...separate]
    .filter((rule) => rule.IpProtocol === '-1' || (rule.FromPort <= port && port <= rule.ToPort))
    .map((rule) => rule.SourceSecurityGroupId?.['Fn::GetAtt'][0] ?? rule.CidrIp);
}

const groupOf = (template: Template, path: RegExp) => logicalIdAt(template, 'AWS::EC2::SecurityGroup', path);

const publicEdge = (stack: Stack) => FleetEdge.publicAlb({ certificate: certificateOf(stack), domainName: 'mcp.example' });

test.each([
  ['internal', undefined],
  ['public', publicEdge],
])('only the gateway may enter the listeners of servers (%s edge)', (_, edge) => {
  const stack = newStack();
  const template = templateOf(newServer({}, newFleet(stack, edge && { edge: edge(stack) })));

  for (const port of [8443, 8444]) expect(sendersTo(template, port)).toEqual([groupOf(template, /Gateway\/Service\/SecurityGroup/)]);
});

test('only the load balancer may reach sidecars and gateways, and nobody the port of a server', () => {
  const template = templateOf(newServer());
  const balancer = groupOf(template, /LoadBalancers\/InternalAccess/);

  expect(sendersTo(template, 8080)).toEqual([balancer, balancer]);
  expect(sendersTo(template, 3000)).toEqual([]);
});

test('an internal edge is one load balancer that lets in the VPC', () => {
  const template = templateOf(newFleet());

  template.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1);
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' });
  expect(sendersTo(template, 443)).toEqual([{ 'Fn::GetAtt': [logicalIdAt(template, 'AWS::EC2::VPC', /Vpc/), 'CidrBlock'] }]);
  expect(sendersTo(template, 80)).toEqual([]);
});

test('a public edge is a load balancer of its own: the servers stay behind an internal one', () => {
  const stack = newStack();
  const template = templateOf(newServer({}, newFleet(stack, { edge: publicEdge(stack) })));
  const internal = logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer', /Internal/);
  const open = logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer', /Public/);

  expect(resourceAt(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer', /Internal/).Properties.Scheme).toBe('internal');
  expect(resourceAt(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer', /Public/).Properties.Scheme).toBe('internet-facing');
  const listeners = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::Listener')).map(({ Properties }) => [
    Properties.LoadBalancerArn.Ref,
    Properties.Port,
  ]);
  expect(listeners.sort()).toEqual([
    [internal, 8443],
    [internal, 8444],
    [open, 443],
  ]);
  expect(sendersTo(template, 443)).toEqual(['0.0.0.0/0']);
});

test('clients named by the company replace the default ones', () => {
  const stack = newStack();
  const edge = FleetEdge.internal({
    certificate: certificateOf(stack),
    domainName: 'mcp.example',
    clients: [Peer.ipv4('10.1.0.0/16'), Peer.ipv4('10.2.0.0/16')],
  });

  expect(sendersTo(templateOf(newFleet(stack, { edge })), 443)).toEqual(['10.1.0.0/16', '10.2.0.0/16']);
});

test('more clients can be let in later', () => {
  const fleet = newFleet();
  fleet.connections.allowDefaultPortFrom(Peer.ipv4('10.9.0.0/16'));

  expect(sendersTo(templateOf(fleet), 443)).toContain('10.9.0.0/16');
});

test('with a certificate both listeners speak TLS; the gateway checks for the domain name', () => {
  const template = templateOf(newFleet());

  for (const Port of [443, 8443]) {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port,
      Protocol: 'HTTPS',
      Certificates: [{ CertificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/1a2b' }],
    });
  }
});

test('without a certificate the edge is plain HTTP, and says so at synth', () => {
  const fleet = newFleet(newStack(), { edge: FleetEdge.internal() });
  const warnings = fleet.node.metadata.map(({ data }) => data);
  acknowledgePlainHttp(fleet);
  const template = templateOf(fleet);

  expect(warnings).toContainEqual(expect.stringContaining('access tokens cross the network in clear text'));
  for (const Port of [80, 8443]) template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port, Protocol: 'HTTP' });
});

test('load balancers log, drop malformed headers, and wait longer than the heartbeat', () => {
  const stack = newStack();
  const template = templateOf(newFleet(stack, { edge: publicEdge(stack) }));

  template.allResourcesProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
    LoadBalancerAttributes: Match.arrayWith([
      { Key: 'idle_timeout.timeout_seconds', Value: '120' },
      { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
      { Key: 'access_logs.s3.enabled', Value: 'true' },
    ]),
  });
  template.resourceCountIs('AWS::S3::Bucket', 2); // access logs, and the archive
});

test('the gateway is the default of the edge, and nothing is the default of the servers listener', () => {
  const template = templateOf(newServer());
  const edge = resourceAt(template, 'AWS::ElasticLoadBalancingV2::Listener', /Edge/);
  const servers = resourceAt(template, 'AWS::ElasticLoadBalancingV2::Listener', /Internal\/Servers/);

  expect(edge.Properties.DefaultActions).toEqual([
    { Type: 'forward', TargetGroupArn: { Ref: logicalIdAt(template, 'AWS::ElasticLoadBalancingV2::TargetGroup', /GatewayTargets/) } },
  ]);
  expect(servers.Properties.DefaultActions).toEqual([
    { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain', MessageBody: 'Not found' } },
  ]);
});

test('a VPC is made unless one is given; a cluster brings its own', () => {
  templateOf(newFleet()).resourceCountIs('AWS::EC2::VPC', 1);

  const own = newStack();
  const vpc = new Vpc(own, 'Own');
  const template = templateOf(newFleet(own, { vpc }));
  template.resourceCountIs('AWS::EC2::VPC', 1);
  template.hasResourceProperties('AWS::EC2::SecurityGroup', { VpcId: { Ref: logicalIdAt(template, 'AWS::EC2::VPC', /Own/) } });

  const shared = newStack();
  const cluster = new Cluster(shared, 'Shared', { vpc: new Vpc(shared, 'Own') });
  const fleet = newFleet(shared, { cluster });
  expect(fleet.vpc).toBe(cluster.vpc);
  templateOf(fleet).resourceCountIs('AWS::ECS::Cluster', 1);
});
