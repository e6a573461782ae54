import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { AwsError, notImplemented } from '../aws-error';
import { algorithmOf } from './checksums';
import type { ObjectStore, Retention, StoredObject } from './object-store';
import { receive } from './receive';
import { requestId, type S3Answer } from './s3-answer';
import type { ObjectTarget } from './target';

/** What of a request's headers is kept with an object. */
const KEPT = ['content-type', 'cache-control', 'content-disposition', 'content-language', 'expires'];

export async function putObject(store: ObjectStore, bucket: string, key: string, request: IncomingMessage): Promise<S3Answer> {
  const { headers } = request;
  const { objectLock } = store.known(bucket);
  if (headers['x-amz-copy-source'] !== undefined) throw notImplemented('s3:CopyObject');
  if (headers['if-match'] !== undefined) throw notImplemented('s3:PutObject with If-Match');
  const retention = retentionIn(headers);
  if (retention && objectLock === undefined) throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  if ((retention ?? objectLock?.retention) && headers['content-md5'] === undefined && algorithmOf(headers) === undefined)
    throw new AwsError(
      'InvalidRequest',
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    );
  const received = await receive(request, store.incoming, store.room);
  try {
    if (headers['if-none-match'] === '*' && store.object(bucket, key))
      throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
    const { md5, bytes, checksum } = received;
    const object = { key, bytes, etag: `"${md5}"`, changedAt: Date.now(), headers: keptHeaders(headers), ...(checksum && { checksum }) };
    const kept = store.put(bucket, { ...object, ...(retention && { retention }) }, received.path);
    return { headers: { etag: kept.etag, ...checksumOf(kept), ...versionOf(kept) } };
  } finally {
    await rm(received.path, { force: true });
  }
}

/** GetObject and HeadObject. */
export async function getObject(
  store: ObjectStore,
  { bucket, key, query }: ObjectTarget,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const object = knownObject(store, bucket, key, query.get('versionId') ?? undefined);
  const range = rangeOf(request.headers.range, object.bytes);
  const length = range ? range.end - range.start + 1 : object.bytes;
  response.writeHead(range ? 206 : 200, {
    'content-type': 'binary/octet-stream',
    ...object.headers,
    ...requestId(),
    ...versionOf(object),
    ...lockOf(object),
    etag: object.etag,
    'last-modified': new Date(object.changedAt).toUTCString(),
    'accept-ranges': 'bytes',
    'content-length': length,
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${object.bytes}` }),
    // Of the whole object: of a part of it, it would be wrong.
    ...(!range && request.headers['x-amz-checksum-mode'] === 'ENABLED' && checksumOf(object)),
  });
  if (request.method === 'HEAD' || object.bytes === 0) return void response.end();
  // A client that leaves early takes the stream with it.
  await pipeline(createReadStream(store.path(bucket, object), range), response).catch(() => response.destroy());
}

export function deleteObject(store: ObjectStore, { bucket, key, query }: ObjectTarget, { headers }: IncomingMessage): S3Answer {
  store.known(bucket);
  const versionId = query.get('versionId');
  if (versionId === null) {
    const marker = store.delete(bucket, key);
    return { status: 204, headers: marker ? { 'x-amz-delete-marker': 'true', ...versionOf(marker) } : {} };
  }
  store.deleteVersion(bucket, key, versionId, { bypassGovernance: headers['x-amz-bypass-governance-retention'] === 'true' });
  return { status: 204, headers: { 'x-amz-version-id': versionId } };
}

function knownObject(store: ObjectStore, bucket: string, key: string, versionId: string | undefined): StoredObject {
  store.known(bucket);
  const object = store.object(bucket, key, versionId);
  if (object?.deleteMarker) throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
  if (object) return object;
  if (versionId !== undefined) throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404);
  throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
}

export function keptHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(([name]) => KEPT.includes(name) || name.startsWith('x-amz-meta-'));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

function checksumOf({ checksum }: StoredObject): Readonly<Record<string, string>> {
  return checksum ? { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' } : {};
}

function versionOf({ versionId }: StoredObject): Readonly<Record<string, string>> {
  return versionId === undefined ? {} : { 'x-amz-version-id': versionId };
}

const MODE = 'x-amz-object-lock-mode';
const UNTIL = 'x-amz-object-lock-retain-until-date';

function lockOf({ retention }: StoredObject): Readonly<Record<string, string>> {
  return retention === undefined ? {} : { [MODE]: retention.mode, [UNTIL]: new Date(retention.until).toISOString() };
}

function retentionIn(headers: IncomingHttpHeaders): Retention | undefined {
  const { [MODE]: mode, [UNTIL]: date } = headers;
  if (mode === undefined && date === undefined) return undefined;
  const until = Date.parse(String(date));
  if ((mode === 'GOVERNANCE' || mode === 'COMPLIANCE') && until > Date.now()) return { mode, until };
  throw new AwsError('InvalidArgument', `${MODE} is GOVERNANCE or COMPLIANCE, and ${UNTIL} a date in the future.`);
}

/** One range of bytes (RFC 9110, 14.2); several, or what is none, are no range at all. */
function rangeOf(header: string | undefined, bytes: number): { readonly start: number; readonly end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (start <= end && start < bytes) return { start, end };
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
}
