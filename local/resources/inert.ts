import { createHash } from 'node:crypto';
import { arn, type Created, type ResourceRequest } from './provisioner';

/**
 * Types whose name is all that one machine has a use for: networks, permissions, keys, logs, alarms. A program that is given one
 * of their names needs nothing more from it here; any other type that does not run is refused where a program is given its name.
 */
const NAME_IS_ALL = new RegExp(
  [
    'CDK::Metadata|CloudFormation::(WaitConditionHandle|Stack)',
    'EC2::(VPC|Subnet|Route|InternetGateway|NatGateway|EIP|FlowLog|SecurityGroup|NetworkAcl|EgressOnlyInternetGateway|PrefixList)',
    '(IAM|KMS|CertificateManager|Logs|CloudWatch|WAFv2|Cognito)::',
    'Lambda::(Permission|Version|Alias)|ECR::Repository|ECS::Cluster|ApplicationAutoScaling::ScalingPolicy',
    // What a resource lets others do to it; the resource itself is judged apart.
    String.raw`\w+::\w*Policy$`,
  ]
    .map((types) => `^AWS::(${types})`)
    .join('|'),
);

export function nameIsAll(type: string): boolean {
  return NAME_IS_ALL.test(type);
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
      if (/Arn$/i.test(attribute)) return ownArn;
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
