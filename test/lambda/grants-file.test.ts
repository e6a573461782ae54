import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GrantsFiles } from '../../lambda/grants-file';
import { type GrantsBucket, startGrantsBucket } from './grants-bucket';

const DOCUMENT = { format: 1, issuer: 'https://login.example', agents: [] };
let bucket: GrantsBucket;

beforeAll(async () => {
  bucket = await startGrantsBucket();
  Object.assign(process.env, bucket.environment, {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
});
afterAll(() => bucket.stop());

/** Waits for nothing, and counts for how long it was to. */
function files() {
  let waited = 0;
  const reader = new GrantsFiles(async (ms) => {
    waited += ms;
  });
  return { reader, waited: () => waited };
}

test('a right that is a few seconds old is waited for', async () => {
  const { reader, waited } = files();
  bucket.refuse(3);
  expect(await reader.read({ ...bucket.put(DOCUMENT), Values: [] })).toEqual(DOCUMENT);
  expect(waited()).toBe(6_000);
});

test('a right that does not come is told of in the end', async () => {
  const { reader, waited } = files();
  bucket.refuse(100);
  await expect(reader.read({ ...bucket.put(DOCUMENT), Values: [] })).rejects.toThrow(
    /The grants in s3:\/\/assets\/.* cannot be read: AccessDenied/,
  );
  expect(waited()).toBe(28_000);
});
