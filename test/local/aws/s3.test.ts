import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectStore } from '../../../local/aws/s3/object-store';
import { LOCAL_CREDENTIALS, OPERATOR_CREDENTIALS } from '../../../local/processes/credentials';
import { scratchFolder } from '../fixtures/assembly';
import { type DeployedAccount, startDeployedAccount } from '../fixtures/deployed-account';

const Bucket = 'cdk-assets';
let account: DeployedAccount;
let client: S3Client;

beforeAll(async () => {
  account = await startDeployedAccount();
  account.publishing.objects.createBucket(Bucket, { versioning: 'Enabled' });
  client = new S3Client({ ...account.client, forcePathStyle: true });
});

afterAll(async () => {
  client.destroy();
  await account.stop();
});

describe('an object', () => {
  test.each(['plain.zip', '../../etc/passwd', 'a/./b/../c', '%2e%2e/x', 'nul\0inside', 'ä & <b>"\'', '🦊'])(
    'of the key %j is what was put',
    async (Key) => {
      const Body = `content of ${Key}`;
      await client.send(
        new PutObjectCommand({ Bucket, Key, Body, ContentType: 'text/plain', ChecksumAlgorithm: 'SHA256', Metadata: { of: 'me' } }),
      );
      const got = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
      expect(await got.Body?.transformToString()).toBe(Body);
      expect(got).toMatchObject({ ContentType: 'text/plain', Metadata: { of: 'me' }, ContentLength: Buffer.byteLength(Body) });
      expect(got.ChecksumSHA256).toBe(createHash('sha256').update(Body).digest('base64'));
      const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1, EncodingType: 'url' }));
      expect(Contents?.map((object) => decodeURIComponent(String(object.Key)))).toEqual([Key]);
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
      await expect(client.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
    },
  );

  test('comes as a stream of chunks with a checksum behind it', async () => {
    const Body = Buffer.alloc(300_000, 'abc');
    await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'stream',
        Body: Readable.from([Body.subarray(0, 7), Body.subarray(7)]),
        ContentLength: Body.length,
      }),
    );
    const got = await client.send(new GetObjectCommand({ Bucket, Key: 'stream', Range: 'bytes=1-5' }));
    expect(await got.Body?.transformToString()).toBe('bcabc');
    expect(got.ContentRange).toBe(`bytes 1-5/${Body.length}`);
  });

  test('comes in parts', async () => {
    const Key = 'large';
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'application/zip' }));
    const parts = ['first ', 'second'];
    const Parts = [];
    for (const [at, Body] of parts.entries()) {
      const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: at + 1, Body }));
      Parts.push({ ETag, PartNumber: at + 1 });
    }
    const wrong = { Parts: [{ ETag: '"0"', PartNumber: 1 }] };
    const complete = (MultipartUpload: object) =>
      client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    await expect(complete(wrong)).rejects.toMatchObject({ name: 'InvalidPart' });
    await expect(complete({ Parts: Parts.toReversed() })).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    await complete({ Parts });
    expect(await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()).toBe('first second');
    await expect(complete({ Parts })).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  test('is refused where its content is another than its headers say', async () => {
    const put = (headers: Record<string, string>, body: string) => raw('PUT', `/${Bucket}/wrong`, headers, body);
    expect(await put({ 'content-md5': createHash('md5').update('other').digest('base64') }, 'body')).toMatchObject({
      status: 400,
      code: 'BadDigest',
    });
    expect(await put({ 'x-amz-checksum-sha256': 'AAAA' }, 'body')).toMatchObject({ status: 400, code: 'BadDigest' });
    expect(await put({ 'x-amz-content-sha256': '0'.repeat(64) }, 'body')).toMatchObject({ code: 'XAmzContentSHA256Mismatch' });
    expect(await put({ 'x-amz-checksum-crc64nvme': 'AAAA' }, 'body')).toMatchObject({ status: 501, code: 'NotImplemented' });
    const chunked = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'x-amz-decoded-content-length': '4' };
    for (const body of ['zz\r\nbody\r\n0\r\n\r\n', '4\r\nbodymore\r\n0\r\n\r\n', '9\r\nbody', 'ffffffffffffffff\r\n', 'x'.repeat(40_000)])
      expect(await put(chunked, body)).toMatchObject({ status: 400, code: 'IncompleteBody' });
    expect(await put(chunked, '3\r\nbod\r\n0\r\n\r\n')).toMatchObject({ code: 'IncompleteBody' });
    expect(await put({ ...chunked, 'x-amz-trailer': 'x-amz-checksum-crc32' }, '4\r\nbody\r\n0\r\n\r\n')).toMatchObject({
      code: 'BadDigest',
    });
    expect(account.publishing.objects.object(Bucket, 'wrong')).toBeUndefined();
    expect(readdirSync(account.publishing.objects.incoming)).toEqual([]);
  });

  test('is refused by its length before it comes', async () => {
    expect(await raw('PUT', `/${Bucket}/huge`, { 'content-length': String(6 * 1024 ** 3) }, '')).toMatchObject({ code: 'EntityTooLarge' });
  });
});

