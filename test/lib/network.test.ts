import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Peer, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import { AgentIdentity, FleetEdge } from '../../lib';
import { readAssets } from '../../local/assembly/assets';
import { stackOf } from '../../local/assembly/cloud-assembly';
import type { Template as StackTemplate } from '../../local/assembly/template';
import { forbiddenLinks, judge, neededLinks } from '../../local/network/fleet-links';
import { type Network, readNetwork } from '../../local/network/network';
import { linksAmong } from '../../local/network/reach';
import {
  acknowledgeEndpoints,
  acknowledgePlainHttp,
  certificateOf,
  logicalIdAt,
  newFleet,
  newServer,
  newStack,
  resourceAt,
  templateOf,
} from './example-fleet';

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

/** Who may open a connection to one of the fleet, by name. */
function whoReaches(template: Template, to: string): string[] {
  const open = linksAmong(networkOf(template)).filter((row) => row.to === to && row.open);
  return [...new Set(open.map(({ from }) => from))].sort();
}

function networkOf(template: Template): Network {
  const place = { account: '111122223333', region: 'eu-west-1', assets: readAssets('', []) };
  return readNetwork(stackOf('Company', template.toJSON() as StackTemplate, place));
}

const publicEdge = (stack: Stack) => FleetEdge.publicAlb({ certificate: certificateOf(stack), domainName: 'mcp.example' });

test.each([
  ['internal', undefined],
  ['public', publicEdge],
])('only the gateway may enter the servers listener (%s edge)', (_, edge) => {
  const stack = newStack();
  const template = templateOf(newServer({}, newFleet(stack, edge && { edge: edge(stack) })));

  expect(whoReaches(template, 'servers')).toEqual(['gateway']);
});

test('only the load balancer may reach sidecars and gateways, and nobody the port of a server', () => {
  const template = templateOf(newServer());
  // Both listeners are one load balancer's.
  expect(whoReaches(template, 'tickets')).toEqual(['edge', 'servers']);
  expect(whoReaches(template, 'gateway')).toEqual(['edge', 'servers']);
  expect(linksAmong(networkOf(template)).filter(({ to, port, open }) => to === 'tickets' && port === 3000 && open)).toEqual([]);
});

test.each([
  ['internal', undefined],
  ['public', publicEdge],
])('every connection that a fleet needs is open, and none past its gateways (%s edge)', (_, edge) => {
  const stack = newStack();
  const network = networkOf(templateOf(newServer({}, newFleet(stack, edge && { edge: edge(stack) }))));
  expect(neededLinks(network).filter((link) => !judge(network, link).open)).toEqual([]);
  expect(forbiddenLinks(network).filter((link) => judge(network, link).open)).toEqual([]);
});

/** They take TLS, too, from the VPC. */
const withoutEndpoints = { interfaceEndpoints: false };

test('an internal edge is one load balancer that lets in the VPC', () => {
  const template = templateOf(newFleet(newStack(), withoutEndpoints));

  template.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1);
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { Scheme: 'internal' });
  expect(sendersTo(template, 443)).toEqual([{ 'Fn::GetAtt': [logicalIdAt(template, 'AWS::EC2::VPC', /Vpc/), 'CidrBlock'] }]);
  expect(sendersTo(template, 80)).toEqual([]);
});

test('a public edge is a load balancer of its own: the servers stay behind an internal one', () => {
  const stack = newStack();
  const template = templateOf(newServer({}, newFleet(stack, { ...withoutEndpoints, edge: publicEdge(stack) })));
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

  expect(sendersTo(templateOf(newFleet(stack, { ...withoutEndpoints, edge })), 443)).toEqual(['10.1.0.0/16', '10.2.0.0/16']);
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
  const servers = resourceAt(template, 'AWS::ElasticLoadBalancingV2::Listener', /Servers/);

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
  const fleetInOwn = newFleet(own, { vpc });
  acknowledgeEndpoints(fleetInOwn);
  const template = templateOf(fleetInOwn);
  template.resourceCountIs('AWS::EC2::VPC', 1);
  template.hasResourceProperties('AWS::EC2::SecurityGroup', { VpcId: { Ref: logicalIdAt(template, 'AWS::EC2::VPC', /Own/) } });

  const shared = newStack();
  const cluster = new Cluster(shared, 'Shared', { vpc: new Vpc(shared, 'Own') });
  const fleet = newFleet(shared, { cluster });
  acknowledgeEndpoints(fleet);
  expect(fleet.vpc).toBe(cluster.vpc);
  templateOf(fleet).resourceCountIs('AWS::ECS::Cluster', 1);
});

test('load balancers speak TLS to every task where it is asked for, and ask so for its health', () => {
  const protocols = (template: Template) =>
    Object.values(template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup')).map(({ Properties }) => [
      Properties.Protocol,
      Properties.HealthCheckProtocol,
    ]);
  const template = templateOf(newServer({}, newFleet(newStack(), { targetTls: true })));
  expect(protocols(template)).toEqual([
    ['HTTPS', 'HTTPS'],
    ['HTTPS', 'HTTPS'],
  ]);
  // Each task is told to speak it: the gateway and the sidecar.
  expect(JSON.stringify(template.findResources('AWS::ECS::TaskDefinition')).match(/targetTls\\":true/g)).toHaveLength(2);
  expect(protocols(templateOf(newServer()))).toEqual([
    ['HTTP', undefined],
    ['HTTP', undefined],
  ]);
});

describe('a public edge that verifies tokens', () => {
  const jwksUri = 'https://login.example/keys';
  const identified = (more: object) => AgentIdentity.oidc({ issuer: 'https://login.example', audience: 'https://mcp.example', ...more });
  const verifying = (stack: Stack) =>
    FleetEdge.publicAlb({ certificate: certificateOf(stack), domainName: 'mcp.example', jwtVerification: true });

  test('looks at those that there are, and leaves requests without one to the gateway', () => {
    const stack = newStack();
    const template = templateOf(newFleet(stack, { edge: verifying(stack), identity: identified({ jwksUri }) }));
    const [forward] = resourceAt(template, 'AWS::ElasticLoadBalancingV2::Listener', /Edge/).Properties.DefaultActions;

    expect(forward.Type).toBe('forward');
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      Priority: 1,
      Conditions: [{ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'Authorization', Values: ['*'] } }],
      Actions: [
        { Type: 'jwt-validation', Order: 1, JwtValidationConfig: { Issuer: 'https://login.example', JwksEndpoint: jwksUri } },
        { ...forward, Order: 2 },
      ],
    });
  });

  test.each([
    ['an issuer whose keys are not named', {}, /identity jwksUri is missing; allowed: the address of the keys, with jwtVerification/],
    [
      'an address that is too long',
      { jwksUri: `${jwksUri}/${'k'.repeat(256)}` },
      /identity jwksUri is .*; allowed: at most 256 characters/,
    ],
  ])('is refused for %s', (_, more, words) => {
    const stack = newStack();
    expect(() => newFleet(stack, { edge: verifying(stack), identity: identified(more) })).toThrow(words);
  });

  test('is not there unless it is asked for', () => {
    const stack = newStack();
    templateOf(newFleet(stack, { edge: publicEdge(stack) })).resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 0);
  });
});
