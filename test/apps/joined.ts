import { Aspects, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { GatewayVpcEndpointAwsService, Peer, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ApplicationListener, ApplicationLoadBalancer, ListenerAction } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnRole, ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { FleetEdge } from '../../lib';
import type { CompanyApp } from './apps';
import { addTeller, newApp, smallFleet } from './company';

/** Fleets that enter a load balancer which is there already: one that the same app makes, and one that it only imports. */
export const JOINED = ['shared', 'elsewhere'] as const;
/** What the company itself answers at its listener. */
export const OTHERWISE = 'the shop';

/** A company with a load balancer, a network and rules of its own, and with every setting that a fleet has for such. */
export const joined: CompanyApp = (outdir) => {
  const app = newApp(outdir);
  const platform = new Stack(app, 'Platform');
  const gatewayEndpoints = { Tables: { service: GatewayVpcEndpointAwsService.DYNAMODB } };
  const vpc = new Vpc(platform, 'Network', { maxAzs: 2, natGateways: 1, gatewayEndpoints });
  const balancer = new ApplicationLoadBalancer(platform, 'Balancer', { vpc, internetFacing: true });
  const shared = balancer.addListener('Https', {
    port: 443,
    certificates: [certificateOf(platform)],
    open: false,
    defaultAction: ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: OTHERWISE }),
  });
  shared.connections.allowDefaultPortFrom(Peer.anyIpv4());
  for (const name of JOINED) {
    const stack = new Stack(app, name);
    const listener =
      name === 'shared'
        ? shared
        : ApplicationListener.fromApplicationListenerAttributes(stack, 'Listener', {
            listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/acme/1a2b/3c4d',
            securityGroup: SecurityGroup.fromSecurityGroupId(stack, 'Access', 'sg-0123456789abcdef0'),
          });
    const fleet = smallFleet(stack, name, {
      vpc,
      edge: FleetEdge.listener({ listener, domainName: `${name}.example`, priority: 7, certificate: certificateOf(stack) }),
      logEncryptionKey: new Key(stack, 'LogKey'),
      deletionProtection: { tables: false },
      functions: { tracing: true, reservedConcurrency: { authorizer: 5 } },
    });
    addTeller(fleet, { startGrace: Duration.seconds(90) });
    PermissionsBoundary.of(stack).apply(ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'acme-boundary'));
  }
  Tags.of(app).add('cost-centre', '4711');
  Aspects.of(app).add({
    visit: (node) => {
      if (node instanceof CfnRole) node.path = '/acme/';
      if (node instanceof CfnBucket) node.applyRemovalPolicy(RemovalPolicy.RETAIN);
    },
  });
  app.synth();
};

function certificateOf(stack: Stack) {
  const arn = 'arn:aws:acm:eu-west-1:111122223333:certificate/3f1d6c1e-0a55-4d3c-9d55-2c7c3f3a9b10';
  return Certificate.fromCertificateArn(stack, 'ListenerCertificate', arn);
}
