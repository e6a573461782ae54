import { AwsError, notImplemented } from '../aws-error';
import { listObjects, listVersions } from './listing';
import type { Bucket, ObjectStore } from './object-store';
import type { S3Answer } from './s3-answer';

/** What names a part of a bucket in a query, such as `?location`. Other names are parameters. */
const PARAMETERS = [
  'list-type',
  'x-id',
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
  'encoding-type',
  'fetch-owner',
  'key-marker',
  'version-id-marker',
];

/** What a stack did not say of its bucket, with the error that S3 has for it. */
const ABSENT: Readonly<Record<string, readonly [code: string, message: string]>> = {
  policy: ['NoSuchBucketPolicy', 'The bucket policy does not exist'],
  lifecycle: ['NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist'],
  tagging: ['NoSuchTagSet', 'The TagSet does not exist'],
  cors: ['NoSuchCORSConfiguration', 'The CORS configuration does not exist'],
  publicAccessBlock: ['NoSuchPublicAccessBlockConfiguration', 'The public access block configuration was not found'],
};

export function getBucket(store: ObjectStore, bucket: Bucket, query: URLSearchParams, region: string): S3Answer {
  const part = [...query.keys()].find((name) => !PARAMETERS.includes(name));
  switch (part) {
    case undefined:
      return { document: ['ListBucketResult', listObjects(store, bucket, query)] };
    case 'location':
      return { document: ['LocationConstraint', region === 'us-east-1' ? '' : region] };
    case 'versioning':
      return { document: ['VersioningConfiguration', { Status: bucket.versioning }] };
    case 'versions':
      return { document: ['ListVersionsResult', listVersions(store, bucket, query)] };
    case 'object-lock':
      return lockOf(bucket);
    case 'encryption':
      return { document: ['ServerSideEncryptionConfiguration', { Rule: encryptionOf(bucket) }] };
    default:
      if (!Object.hasOwn(ABSENT, part)) throw notImplemented(`a bucket's ${part}`);
      throw new AwsError(...(ABSENT[part] as readonly [string, string]), 404);
  }
}

function lockOf({ objectLock }: Bucket): S3Answer {
  if (objectLock === undefined)
    throw new AwsError('ObjectLockConfigurationNotFoundError', 'Object Lock configuration does not exist for this bucket', 404);
  const { mode, days } = objectLock.retention ?? {};
  const rule = mode && { Rule: { DefaultRetention: { Mode: mode, Days: days } } };
  return { document: ['ObjectLockConfiguration', { ObjectLockEnabled: 'Enabled', ...rule }] };
}

/** S3 encrypts whatever nobody says otherwise of; here it is a word. */
function encryptionOf({ encryption = { algorithm: 'AES256' } }: Bucket) {
  return {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: encryption.algorithm, KMSMasterKeyID: encryption.kmsKeyId },
    BucketKeyEnabled: false,
  };
}
