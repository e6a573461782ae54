import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Resource } from '../../../local/assembly/template';
import { LOCAL_CREDENTIALS } from '../../../local/processes/credentials';
import { lendAsset } from '../../../local/resources/lent-asset';
import { folderOf } from '../fixtures/assembly';
import { type DeployedAccount, startDeployedAccount } from '../fixtures/deployed-account';

let account: DeployedAccount;
/** As a program of the account calls: with the credentials that all of them have. */
let client: S3Client;

beforeAll(async () => {
  account = await startDeployedAccount();
  client = new S3Client({ ...account.client, credentials: LOCAL_CREDENTIALS, forcePathStyle: true });
});
afterAll(async () => {
  client.destroy();
  await account.stop();
});

const Bucket = 'cdk-hnb659fds-assets-000000000000-us-east-1';
const arnOf = (key: string) => ({ 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::', { 'Fn::Sub': Bucket }, `/${key}`]] });

/** Lends the file of a custom resource whose function's role has one statement. */
function lend(Key: string, statement: object) {
  const files = folderOf({ 'grants.json': `content of ${Key}` });
  const resource: Resource = { Type: 'Custom::Thing', Properties: { ServiceToken: { 'Fn::GetAtt': ['Function', 'Arn'] } } };
  const Resources = {
    Function: { Type: 'AWS::Lambda::Function', Properties: { Role: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
    Policy: { Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement: [statement] } } },
  };
  const assets = { file: () => join(files, 'grants.json'), fileNamedIn: () => undefined, image: () => undefined };
  const stack = {
    name: 'Shop',
    account: '000000000000',
    region: 'us-east-1',
    template: { Resources },
    assets,
    grants: new Map(),
    nested: new Map(),
  };
  lendAsset({ stack, resource, properties: { Bucket, Key } }, account.machinery);
}

const read = async (Key: string) => (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

test.each([
  ['this object', arnOf('a.json'), 'a.json'],
  ['all of the bucket', arnOf('*'), 'b.json'],
])('a function whose role may read %s does so', async (_, Resource, key) => {
  lend(key, { Effect: 'Allow', Action: 's3:GetObject', Resource });
  expect(await read(key)).toBe(`content of ${key}`);
});

test.each<[string, object]>([
  ['of another object', { Effect: 'Allow', Action: 's3:GetObject', Resource: arnOf('other.json') }],
  ['of an object that ends likewise', { Effect: 'Allow', Action: 's3:GetObject', Resource: arnOf('x-c.json') }],
  ['to put it', { Effect: 'Allow', Action: ['s3:PutObject'], Resource: arnOf('c.json') }],
  ['that denies it', { Effect: 'Deny', Action: 's3:GetObject', Resource: arnOf('c.json') }],
])('without the right, with a statement %s, it is refused', async (_, statement) => {
  lend('c.json', statement);
  await expect(read('c.json')).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('what is lent may be read and nothing else: programs are made of the others', async () => {
  lend('d.json', { Effect: 'Allow', Action: 's3:GetObject', Resource: arnOf('d.json') });
  account.publishing.objects.createBucket('elsewhere', { assets: true });
  await expect(client.send(new PutObjectCommand({ Bucket, Key: 'd.json', Body: 'mine' }))).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(client.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(client.send(new GetObjectCommand({ Bucket: 'elsewhere', Key: 'd.json' }))).rejects.toMatchObject({ name: 'AccessDenied' });
});
