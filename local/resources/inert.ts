import { createHash } from 'node:crypto';
import { arn, type Created, type ResourceRequest } from './provisioner';

/** How a resource that needs nothing on this machine is called by others. */
interface InertType {
  /** `Ref`, from the resource's own name property or made up. */
  readonly nameProperty?: string;
  /** Prefix of a made-up id such as `vpc-0a1b…`; without it the generated name is the id. */
  readonly idPrefix?: string;
  /** Service and resource type of its ARN. */
  readonly arn?: readonly [service: string, type: string];
  /** Whether `Ref` is the ARN. */
  readonly refIsArn?: boolean;
  /** Further attributes, as functions of the id. */
  readonly attributes?: Readonly<Record<string, (id: string) => unknown>>;
}

const id = (value: string): string => value;

/**
 * The types that exist only to be named: networks, permissions, keys, logs, alarms. What they protect or observe in AWS
 * has no counterpart on one machine.
 */
// biome-ignore format: one line per type reads as the table it is
const INERT: Readonly<Record<string, InertType>> = {
  'AWS::CDK::Metadata': {},

  'AWS::EC2::VPC': { idPrefix: 'vpc', attributes: { VpcId: id, CidrBlock: () => '10.0.0.0/16', DefaultSecurityGroup: (vpc) => vpc.replace('vpc', 'sg') } },
  'AWS::EC2::Subnet': { idPrefix: 'subnet', attributes: { SubnetId: id, AvailabilityZone: () => 'local' } },
  'AWS::EC2::RouteTable': { idPrefix: 'rtb' },
  'AWS::EC2::Route': {},
  'AWS::EC2::SubnetRouteTableAssociation': {},
  'AWS::EC2::InternetGateway': { idPrefix: 'igw' },
  'AWS::EC2::VPCGatewayAttachment': {},
  'AWS::EC2::EIP': { attributes: { AllocationId: id } },
  'AWS::EC2::NatGateway': { idPrefix: 'nat', attributes: { NatGatewayId: id } },
  'AWS::EC2::VPCEndpoint': { idPrefix: 'vpce' },
  'AWS::EC2::FlowLog': { idPrefix: 'fl' },
  'AWS::EC2::SecurityGroup': { idPrefix: 'sg', attributes: { GroupId: id } },
  'AWS::EC2::SecurityGroupIngress': {},
  'AWS::EC2::SecurityGroupEgress': {},

  'AWS::IAM::Role': { nameProperty: 'RoleName', arn: ['iam', 'role'], attributes: { RoleId: id } },
  'AWS::IAM::Policy': {},
  'AWS::IAM::ManagedPolicy': { arn: ['iam', 'policy'], refIsArn: true },
  'AWS::KMS::Key': { arn: ['kms', 'key'], attributes: { KeyId: id } },
  'AWS::KMS::Alias': { nameProperty: 'AliasName' },
  'AWS::CertificateManager::Certificate': { arn: ['acm', 'certificate'], refIsArn: true },
  'AWS::SecretsManager::ResourcePolicy': {},
  'AWS::WAFv2::WebACL': { arn: ['wafv2', 'regional/webacl'] },
  'AWS::WAFv2::WebACLAssociation': {},

  'AWS::Logs::LogGroup': { nameProperty: 'LogGroupName', arn: ['logs', 'log-group'] },
  'AWS::Logs::MetricFilter': {},
  'AWS::Logs::QueryDefinition': {},
  'AWS::Logs::ResourcePolicy': {},
  'AWS::CloudWatch::Alarm': { nameProperty: 'AlarmName', arn: ['cloudwatch', 'alarm'] },
  'AWS::CloudWatch::CompositeAlarm': { nameProperty: 'AlarmName', arn: ['cloudwatch', 'alarm'] },
  'AWS::CloudWatch::Dashboard': { nameProperty: 'DashboardName' },
  'AWS::SNS::Topic': { arn: ['sns', 'topic'], refIsArn: true },
  'AWS::SNS::TopicPolicy': {},
  'AWS::SNS::Subscription': {},

  'AWS::S3::Bucket': { nameProperty: 'BucketName', attributes: { Arn: (bucket) => `arn:aws:s3:::${bucket}`, DomainName: id } },
  'AWS::S3::BucketPolicy': {},
  'AWS::Route53::RecordSet': { nameProperty: 'Name' },
  'AWS::Cognito::UserPool': { idPrefix: 'local', arn: ['cognito-idp', 'userpool'], attributes: { UserPoolId: id } },
  'AWS::Cognito::UserPoolClient': { attributes: { ClientId: id } },
  'AWS::Cognito::UserPoolDomain': {},
  'AWS::Cognito::UserPoolResourceServer': {},

  'AWS::Lambda::Permission': {},
  'AWS::ECS::Cluster': { nameProperty: 'ClusterName', arn: ['ecs', 'cluster'] },
  'AWS::ECS::ClusterCapacityProviderAssociations': {},
  // Evaluated on the metrics by CloudWatch; the count of tasks stays at its lower bound here.
  'AWS::ApplicationAutoScaling::ScalingPolicy': { arn: ['autoscaling', 'scalingPolicy'], refIsArn: true },
};

/** Custom resources of the CDK itself that act on inert resources only; their functions are not called. */
const INERT_CUSTOM = ['Custom::S3AutoDeleteObjects', 'Custom::VpcRestrictDefaultSG', 'Custom::S3BucketNotifications'];

export function isInert(type: string): boolean {
  return Object.hasOwn(INERT, type) || INERT_CUSTOM.includes(type);
}

/** Gives an inert resource its names. `properties` are unresolved but for the name. */
export function createInert(request: ResourceRequest<Readonly<Record<string, unknown>>>): Created {
  const type = INERT[request.resource.Type] ?? {};
  const named = type.nameProperty && request.properties[type.nameProperty];
  const name = typeof named === 'string' ? named : type.idPrefix ? `${type.idPrefix}-${hash(request.path)}` : request.generatedName;
  const ownArn =
    type.arn &&
    arn(request.stack, type.arn[0], `${type.arn[1]}${type.arn[0] === 'logs' || type.arn[0] === 'cloudwatch' ? ':' : '/'}${name}`);
  return {
    ref: type.refIsArn && ownArn ? ownArn : name,
    attribute: (attribute) => type.attributes?.[attribute]?.(name) ?? (attribute === 'Arn' ? ownArn : undefined),
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 17);
}
