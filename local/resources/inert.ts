import { createHash } from 'node:crypto';
import { arn, type Created, type ResourceRequest } from './provisioner';

/**
 * How the types begin whose name is all that one machine has a use for, and why. A program that is given one of their names needs nothing
 * more from it here; any other type that does not run is refused where a program is given its name.
 */
const NAME_IS_ALL: Readonly<Record<string, readonly string[]>> = {
  'the way of CloudFormation and the CDK to deploy': ['CDK::Metadata', 'CloudFormation::WaitConditionHandle', 'CloudFormation::Stack'],
  'a network: all is on loopback, and local/network computes who reaches whom': [
    'EC2::VPC',
    'EC2::Subnet',
    'EC2::Route',
    'EC2::InternetGateway',
    'EC2::EgressOnlyInternetGateway',
    'EC2::NatGateway',
    'EC2::EIP',
    'EC2::FlowLog',
    'ApiGateway::Account',
    'ApiGateway::DomainName',
    'ApiGateway::BasePathMapping',
    'ApiGatewayV2::VpcLink',
    'Route53::RecordSet',
    'Route53::HostedZone',
  ],
  'who may reach whom, and do what: read as it is stated, where it is judged (local/network, local/iam)': [
    'EC2::SecurityGroup',
    'EC2::NetworkAcl',
    'EC2::PrefixList',
    'WAFv2::',
    'IAM::',
    'Lambda::Permission',
  ],
  'what is encrypted, with what: nothing is': ['KMS::', 'CertificateManager::'],
  'who agents are: a local issuer says it': ['Cognito::'],
  'what is watched from outside: lines go to files, and nobody is woken': ['Logs::', 'CloudWatch::'],
  'a name for a function that runs': ['Lambda::Version', 'Lambda::Alias'],
  'where images and tasks are kept: they are folders and processes': ['ECR::Repository', 'ECS::Cluster'],
  'what follows the load of something else than an ECS service': ['ApplicationAutoScaling::ScalingPolicy'],
};
const BEGINNINGS = Object.values(NAME_IS_ALL)
  .flat()
  .map((type) => `AWS::${type}`);

/** What a resource lets others do to it (`AWS::S3::BucketPolicy`); the resource itself is judged apart. */
const POLICY = /^AWS::\w+::\w*Policy$/;

export function nameIsAll(type: string): boolean {
  return BEGINNINGS.some((beginning) => type.startsWith(beginning)) || POLICY.test(type);
}

/** `Ref` of these is their ARN. */
const REF_IS_ARN =
  /^AWS::(IAM::ManagedPolicy|CertificateManager::Certificate|SNS::Topic|StepFunctions::StateMachine|ApplicationAutoScaling::ScalingPolicy)$/;
/** How EC2 begins its ids; other types of it begin with their own name. */
const EC2_PREFIX: Readonly<Record<string, string>> = {
  SecurityGroup: 'sg',
  RouteTable: 'rtb',
  InternetGateway: 'igw',
  NatGateway: 'nat',
  VPCEndpoint: 'vpce',
};
const SERVICE_OF_ARN: Readonly<Record<string, string>> = { certificatemanager: 'acm', cognito: 'cognito-idp' };
/** Services that separate type and name in an ARN by a colon. */
const COLON = ['logs', 'cloudwatch'];

/** Gives a resource that does not run its names: plausible ones, and in each run the same. `properties` are unresolved. */
export function createInert({
  resource,
  properties,
  stack,
  path,
  generatedName,
}: ResourceRequest<Readonly<Record<string, unknown>>>): Created {
  const [, namespace = 'custom', kind = 'resource'] = resource.Type.split('::');
  const service = SERVICE_OF_ARN[namespace.toLowerCase()] ?? namespace.toLowerCase();
  const own = properties[`${kind}Name`] ?? properties.Name;
  const name =
    typeof own === 'string' ? own : service === 'ec2' ? `${EC2_PREFIX[kind] ?? kind.toLowerCase()}-${hash(path)}` : generatedName;
  const type = kind.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  const ownArn = arn(stack, service, `${type}${COLON.includes(service) ? ':' : '/'}${name}`);
  const host = `${name}.${service}.${stack.region}.amazonaws.com`.toLowerCase();
  return {
    ref: REF_IS_ARN.test(resource.Type) ? ownArn : name,
    attribute: (attribute) => {
      // Of a log group, it means all its streams (CloudFormation, AWS::Logs::LogGroup).
      if (/Arn$/i.test(attribute)) return resource.Type === 'AWS::Logs::LogGroup' ? `${ownArn}:*` : ownArn;
      if (/(Url|Uri)$/i.test(attribute)) return `https://${host}/`;
      if (/Port$/.test(attribute)) return '443';
      if (/Cidr(Block)?$/.test(attribute)) return '10.0.0.0/16';
      return /(Endpoint|Address|Dns\w*|DNS\w*|Domain\w*|Host\w*)$/.test(attribute) ? host : name;
    },
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 17);
}