describe('a bucket', () => {
  test('lists page by page, by folders, and takes no token that is not its own', async () => {
    for (const key of ['l/a/1', 'l/a/2', 'l/b/1', 'l/c']) await client.send(new PutObjectCommand({ Bucket, Key: key, Body: 'x' }));
    const list = (more: object) => client.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/', ...more }));
    const folders = await list({ Delimiter: '/' });
    expect(folders.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['l/a/', 'l/b/']);
    expect(folders.Contents?.map(({ Key }) => Key)).toEqual(['l/c']);
    const first = await list({ MaxKeys: 3 });
    expect(first).toMatchObject({ IsTruncated: true, KeyCount: 3 });
    const next = await list({ MaxKeys: 3, ContinuationToken: first.NextContinuationToken });
    expect(next.Contents?.map(({ Key }) => Key)).toEqual(['l/c']);
    expect(next.IsTruncated).toBe(false);
    for (const ContinuationToken of ['x', `${Buffer.from('l/a/1').toString('base64url')}.AAAA`, '...', '\0'])
      await expect(list({ ContinuationToken })).rejects.toMatchObject({ name: 'ValidationError' });
    const keys = [{ Key: 'l/c' }, { Key: 'l/b/1' }];
    expect((await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys } }))).Deleted).toHaveLength(2);
    expect((await list({})).KeyCount).toBe(2);
  });

  test('tells its settings, and is made by stacks alone', async () => {
    expect((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeFalsy();
    expect(await client.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({ Status: 'Enabled' });
    const { ServerSideEncryptionConfiguration } = await client.send(new GetBucketEncryptionCommand({ Bucket }));
    expect(ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault).toEqual({ SSEAlgorithm: 'AES256' });
    await expect(client.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({ name: 'NoSuchBucketPolicy' });
    await expect(client.send(new CreateBucketCommand({ Bucket: 'mine' }))).rejects.toMatchObject({ name: 'NotImplemented' });
    expect((await client.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual([Bucket]);
  });

  test('of nobody, or of another account, has nothing', async () => {
    await expect(client.send(new PutObjectCommand({ Bucket: 'nobody', Key: 'k', Body: 'x' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
    });
    const other = { Bucket, Key: 'k', ExpectedBucketOwner: '111111111111' };
    await expect(client.send(new GetObjectCommand(other))).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('is told by the host as well', async () => {
    account.publishing.objects.createBucket('by-host');
    const host = `by-host.localhost:${new URL(account.url).port}`;
    expect(await raw('PUT', '/deep/../key', { host }, 'x')).toMatchObject({ status: 200 });
    expect(account.publishing.objects.list('by-host').map(({ key }) => key)).toEqual(['deep/../key']);
  });
});

describe('the store', () => {
  test('outlives a run, and has an end', async () => {
    const folder = scratchFolder();
    const first = await startDeployedAccount(folder);
    first.publishing.objects.createBucket('kept');
    const one = new S3Client({ ...first.client, forcePathStyle: true });
    await one.send(new PutObjectCommand({ Bucket: 'kept', Key: 'k', Body: 'still here' }));
    one.destroy();
    await first.stop();
    const again = new ObjectStore(join(folder, 'deployment/s3'), 15);
    expect(again.list('kept')).toMatchObject([{ key: 'k', bytes: 10 }]);
    expect(again.room).toBe(5);
    expect(() => again.deleteBucket('kept')).toThrow('not empty');
    again.deleteBucket('kept', { force: true });
    expect(again.room).toBe(15);
  });

  test.each(['..', 'a', 'A-b', 'a/b', '-ab', 'a..b', `${'a'.repeat(64)}`])('has no bucket %j', (name) => {
    expect(() => account.publishing.objects.createBucket(name)).toThrow('no name of a bucket');
  });

  test('answers nobody else', async () => {
    expect(
      await raw('GET', `/${Bucket}/k`, { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/s3/aws4_request' }, ''),
    ).toMatchObject({
      status: 403,
      code: 'UnrecognizedClientException',
    });
    expect(await raw('GET', `/${Bucket}/%zz`, {}, '')).toMatchObject({ status: 400, code: 'InvalidURI' });
  });
});

/** A request as it stands, with our key. */
async function raw(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string,
): Promise<{ status: number; code?: string }> {
  const { hostname, port } = new URL(account.url);
  const authorization = `AWS4-HMAC-SHA256 Credential=${OPERATOR_CREDENTIALS.accessKeyId}/20260101/us-east-1/s3/aws4_request`;
  return await new Promise((done, fail) => {
    const sent = request({ hostname, port, method, path, headers: { authorization, ...headers } }, async (response) => {
      const [, code] = /<Code>(\w+)<\/Code>/.exec(await text(response)) ?? [];
      sent.destroy();
      done({ status: response.statusCode ?? 0, ...(code !== undefined && { code }) });
    });
    sent.on('error', fail);
    if (headers['content-length'] === undefined) sent.end(body);
    else sent.flushHeaders();
  });
}

describe('a bucket with Object Lock', () => {
  const locked = 'archive';
  const at = (Key: string, more: object = {}) => ({ Bucket: locked, Key, ...more });
  const put = (Key: string, Body: string, more: object = {}) => client.send(new PutObjectCommand(at(Key, { Body, ...more })));

  beforeAll(() => {
    account.publishing.objects.createBucket(locked, {
      versioning: 'Enabled',
      objectLock: { retention: { mode: 'COMPLIANCE', days: 30 } },
    });
  });

  test('keeps each version: a plain delete leaves a marker, and nobody deletes what is retained', async () => {
    const first = await put('row', 'first');
    const second = await put('row', 'second');
    expect(first.VersionId).not.toBe(second.VersionId);
    const marker = await client.send(new DeleteObjectCommand(at('row')));
    expect(marker.DeleteMarker).toBe(true);
    await expect(client.send(new GetObjectCommand(at('row')))).rejects.toMatchObject({ name: 'NoSuchKey' });
    const old = await client.send(new GetObjectCommand(at('row', { VersionId: first.VersionId })));
    expect(await old.Body?.transformToString()).toBe('first');
    expect(old.ObjectLockMode).toBe('COMPLIANCE');
    const days = ((old.ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    for (const BypassGovernanceRetention of [false, true]) {
      const remove = new DeleteObjectCommand(at('row', { VersionId: first.VersionId, BypassGovernanceRetention }));
      await expect(client.send(remove)).rejects.toMatchObject({ name: 'AccessDenied' });
    }
    // The marker itself is not retained, and without it the object is there again.
    await client.send(new DeleteObjectCommand(at('row', { VersionId: marker.VersionId })));
    expect(await (await client.send(new GetObjectCommand(at('row')))).Body?.transformToString()).toBe('second');
  });

  test('may be given another retention, which whoever may bypass it can end', async () => {
    const ObjectLockRetainUntilDate = new Date(Date.now() + 3_600_000);
    const { VersionId } = await put('mine', 'x', { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate });
    const remove = (more: object) => client.send(new DeleteObjectCommand(at('mine', { VersionId, ...more })));
    await expect(remove({})).rejects.toMatchObject({ name: 'AccessDenied' });
    await remove({ BypassGovernanceRetention: true });
    await expect(client.send(new GetObjectCommand(at('mine', { VersionId })))).rejects.toMatchObject({ name: 'NoSuchVersion' });
  });

  test('takes a key once from who says so', async () => {
    await put('once', 'x', { IfNoneMatch: '*' });
    await expect(put('once', 'y', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    const wins = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => put('race', String(n), { IfNoneMatch: '*' })));
    expect(wins.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('tells its lock, and cannot be deleted while it holds anything', async () => {
    const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket: locked }));
    expect(ObjectLockConfiguration?.Rule?.DefaultRetention).toEqual({ Mode: 'COMPLIANCE', Days: 30 });
    expect(() => account.publishing.objects.deleteBucket(locked)).toThrow('not empty');
    expect(await raw('PUT', `/${locked}/unchecked`, {}, 'x')).toMatchObject({ status: 400, code: 'InvalidRequest' });
  });
});

describe('a program of the account', () => {
  test('has the buckets of stacks, but not where assets are', async () => {
    account.publishing.objects.createBucket('own');
    account.publishing.objects.createBucket('published', { assets: true });
    const program = new S3Client({ ...account.client, credentials: LOCAL_CREDENTIALS });
    await program.send(new PutObjectCommand({ Bucket: 'own', Key: 'k', Body: 'x' }));
    await expect(program.send(new PutObjectCommand({ Bucket: 'published', Key: 'k', Body: 'x' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    program.destroy();
  });
});
