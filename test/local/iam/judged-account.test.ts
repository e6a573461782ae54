import {
  BatchExecuteStatementCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { awsApi } from '../../../local/aws/api';
import { AccountStacks } from '../../../local/cloudformation/account-stacks';
import { OPERATOR_CREDENTIALS } from '../../../local/processes/credentials';
import { StackRig, table } from '../fixtures/stack-rig';

/** Real clients of AWS, each with the credentials of a role that a stack makes. */

const REGION = 'us-east-1';
const roleArn = (name: string): string => `arn:aws:iam::000000000000:role/Shop-${name}`;
const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const root = { AWS: { 'Fn::Sub': `arn:aws:iam::\${AWS::AccountId}:root` } };

const ROLE = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: {} } };
const policy = (role: string, ...Statement: object[]) => ({
  Type: 'AWS::IAM::Policy',
  Properties: { PolicyName: 'p', Roles: [{ Ref: role }], PolicyDocument: { Statement } },
});
const allow = (Action: string | string[], Resource: unknown, more: object = {}) => ({ Effect: 'Allow', Action, Resource, ...more });
const via = (service: string) => ({ Condition: { StringEquals: { 'kms:ViaService': `${service}.us-east-1.amazonaws.com` } } });

const READS = allow(['dynamodb:GetItem', 'dynamodb:PartiQLInsert'], arnOf('Orders'));
const RESOURCES = {
  Orders: table({}, { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: { Ref: 'Key' } } }),
  Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: { Statement: [allow('kms:*', '*', { Principal: root })] } } },
  Files: { Type: 'AWS::S3::Bucket', Properties: {} },
  Sealed: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'sealed', KmsKeyId: arnOf('Key') } },
  Reader: ROLE,
  ReaderPolicy: policy('Reader', READS, allow('kms:Decrypt', arnOf('Key'), via('dynamodb'))),
  Keyless: ROLE,
  KeylessPolicy: policy('Keyless', READS, allow('secretsmanager:GetSecretValue', { Ref: 'Sealed' })),
  OneItem: ROLE,
  OneItemPolicy: policy(
    'OneItem',
    allow(['dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:BatchWriteItem'], arnOf('Orders'), {
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['mine'] } },
    }),
    allow('kms:Decrypt', arnOf('Key')),
    allow(['s3:PutObject', 's3:GetObject'], { 'Fn::Sub': `\${Files.Arn}/mine/*` }),
    allow('secretsmanager:GetSecretValue', { Ref: 'Sealed' }),
  ),
};

let rig: StackRig;
const told: string[] = [];
const tables = new Map<string, DynamoDBClient>();

beforeAll(async () => {
  rig = await StackRig.start();
  (rig.machinery.iam.options as { tell: (what: string) => void }).tell = (what) => told.push(what);
  const stacks = new AccountStacks({
    deployed: rig.stacks,
    account: '000000000000',
    region: REGION,
    assetsIn: () => [],
    readParameter: () => undefined,
    keep: () => undefined,
  } as unknown as ConstructorParameters<typeof AccountStacks>[0]);
  rig.machinery.awsEndpoint.serve(awsApi(rig.machinery, stacks));
  await rig.deploy(RESOURCES);
});

afterAll(async () => {
  for (const client of tables.values()) client.destroy();
  await rig?.stop();
});

function as(role: string) {
  const credentials = rig.machinery.iam.sessions.open(roleArn(role), 'test');
  return { region: REGION, maxAttempts: 1, endpoint: rig.machinery.awsEndpoint.url, credentials };
}

function tablesAs(role: string): DynamoDBClient {
  const client = tables.get(role) ?? new DynamoDBClient({ ...as(role), endpoint: rig.machinery.dynamodb.door });
  tables.set(role, client);
  return client;
}

const TableName = 'Shop-Orders';
const get = (pk: string) => new GetItemCommand({ TableName, Key: { pk: { S: pk } } });
const put = (pk: string) => new PutItemCommand({ TableName, Item: { pk: { S: pk } } });
const insert = (pk: string) => ({ Statement: `INSERT INTO "${TableName}" VALUE {'pk': ?}`, Parameters: [{ S: pk }] });

