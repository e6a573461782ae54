/** The actions of the policies that AWS itself keeps and that tasks and functions are given most (AWS Managed Policy Reference); each on every resource. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  AdministratorAccess: ['*'],
  'service-role/AWSLambdaBasicExecutionRole': ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  'service-role/AWSLambdaVPCAccessExecutionRole': [
    ...['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
    ...['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface'],
    ...['ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses', 'ec2:DescribeSecurityGroups', 'ec2:DescribeVpcs'],
  ],
  'service-role/AWSLambdaDynamoDBExecutionRole': [
    ...['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
    ...['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  ],
  'service-role/AmazonECSTaskExecutionRolePolicy': [
    ...['ecr:GetAuthorizationToken', 'ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
    ...['logs:CreateLogStream', 'logs:PutLogEvents'],
  ],
  AmazonDynamoDBFullAccess: ['dynamodb:*'],
  AmazonS3FullAccess: ['s3:*', 's3-object-lambda:*'],
  AmazonS3ReadOnlyAccess: ['s3:Get*', 's3:List*', 's3:Describe*', 's3-object-lambda:Get*', 's3-object-lambda:List*'],
  AWSXRayDaemonWriteAccess: [
    ...['xray:PutTraceSegments', 'xray:PutTelemetryRecords', 'xray:GetSamplingRules', 'xray:GetSamplingTargets'],
    'xray:GetSamplingStatisticSummaries',
  ],
};

const ARN = /^arn:[\w-]+:iam::aws:policy\/(.+)$/;

export function isOfAws(arn: string): boolean {
  return ARN.test(arn);
}

/** Undefined for a policy whose text is not known here. */
export function managedDocument(arn: string): object | undefined {
  const [, name = ''] = ARN.exec(arn) ?? [];
  const Action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  return Action && { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] };
}
