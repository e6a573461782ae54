import { identifierOf } from '../replacements';
import { type Claim, type Collision, contestsIn, type Declared, holderText, idsOf, type Side, type Update } from './update';

/**
 * Names that a template may choose, with what they are unique in; of types that the specification identifies by something that AWS
 * gives, such as an ARN (CloudFormation: "Name type").
 */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApplicationAutoScaling::ScalingPolicy': ['PolicyName', 'ScalingTargetId', 'ResourceId', 'ScalableDimension', 'ServiceNamespace'],
  'AWS::EC2::SecurityGroup': ['GroupName', 'VpcId'],
  'AWS::ECS::Cluster': ['ClusterName'],
  'AWS::ECS::Service': ['ServiceName', 'Cluster'],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ['Name'],
  'AWS::ElasticLoadBalancingV2::TargetGroup': ['Name'],
  'AWS::Events::EventBus': ['Name'],
  'AWS::Events::Rule': ['Name', 'EventBusName'],
  'AWS::IAM::ManagedPolicy': ['ManagedPolicyName'],
  'AWS::Kinesis::Stream': ['Name'],
  'AWS::KMS::Alias': ['AliasName'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::SNS::Topic': ['TopicName'],
  'AWS::SQS::Queue': ['QueueName'],
  'AWS::StepFunctions::StateMachine': ['StateMachineName'],
};

/** Two resources of one name, for as long as the old one is not deleted. */
export function names(update: Update): Collision[] {
  return contestsIn(update, claims).map((contest) => ({
    kind: 'name',
    logicalIds: idsOf(contest),
    what: `${contest.claimant} (${typeOf(update.after, contest.claimant)}) takes the name that ${holderText(contest)} still has.`,
    why:
      contest.claimant === contest.holder
        ? 'CloudFormation cannot update a stack when a custom-named resource requires replacing.'
        : 'The old resource is deleted only after the new one is made, which therefore already exists.',
    fix:
      contest.claimant === contest.holder
        ? 'Give it another name, or leave its name to CloudFormation.'
        : 'Keep the logical id, or give the new one another name, or remove the old one in an update before.',
  }));
}

function claims(side: Side): Claim[] {
  const types = [...new Set(Object.values(side.template.Resources).map(({ Type }) => Type))];
  return side.ofType(...types).flatMap((declared) => {
    const name = nameOf(declared);
    return name === undefined ? [] : [{ key: `${declared.type} ${side.text(name)}`, logicalId: declared.logicalId }];
  });
}

/** Undefined where AWS gives the name, or a part of what it is unique by. */
function nameOf({ type, properties }: Declared): unknown {
  const listed = NAMES[type];
  if (listed !== undefined) return properties[listed[0] ?? ''] === undefined ? undefined : listed.map((property) => properties[property]);
  const identifier = identifierOf(type).map((property) => properties[property]);
  return identifier.length === 0 || identifier.includes(undefined) ? undefined : identifier;
}

function typeOf({ template }: Side, logicalId: string): string {
  return template.Resources[logicalId]?.Type ?? '';
}