describe('tables', () => {
  test('may be read, and not written, by who has the one verb and the key', async () => {
    const reader = tablesAs('Reader');
    expect((await reader.send(get('a'))).Item).toBeUndefined();
    await expect(reader.send(put('a'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:sts::000000000000:assumed-role/Shop-Reader/test is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/${TableName} because no identity-based policy allows the dynamodb:PutItem action`,
    });
    await expect(reader.send(new ScanCommand({ TableName }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await rig.machinery.dynamodb.hasTable(TableName)).toBe(true);
  });

  test('verbs of PartiQL are their own, in a batch, too', async () => {
    await tablesAs('Reader').send(new ExecuteStatementCommand(insert('p')));
    expect((await tablesAs('Reader').send(get('p'))).Item).toEqual({ pk: { S: 'p' } });
    const batch = new BatchExecuteStatementCommand({ Statements: [insert('x'), insert('y')] });
    const { Responses } = await tablesAs('OneItem').send(batch);
    expect(Responses?.map(({ Error: refused }) => refused?.Code)).toEqual(['AccessDenied', 'AccessDenied']);
    expect((await tablesAs('Reader').send(get('x'))).Item).toBeUndefined();
  });

  test('whose key one may not use are closed', async () => {
    await expect(tablesAs('Keyless').send(get('a'))).rejects.toMatchObject({ message: expect.stringContaining('kms:Decrypt on resource') });
  });

  test('by item, whatever was asked for before', async () => {
    const own = tablesAs('OneItem');
    await own.send(put('mine'));
    await expect(own.send(put('other'))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await own.send(put('mine'));
    const query = (pk: string) =>
      new QueryCommand({ TableName, KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: pk } } });
    expect((await own.send(query('mine'))).Count).toBe(1);
    await expect(own.send(query('other'))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('strangers do not come in', async () => {
    const stranger = { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' };
    const client = new DynamoDBClient({ region: REGION, endpoint: rig.machinery.dynamodb.door, credentials: stranger, maxAttempts: 1 });
    await expect(client.send(get('a'))).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    const answer = await fetch(rig.machinery.dynamodb.door, {
      method: 'POST',
      headers: {
        'x-amz-target': 'DynamoDB_20120810.Scan',
        'content-type': 'application/x-amz-json-1.0',
        authorization: 'AWS4-HMAC-SHA256 Credential=x',
      },
      body: JSON.stringify({ TableName }),
    });
    expect(await answer.json()).toMatchObject({ __type: expect.stringContaining('MissingAuthenticationToken') });
    client.destroy();
  });
});

test('secrets and objects', async () => {
  const secrets = (role: string) => new SecretsManagerClient(as(role));
  const value = new GetSecretValueCommand({ SecretId: 'Shop-Sealed' });
  expect((await secrets('OneItem').send(value)).SecretString).toBe('sealed');
  await expect(secrets('Keyless').send(value)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('kms:Decrypt'),
  });
  await expect(secrets('OneItem').send(new PutSecretValueCommand({ SecretId: 'Shop-Sealed', SecretString: 'x' }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  const objects = new S3Client({ ...as('OneItem'), forcePathStyle: true });
  const at = (Key: string) => ({ Bucket: 'shop-files', Key });
  await objects.send(new PutObjectCommand({ ...at('mine/a'), Body: 'a' }));
  expect(await (await objects.send(new GetObjectCommand(at('mine/a')))).Body?.transformToString()).toBe('a');
  await expect(objects.send(new PutObjectCommand({ ...at('others/a'), Body: 'a' }))).rejects.toMatchObject({ name: 'AccessDenied' });
});

test('whoever runs the account may assume a role, and is it then', async () => {
  const operator = new STSClient({ ...as('Reader'), credentials: OPERATOR_CREDENTIALS });
  const { Credentials } = await operator.send(new AssumeRoleCommand({ RoleArn: roleArn('Reader'), RoleSessionName: 'me' }));
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  const assumed = new STSClient({ ...as('Reader'), credentials });
  expect((await assumed.send(new GetCallerIdentityCommand({}))).Arn).toBe('arn:aws:sts::000000000000:assumed-role/Shop-Reader/me');
  await expect(assumed.send(new AssumeRoleCommand({ RoleArn: roleArn('OneItem'), RoleSessionName: 'me' }))).rejects.toMatchObject({
    name: 'AccessDenied',
  });
});

test('a policy counts from the deployment on that changes it, also for what was asked before', async () => {
  const reader = tablesAs('Reader');
  await reader.send(get('a'));
  await rig.deploy({
    ...RESOURCES,
    ReaderPolicy: policy('Reader', allow('dynamodb:Scan', arnOf('Orders')), allow('kms:Decrypt', arnOf('Key'))),
  });
  await expect(reader.send(get('a'))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  await reader.send(new ScanCommand({ TableName }));
  await rig.deploy(RESOURCES);
  await reader.send(get('a'));
});

test('what was used, and what refused, is told: a refusal once for each role and action', async () => {
  await rig.machinery.dynamodb.counted();
  const { iam } = rig.machinery;
  const rows = iam.uses.permissions(iam.book.roles.values()).filter(({ role }) => role === 'Shop-Reader');
  expect(rows.filter(({ used }) => used > 0).map(({ action }) => action)).toEqual([
    'dynamodb:GetItem',
    'dynamodb:PartiQLInsert',
    'kms:Decrypt',
  ]);
  const refused = iam.uses.refusals().find(({ who, action }) => who === roleArn('OneItem') && action === 'dynamodb:PutItem');
  expect(refused).toMatchObject({
    times: 1,
    missing: `{"Effect":"Allow","Action":"dynamodb:PutItem","Resource":"arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}"}`,
  });
  expect(told.filter((what) => what.includes('Shop-Reader/test') && what.includes('dynamodb:PutItem'))).toHaveLength(1);
});
