/**
 * Condition keys whose values are known here for every request, if only as absent ones (Service Authorization Reference; IAM User Guide, "AWS
 * global condition context keys"). A key that ends in `/` or `:` is followed by a name. What is not in this list decides against the request.
 */
const KNOWN = [
  ...[
    'aws:CurrentTime',
    'aws:EpochTime',
    'aws:TokenIssueTime',
    'aws:RequestedRegion',
    'aws:SecureTransport',
    'aws:UserAgent',
    'aws:Referer',
  ],
  ...[
    'aws:PrincipalArn',
    'aws:PrincipalAccount',
    'aws:PrincipalType',
    'aws:PrincipalIsAWSService',
    'aws:PrincipalServiceName',
    'aws:PrincipalTag/',
  ],
  ...['aws:userid', 'aws:username', 'aws:SourceIdentity', 'aws:FederatedProvider', 'aws:MultiFactorAuthPresent', 'aws:MultiFactorAuthAge'],
  ...['aws:ViaAWSService', 'aws:CalledVia', 'aws:CalledViaFirst', 'aws:CalledViaLast', 'aws:SourceArn', 'aws:SourceAccount'],
  ...['aws:ResourceAccount', 'aws:ResourceTag/', 'aws:RequestTag/', 'aws:TagKeys'],
  ...['dynamodb:LeadingKeys', 'dynamodb:Attributes', 'dynamodb:Select', 'dynamodb:ReturnValues', 'dynamodb:ReturnConsumedCapacity'],
  ...['dynamodb:EnclosingOperation', 'dynamodb:FullTableScan'],
  ...['ecs:cluster', 'ecs:service', 'ecs:task', 'ecs:ResourceTag/'],
  ...['kms:ViaService', 'kms:CallerAccount', 'kms:EncryptionContext:', 'kms:EncryptionContextKeys', 'kms:GrantIsForAWSResource'],
  ...['lambda:FunctionArn'],
  ...['logs:LogGroupName'],
  ...['s3:prefix', 's3:delimiter', 's3:max-keys', 's3:VersionId', 's3:if-none-match', 's3:if-match', 's3:ResourceAccount', 's3:TlsVersion'],
  ...['s3:x-amz-acl', 's3:x-amz-server-side-encryption', 's3:x-amz-server-side-encryption-aws-kms-key-id', 's3:object-lock-mode'],
  ...['secretsmanager:VersionStage', 'secretsmanager:VersionId', 'secretsmanager:SecretId', 'secretsmanager:Name'],
  ...['secretsmanager:ResourceTag/', 'secretsmanager:resource/AllowRotationLambdaArn'],
  ...['sts:RoleSessionName', 'sts:ExternalId'],
].map((key) => key.toLowerCase());

export function isKnownKey(key: string): boolean {
  const asked = key.toLowerCase();
  return KNOWN.some((known) => (/[/:]$/.test(known) ? asked.startsWith(known) && asked.length > known.length : asked === known));
}
