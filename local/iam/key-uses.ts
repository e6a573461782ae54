import type { Given } from './context';

/** What a service does with the key of a resource, in the name of who asks for an action there. */
export interface KeyUse {
  readonly action: string;
  readonly context: Given;
}

/** By service: which actions touch encrypted content, and how. */
const USES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  // The table's key is decrypted for each principal that reads or writes (DynamoDB Developer Guide, "DynamoDB encryption at rest: usage notes").
  dynamodb: byAction(
    ['kms:Decrypt'],
    [
      ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan', 'BatchGetItem', 'BatchWriteItem', 'ConditionCheckItem'],
      ...['PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete', 'PartiQLSelect', 'GetRecords'],
    ],
  ),
  // S3 User Guide, "Using server-side encryption with AWS KMS keys": to read decrypts; to write makes a data key.
  s3: { ...byAction(['kms:Decrypt'], ['GetObject', 'GetObjectVersion']), ...byAction(['kms:GenerateDataKey'], ['PutObject']) },
  // Secrets Manager User Guide, "Secret encryption and decryption": a new value needs both.
  secretsmanager: {
    ...byAction(['kms:Decrypt'], ['GetSecretValue']),
    ...byAction(['kms:GenerateDataKey', 'kms:Decrypt'], ['PutSecretValue']),
  },
};

/** @param resource that has a key of its own */
export function keyUsesOf(action: string, resource: string, region: string): readonly KeyUse[] {
  const [service = '', name = ''] = action.split(':');
  const account = resource.split(':')[4] ?? '';
  return (USES[service]?.[name] ?? []).map((use) => ({
    action: use,
    context: {
      'kms:ViaService': `${service}.${region}.amazonaws.com`,
      'kms:CallerAccount': account,
      'aws:ViaAWSService': 'true',
      ...encryptionContext(service, resource, account),
    },
  }));
}

/** What has a key, by what an action names: an index is in its table, an object in its bucket. */
export function keyHolderOf(resource: string): string {
  return resource.replace(/^(arn:[^:]+:dynamodb:.*?:table\/[^/]+)\/.*$/, '$1').replace(/^(arn:[^:]+:s3:::[^/]+)\/.*$/, '$1');
}

function encryptionContext(service: string, resource: string, account: string): Given {
  if (service === 's3') return { 'kms:EncryptionContext:aws:s3:arn': keyHolderOf(resource) };
  if (service === 'secretsmanager') return { 'kms:EncryptionContext:SecretARN': resource };
  const table = /:table\/([^/]+)/.exec(resource)?.[1] ?? '';
  return { 'kms:EncryptionContext:aws:dynamodb:tableName': table, 'kms:EncryptionContext:aws:dynamodb:subscriberId': account };
}

function byAction(uses: readonly string[], actions: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(actions.map((action) => [action, uses]));
}
