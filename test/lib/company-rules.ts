import { expect, test } from '@jest/globals';
import { App, Aspects, CfnResource as Cfn, type CfnResource, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { ApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { AccountRootPrincipal, CfnRole, ManagedPolicy, PermissionsBoundary, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { FleetEdge, type McpFleet, type McpFleetProps, ServerRuntime } from '../../lib';
import { acknowledgeEndpoints, certificateOf, NPM_HTTP, NPM_STDIO, newApp, newFleet, templateOf } from './example-fleet';

/** What companies do to all that is in an app, whatever it is; tried on each edge, with each kind of server, and with every option that makes resources. */

export const ENV = { env: { account: '111122223333', region: 'eu-west-1' } };
export const ACL = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/acme/1a2b';

export const listenerOf = (stack: Stack) =>
  ApplicationListener.fromApplicationListenerAttributes(stack, 'Shared', {
    listenerArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/shared/1a2b/3c4d',
    securityGroup: SecurityGroup.fromSecurityGroupId(stack, 'SharedAccess', 'sg-shared'),
  });
export const tls = (stack: Stack) => ({ certificate: certificateOf(stack), domainName: 'mcp.example' });

export const EDGES = {
  internal: (stack: Stack) => FleetEdge.internal({ ...tls(stack), webAclArn: ACL }),
  public: (stack: Stack) => FleetEdge.publicAlb({ ...tls(stack), webAclArn: ACL }),
  API: (stack: Stack) => FleetEdge.apiGateway({ ...tls(stack), webAclArn: ACL }),
  'company listener': (stack: Stack) => FleetEdge.listener({ ...tls(stack), listener: listenerOf(stack), priority: 7 }),
};

/** A fleet with whatever makes resources. */
export function wholeFleet(
  edge: (stack: Stack) => FleetEdge,
  scope = new Stack(newApp(), 'Company', ENV),
  props: Partial<McpFleetProps> = {},
): McpFleet {
  const fleet = newFleet(scope, {
    edge: edge(scope),
    logEncryptionKey: new Key(scope, 'LogKey'),
    functions: { tracing: true },
    allowedOrigins: ['https://console.example'],
    ...props,
  });
  fleet.addServer('tickets', { runtime: NPM_HTTP }).grantCall(fleet.addAgent('support', { subject: 'support' }), { tools: ['read'] });
  fleet.addServer('notes', { runtime: NPM_STDIO });
  fleet.addServer('search', { runtime: ServerRuntime.remote({ url: 'https://search.example/mcp' }) });
  if (props.vpc !== undefined || props.cluster !== undefined) acknowledgeEndpoints(fleet);
  fleet.grantOperate(new Role(scope, 'Operator', { assumedBy: new AccountRootPrincipal() }));
  return fleet;
}

export type Resources = [
  id: string,
  resource: { Type: string; Properties?: Record<string, unknown>; DeletionPolicy?: string; UpdateReplacePolicy?: string },
][];
export const resourcesOf = (template: Template) => Object.entries(template.toJSON().Resources) as Resources;
export const ofType = (template: Template, type: string) => resourcesOf(template).filter(([, { Type }]) => Type === type);

/** These have no tags in CloudFormation. */
const WITHOUT_TAGS = [
  ...['Account', 'Authorizer', 'BasePathMapping', 'Deployment', 'GatewayResponse', 'Method', 'Resource'].map(
    (kind) => `AWS::ApiGateway::${kind}`,
  ),
  ...['Route', 'SecurityGroupEgress', 'SecurityGroupIngress', 'SubnetRouteTableAssociation', 'VPCGatewayAttachment'].map(
    (kind) => `AWS::EC2::${kind}`,
  ),
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::IAM::Policy',
  'AWS::Lambda::Permission',
  'AWS::S3::BucketPolicy',
  'AWS::SecretsManager::RotationSchedule',
  'AWS::WAFv2::WebACLAssociation',
  'Custom::McpFleetGrants',
];

/** Whatever the company says of every resource holds for those of a fleet with this edge. */
export function obeysAt(edge: (stack: Stack) => FleetEdge): void {
  test('every role carries a boundary, by PermissionsBoundary and by the context of the app', () => {
    const made = wholeFleet(edge);
    PermissionsBoundary.of(made.node.root).apply(ManagedPolicy.fromManagedPolicyName(Stack.of(made), 'Boundary', 'acme-boundary'));
    const app = new App({ context: { ...newApp().node.getAllContext(), '@aws-cdk/core:permissionsBoundary': { name: 'acme-boundary' } } });
    for (const fleet of [made, wholeFleet(edge, new Stack(app, 'Company', ENV))]) {
      const roles = ofType(templateOf(fleet), 'AWS::IAM::Role');
      expect(roles.length).toBeGreaterThan(10);
      const free = roles.filter(([, { Properties }]) => !JSON.stringify(Properties?.PermissionsBoundary ?? '').includes('acme-boundary'));
      expect(free).toEqual([]);
    }
  });

  test('a company that tags its app finds the tag on every resource that has tags; tasks have those of their services', () => {
    const fleet = wholeFleet(edge);
    Tags.of(fleet.node.root).add('cost-centre', '4711');
    const template = templateOf(fleet);
    const untagged = resourcesOf(template).filter(([, { Properties }]) => !JSON.stringify(Properties ?? {}).includes('"4711"'));
    expect([...new Set(untagged.map(([, { Type }]) => Type))].sort().filter((type) => !WITHOUT_TAGS.includes(type))).toEqual([]);
    for (const [, { Properties }] of ofType(template, 'AWS::ECS::Service')) expect(Properties?.PropagateTags).toBe('SERVICE');
  });

  test("a company's Aspects may change every role, log group and bucket, and let go of everything", () => {
    const plain = templateOf(wholeFleet(edge));
    const fleet = wholeFleet(edge);
    const change = (node: IConstruct): void => {
      if (node instanceof CfnRole) node.path = '/acme/';
      if (node instanceof CfnLogGroup) node.addPropertyOverride('RetentionInDays', 7);
      if (node instanceof CfnBucket) node.addPropertyOverride('LoggingConfiguration', { DestinationBucketName: 'acme-logs' });
      if (Cfn.isCfnResource(node)) (node as CfnResource).applyRemovalPolicy(RemovalPolicy.DESTROY);
    };
    Aspects.of(fleet).add({ visit: change });
    (fleet.node.root as App).synth();
    const template = templateOf(fleet);

    // Of a deployment of an API, the id is a hash of what is deployed.
    const idsOf = (made: Template) => resourcesOf(made).map(([id]) => id.replace(/(?<=Deployment\w{8})[0-9a-f]{32}$/, ''));
    expect(idsOf(template)).toEqual(idsOf(plain));
    const inFleet = (type: string) => resourcesOf(template).filter(([id, { Type }]) => Type === type && id.startsWith('Mcp'));
    for (const [, { Properties }] of inFleet('AWS::IAM::Role')) expect(Properties?.Path).toBe('/acme/');
    for (const [, { Properties }] of inFleet('AWS::Logs::LogGroup')) expect(Properties?.RetentionInDays).toBe(7);
    for (const [, { Properties }] of inFleet('AWS::S3::Bucket')) expect(Properties?.LoggingConfiguration).toBeDefined();
    expect(resourcesOf(template).filter(([id, { DeletionPolicy }]) => id.startsWith('Mcp') && DeletionPolicy !== 'Delete')).toEqual([]);
  });
}
