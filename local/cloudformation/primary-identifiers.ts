/**
 * What names a resource that exists, for `cdk import`: the `primaryIdentifier` of the resource's schema in the CloudFormation
 * registry, for types that stacks here hold most.
 */
const IDENTIFIERS: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': ['TableName'],
  'AWS::ECR::Repository': ['RepositoryName'],
  'AWS::ECS::Cluster': ['ClusterName'],
  'AWS::ECS::Service': ['ServiceArn', 'Cluster'],
  'AWS::IAM::Role': ['RoleName'],
  'AWS::KMS::Key': ['KeyId'],
  'AWS::Lambda::Function': ['FunctionName'],
  'AWS::Logs::LogGroup': ['LogGroupName'],
  'AWS::S3::Bucket': ['BucketName'],
  'AWS::SecretsManager::Secret': ['Id'],
  'AWS::SNS::Topic': ['TopicArn'],
  'AWS::SQS::Queue': ['QueueUrl'],
  'AWS::SSM::Parameter': ['Name'],
};

export function primaryIdentifier(type: string): readonly string[] | undefined {
  return Object.hasOwn(IDENTIFIERS, type) ? IDENTIFIERS[type] : undefined;
}
