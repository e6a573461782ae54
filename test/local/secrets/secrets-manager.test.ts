import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SecretStore } from '../../../local/secrets/secret-store';
import { scratchFolder } from '../fixtures/assembly';
import { Aws } from '../fixtures/aws';

const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:provider-key-a1b2c3';
let aws: Aws;
let client: SecretsManagerClient;

beforeAll(async () => {
  aws = await Aws.start();
  aws.secrets.create(ARN, 'provider-key', 'Shop/Key', () => 'first value');
  client = new SecretsManagerClient(aws.client);
});

afterAll(async () => {
  client.destroy();
  await aws.stop();
});

describe('Secrets Manager', () => {
  test.each(['provider-key', ARN, ARN.replace(/-a1b2c3$/, '')])('gives the value by %s', async (SecretId) => {
    expect(await client.send(new GetSecretValueCommand({ SecretId }))).toMatchObject({
      ARN,
      Name: 'provider-key',
      SecretString: 'first value',
      VersionStages: ['AWSCURRENT'],
    });
  });

  test('keeps the previous value after a new one', async () => {
    const first = await client.send(new GetSecretValueCommand({ SecretId: ARN }));
    const { VersionId } = await client.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: 'second value' }));
    expect(await client.send(new GetSecretValueCommand({ SecretId: ARN }))).toMatchObject({ VersionId, SecretString: 'second value' });
    const previous = await client.send(new GetSecretValueCommand({ SecretId: ARN, VersionStage: 'AWSPREVIOUS' }));
    expect(previous).toMatchObject({ VersionId: first.VersionId, SecretString: 'first value' });
    const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: ARN }));
    expect(VersionIdsToStages).toEqual({ [String(VersionId)]: ['AWSCURRENT'], [String(first.VersionId)]: ['AWSPREVIOUS'] });
  });

  test('lists secrets without values', async () => {
    const { SecretList } = await client.send(new ListSecretsCommand({}));
    expect(SecretList?.map(({ Name }) => Name)).toEqual(['provider-key']);
    expect(JSON.stringify(SecretList)).not.toContain('value');
  });

  test('has the error of Secrets Manager for an unknown one', async () => {
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'nobody' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('refuses an operation by name', async () => {
    await expect(client.send(new RotateSecretCommand({ SecretId: ARN }))).rejects.toThrow(
      'The local account has no secretsmanager:RotateSecret',
    );
  });

  test('refuses another service by name, so that no call leaves the machine', async () => {
    const other = new DynamoDBClient(aws.client);
    await expect(other.send(new ListTablesCommand({}))).rejects.toThrow(
      'The local account has no dynamodb: POST DynamoDB_20120810.ListTables',
    );
    other.destroy();
  });
});

describe('SecretStore', () => {
  test('keeps values over runs, readable by the owner alone', () => {
    const folder = scratchFolder();
    new SecretStore(folder).create(ARN, 'provider-key', 'Shop/Key', () => 'kept');
    expect(new SecretStore(folder).create(ARN, 'provider-key', 'Shop/Key', () => 'not asked').value).toBe('kept');
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  });
});

test.each([
  ['nobody', undefined],
  [
    'somebody else on this machine',
    'AWS4-HMAC-SHA256 Credential=LOCALACCOUNT/20261126/us-east-1/secretsmanager/aws4_request, Signature=00',
  ],
  ['an empty access key', 'AWS4-HMAC-SHA256 Credential=/20261126/us-east-1/secretsmanager/aws4_request, Signature=00'],
])('%s is told no secret', async (_, authorization) => {
  const headers = { 'x-amz-target': 'secretsmanager.GetSecretValue', ...(authorization !== undefined && { authorization }) };
  const answer = await fetch(aws.client.endpoint, { method: 'POST', headers, body: JSON.stringify({ SecretId: 'any' }) });
  expect([answer.status, await answer.json()]).toEqual([403, expect.objectContaining({ __type: 'UnrecognizedClientException' })]);
});
