import { targetOf } from '../../aws/s3/target';
import type { Call } from '../iam';
import type { SignedRequest } from './request';

/** What names a part of a bucket in a query, with the action that it takes (Amazon S3 API Reference; Service Authorization Reference). */
const BUCKET_PARTS: Readonly<Record<string, string>> = {
  location: 'GetBucketLocation',
  versioning: 'GetBucketVersioning',
  versions: 'ListBucketVersions',
  uploads: 'ListBucketMultipartUploads',
  'object-lock': 'GetBucketObjectLockConfiguration',
  encryption: 'GetEncryptionConfiguration',
  policy: 'GetBucketPolicy',
  lifecycle: 'GetLifecycleConfiguration',
  tagging: 'GetBucketTagging',
  cors: 'GetBucketCORS',
  publicAccessBlock: 'GetBucketPublicAccessBlock',
};

export function askedOfS3({ request }: SignedRequest): readonly Call[] {
  const { bucket, key, query } = targetOf(request as Parameters<typeof targetOf>[0]);
  if (bucket === undefined) return [{ action: 's3:ListAllMyBuckets', resource: '*' }];
  const context = contextOf(query, request.headers);
  const call = (action: string, resource = `arn:aws:s3:::${bucket}`): Call => ({ action: `s3:${action}`, resource, context });
  if (key !== undefined) return actionsOn(request, query).map((action) => call(action, `arn:aws:s3:::${bucket}/${key}`));
  // Whoever deletes many names them in the body: it takes a right to all of them.
  if (request.method === 'POST') return [call('DeleteObject', `arn:aws:s3:::${bucket}/*`)];
  const part = Object.keys(BUCKET_PARTS).find((name) => query.has(name));
  return [call(part === undefined ? 'ListBucket' : (BUCKET_PARTS[part] as string))];
}

function actionsOn({ method, headers }: SignedRequest['request'], query: URLSearchParams): readonly string[] {
  const version = query.has('versionId') ? 'Version' : '';
  if (method === 'GET' || method === 'HEAD') return [`GetObject${version}`];
  if (method === 'DELETE' && query.has('uploadId')) return ['AbortMultipartUpload'];
  if (method === 'DELETE')
    return [`DeleteObject${version}`, ...(headers['x-amz-bypass-governance-retention'] === 'true' ? ['BypassGovernanceRetention'] : [])];
  const locks = headers['x-amz-object-lock-mode'] ?? headers['x-amz-object-lock-retain-until-date'];
  const hold = headers['x-amz-object-lock-legal-hold'];
  return ['PutObject', ...(locks === undefined ? [] : ['PutObjectRetention']), ...(hold === undefined ? [] : ['PutObjectLegalHold'])];
}

function contextOf(query: URLSearchParams, headers: SignedRequest['request']['headers']): Record<string, string> {
  const ofQuery = { 's3:prefix': 'prefix', 's3:delimiter': 'delimiter', 's3:max-keys': 'max-keys', 's3:VersionId': 'versionId' };
  const ofHeaders = {
    's3:if-none-match': 'if-none-match',
    's3:if-match': 'if-match',
    's3:x-amz-acl': 'x-amz-acl',
    's3:x-amz-server-side-encryption': 'x-amz-server-side-encryption',
    's3:x-amz-server-side-encryption-aws-kms-key-id': 'x-amz-server-side-encryption-aws-kms-key-id',
    's3:object-lock-mode': 'x-amz-object-lock-mode',
  };
  const said = [
    ...Object.entries(ofQuery).map(([key, name]) => [key, query.get(name)] as const),
    ...Object.entries(ofHeaders).map(([key, name]) => [key, headers[name]] as const),
  ];
  return {
    's3:TlsVersion': '1.3',
    ...Object.fromEntries(said.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : []))),
  };
}
