import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { AwsError, notImplemented } from '../aws-error';
import type { ObjectStore, StoredObject } from './object-store';
import { receive } from './receive';
import { requestId, type S3Answer } from './s3-answer';

/** What of a request's headers is kept with an object. */
const KEPT = ['content-type', 'cache-control', 'content-disposition', 'content-language', 'expires'];

export async function putObject(store: ObjectStore, bucket: string, key: string, request: IncomingMessage): Promise<S3Answer> {
  const { headers } = request;
  store.known(bucket);
  if (headers['x-amz-copy-source'] !== undefined) throw notImplemented('s3:CopyObject');
  if (headers['if-match'] !== undefined) throw notImplemented('s3:PutObject with If-Match');
  const received = await receive(request, store.incoming, store.room);
  try {
    if (headers['if-none-match'] === '*' && store.object(bucket, key))
      throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
    const { md5, bytes, checksum } = received;
    const object = { key, bytes, etag: `"${md5}"`, changedAt: Date.now(), headers: keptHeaders(headers), ...(checksum && { checksum }) };
    store.put(bucket, object, received.path);
    return { headers: { etag: object.etag, ...checksumOf(object) } };
  } finally {
    await rm(received.path, { force: true });
  }
}

/** GetObject and HeadObject. */
export async function getObject(store: ObjectStore, bucket: string, key: string, request: IncomingMessage, response: ServerResponse) {
  const object = knownObject(store, bucket, key);
  const range = rangeOf(request.headers.range, object.bytes);
  const length = range ? range.end - range.start + 1 : object.bytes;
  response.writeHead(range ? 206 : 200, {
    'content-type': 'binary/octet-stream',
    ...object.headers,
    ...requestId(),
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
  await pipeline(createReadStream(store.path(bucket, key), range), response).catch(() => response.destroy());
}

export function knownObject(store: ObjectStore, bucket: string, key: string): StoredObject {
  store.known(bucket);
  const object = store.object(bucket, key);
  if (object) return object;
  throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
}

export function keptHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(([name]) => KEPT.includes(name) || name.startsWith('x-amz-meta-'));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

function checksumOf({ checksum }: StoredObject): Readonly<Record<string, string>> {
  return checksum ? { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' } : {};
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
