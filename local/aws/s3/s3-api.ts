import { AwsError, notImplemented } from '../aws-error';
import type { AwsCall, AwsService } from '../aws-service';
import { getBucket } from './bucket-operations';
import { deleteObject, getObject, keptHeaders, putObject } from './object-operations';
import type { ObjectStore } from './object-store';
import { receive } from './receive';
import { type S3Answer, sendAnswer, sendError } from './s3-answer';
import { type ObjectTarget, targetOf } from './target';
import { partNumber, Uploads } from './uploads';
import { elements, xmlBody } from './xml-body';

export interface S3Options {
  readonly store: ObjectStore;
  readonly region: string;
  /** Objects among the assets that a program may read, as `bucket/key`. */
  readonly lent: ReadonlySet<string>;
}

/** S3: objects, in one piece or in parts, and what clients ask of a bucket. Buckets are made and removed by stacks alone. */
export function s3Service({ store, region, lent }: S3Options): AwsService {
  const uploads = new Uploads(store);

  const answer = async (call: AwsCall): Promise<S3Answer | undefined> => {
    const { request } = call;
    const target = targetOf(request);
    const { bucket, key, query } = target;
    if (bucket === undefined) return listBuckets(store, call);
    requireOwner(call);
    if (!(isRead(call) && lent.has(`${bucket}/${key}`))) requireRight(store, bucket, call);
    if (key !== undefined) {
      if (isRead(call)) requireKnowledge(store, { bucket, key }, call);
      return await answerObject({ ...target, bucket, key }, call);
    }
    if (request.method === 'GET') return getBucket(store, store.known(bucket), query, region);
    if (request.method === 'HEAD') return headBucket(store, bucket, region);
    if (request.method === 'POST' && query.has('delete')) return await deleteObjects(store, bucket, call);
    throw notImplemented(`s3 ${request.method} of a bucket${nameOf(query)}; stacks make and remove buckets`);
  };

  const answerObject = async (target: ObjectTarget, { request, response }: AwsCall): Promise<S3Answer | undefined> => {
    const { bucket, key, query } = target;
    const method = request.method ?? '';
    const part = [...query.keys()].find((name) => !['x-id', 'versionId'].includes(name));
    if (part === 'uploads' && method === 'POST') {
      store.known(bucket);
      const id = uploads.begin(bucket, key, keptHeaders(request.headers));
      return { document: ['InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id }] };
    }
    if (query.has('uploadId')) return await answerUpload(target, query.get('uploadId') ?? '', { request, method });
    if (part !== undefined && !(method === 'GET' && part.startsWith('response-')))
      throw notImplemented(`s3 ${method} of an object${nameOf(query)}`);
    if (method === 'PUT') return await putObject(store, bucket, key, request);
    if (method === 'GET' || method === 'HEAD') return void (await getObject(store, target, request, response));
    if (method === 'DELETE') return deleteObject(store, target, request);
    throw notImplemented(`s3 ${method} of an object`);
  };

  const answerUpload = async (
    { bucket, key, query }: ObjectTarget,
    id: string,
    { request, method }: { readonly request: AwsCall['request']; readonly method: string },
  ): Promise<S3Answer> => {
    const upload = uploads.known(id, bucket, key);
    if (method === 'PUT') {
      const number = partNumber(query.get('partNumber'));
      const part = await receive(request, store.incoming, uploads.room);
      await uploads.addPart(id, upload, number, part);
      const { md5, checksum } = part;
      return { headers: { etag: `"${md5}"`, ...(checksum && { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value }) } };
    }
    if (method === 'DELETE') {
      await uploads.abort(id, upload);
      return { status: 204 };
    }
    if (method !== 'POST') throw notImplemented(`s3 ${method} of an upload`);
    const named = elements(await xmlBody(request, 'CompleteMultipartUpload'), 'Part');
    const parts = named.map(({ PartNumber, ETag }) => ({ number: partNumber(String(PartNumber)), etag: String(ETag) }));
    const { etag } = await uploads.complete(id, upload, parts);
    return { document: ['CompleteMultipartUploadResult', { Bucket: bucket, Key: key, ETag: etag }] };
  };

  return async (call) => {
    const { request, response } = call;
    try {
      const answered = await answer(call);
      if (answered !== undefined) sendAnswer(response, answered);
    } catch (error) {
      if (!(error instanceof AwsError) || response.headersSent) throw error;
      sendError(response, error, request.method);
    }
  };
}

function listBuckets(store: ObjectStore, { request, account }: AwsCall): S3Answer {
  if (request.method !== 'GET') throw notImplemented(`s3 ${request.method} without a bucket`);
  const buckets = store.all().map(({ name, createdAt }) => ({ Name: name, CreationDate: new Date(createdAt) }));
  return { document: ['ListAllMyBucketsResult', { Owner: { ID: account }, Buckets: { Bucket: buckets } }] };
}

function headBucket(store: ObjectStore, bucket: string, region: string): S3Answer {
  store.known(bucket);
  return { headers: { 'x-amz-bucket-region': region } };
}

async function deleteObjects(store: ObjectStore, bucket: string, { request }: AwsCall): Promise<S3Answer> {
  const keys = elements(await xmlBody(request, 'Delete'), 'Object').map(({ Key }) => String(Key));
  if (keys.length === 0 || keys.length > 1000) throw new AwsError('MalformedXML', 'One request deletes 1 to 1000 objects.');
  store.known(bucket);
  for (const key of keys) store.delete(bucket, key);
  return { document: ['DeleteResult', { Deleted: keys.map((key) => ({ Key: key })) }] };
}

/** Clients name the account that they take for a bucket's owner, so that a bucket in other hands gets nothing of them. */
function requireOwner({ request, account }: AwsCall): void {
  const expected = request.headers['x-amz-expected-bucket-owner'];
  if (expected !== undefined && expected !== account) throw new AwsError('AccessDenied', 'Access Denied', 403);
}

function isRead({ request }: AwsCall): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

/** Assets are what programs are made of: one that could write there would give another its own code. */
function requireRight(store: ObjectStore, bucket: string, { signer }: AwsCall): void {
  if (signer === 'program' && store.bucket(bucket)?.assets) throw new AwsError('AccessDenied', 'Access Denied', 403);
}

/** Whoever may not list a bucket is not told whether an object is there (Amazon S3 API Reference, GetObject). */
function requireKnowledge(
  store: ObjectStore,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  { refusalOf }: AwsCall,
): void {
  if (store.bucket(bucket) === undefined || store.object(bucket, key) !== undefined) return;
  const refusal = refusalOf?.({ action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` });
  if (refusal !== undefined) throw new AwsError('AccessDenied', refusal, 403);
}

function nameOf(query: URLSearchParams): string {
  const names = [...query.keys()].filter((name) => name !== 'x-id');
  return names.length === 0 ? '' : ` with ?${names.join('&')}`;
}
