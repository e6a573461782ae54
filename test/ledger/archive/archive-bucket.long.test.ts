import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inTurns } from '../../../checks/waiting';
import { ArchiveBucket, type SegmentPlace } from '../../../ledger/archive/archive-bucket';
import { segmentKey } from '../../../ledger/archive/segment';
import { LOCAL_CREDENTIALS } from '../../../local/processes/credentials';
import { type DeployedAccount, startDeployedAccount } from '../../local/fixtures/deployed-account';

const Bucket = 'archive';
/** More than S3 lists at once. */
const OBJECTS = 1_005;

let account: DeployedAccount;
let client: S3Client;
let archive: ArchiveBucket;

beforeAll(async () => {
  account = await startDeployedAccount();
  account.publishing.objects.createBucket(Bucket, { versioning: 'Enabled', objectLock: {} });
  client = new S3Client({ ...account.client, credentials: LOCAL_CREDENTIALS, forcePathStyle: true });
  archive = new ArchiveBucket(client, Bucket);
});
afterAll(async () => {
  client.destroy();
  await account.stop();
});

async function places(): Promise<readonly SegmentPlace[]> {
  const all: SegmentPlace[] = [];
  for await (const place of archive.segments()) all.push(place);
  return all;
}

test('there is nothing in an empty one', async () => {
  expect([await archive.newest(), await archive.segment(1), await places()]).toEqual([0, undefined, []]);
});

test('lists its objects over pages, the newest first, and reads what was put first, whatever was done to it since', async () => {
  const numbers = Array.from({ length: OBJECTS }, (_, at) => at + 1);
  await inTurns(numbers, 8, (number) => archive.putOnce(segmentKey(number), `first ${number}`));
  expect(await archive.putOnce(segmentKey(7), 'second')).toBe(false);
  // The versions of the sixth lie on both sides of the first page's end.
  const over = (number: number) => client.send(new PutObjectCommand({ Bucket, Key: segmentKey(number), Body: 'forged' }));
  for (const number of [6, 6, 6, OBJECTS]) await over(number);
  for (const number of [1, OBJECTS]) await client.send(new DeleteObjectCommand({ Bucket, Key: segmentKey(number) }));

  const listed = await places();
  expect(listed.map(({ number }) => number)).toEqual(numbers.toReversed());
  expect(listed.filter(({ touched }) => touched !== undefined).map(({ number, touched }) => [number, touched])).toEqual([
    [OBJECTS, 'deleted'],
    [6, 'written over'],
    [1, 'deleted'],
  ]);
  expect(await archive.newest()).toBe(OBJECTS);
  for (const number of [1, 6, 7, OBJECTS]) expect(await archive.segment(number)).toBe(`first ${number}`);
});
