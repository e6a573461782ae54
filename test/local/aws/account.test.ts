import {
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { GetParameterCommand, GetParametersCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DeployedAccount, startDeployedAccount } from '../fixtures/deployed-account';

let account: DeployedAccount;
const clients: { destroy(): void }[] = [];

beforeAll(async () => {
  account = await startDeployedAccount();
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await account.stop();
});

describe('Security Token Service', () => {
  test('tells who one is, also in a role of another account', async () => {
    const sts = kept(new STSClient(account.client));
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '000000000000' });
    const RoleArn = 'arn:aws:iam::111111111111:role/some/path/cdk-deploy-role';
    const { Credentials, AssumedRoleUser } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'me' }));
    expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::111111111111:assumed-role/cdk-deploy-role/me');
    const credentials = {
      accessKeyId: String(Credentials?.AccessKeyId),
      secretAccessKey: String(Credentials?.SecretAccessKey),
      sessionToken: String(Credentials?.SessionToken),
    };
    const there = kept(new STSClient({ ...account.client, credentials }));
    expect(await there.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '111111111111', Arn: AssumedRoleUser?.Arn });
    const forged = kept(new STSClient({ ...account.client, credentials: { ...credentials, sessionToken: '{"account":"<x>"}' } }));
    expect(await forged.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '000000000000' });
  });

  test('refuses what is no role, and what it does not do', async () => {
    const sts = kept(new STSClient(account.client));
    for (const [RoleArn, RoleSessionName] of [
      ['arn:aws:iam::1:role/x', 'me'],
      ['role', 'me'],
      ['arn:aws:iam::111111111111:role/x', '<me>'],
    ] as const)
      await expect(sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName }))).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(sts.send(new GetSessionTokenCommand({}))).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('Systems Manager', () => {
  test('gives parameters by name and ARN', async () => {
    account.publishing.parameters.put('/cdk-bootstrap/x/version', '30');
    const ssm = kept(new SSMClient(account.client));
    for (const Name of ['/cdk-bootstrap/x/version', 'arn:aws:ssm:us-east-1:000000000000:parameter/cdk-bootstrap/x/version'])
      expect((await ssm.send(new GetParameterCommand({ Name }))).Parameter).toMatchObject({ Value: '30', Version: 1, Type: 'String' });
    const some = await ssm.send(new GetParametersCommand({ Names: ['/cdk-bootstrap/x/version', 'nobody'] }));
    expect(some).toMatchObject({ Parameters: [{ Value: '30' }], InvalidParameters: ['nobody'] });
    await expect(ssm.send(new GetParameterCommand({ Name: 'nobody' }))).rejects.toMatchObject({ name: 'ParameterNotFound' });
    await expect(ssm.send(new PutParameterCommand({ Name: 'x', Value: 'y' }))).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('Elastic Container Registry', () => {
  test('tells of repositories that stacks have made', async () => {
    account.publishing.repositories.create('cdk/assets', { mutable: false });
    const ecr = kept(new ECRClient(account.client));
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['cdk/assets'] }));
    expect(repositories).toMatchObject([
      { repositoryUri: '000000000000.dkr.ecr.us-east-1.amazonaws.com/cdk/assets', imageTagMutability: 'IMMUTABLE' },
    ]);
    const missing = new DescribeRepositoriesCommand({ repositoryNames: ['nobody'] });
    await expect(ecr.send(missing)).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
    const image = new DescribeImagesCommand({ repositoryName: 'cdk/assets', imageIds: [{ imageTag: 'x' }] });
    await expect(ecr.send(image)).rejects.toMatchObject({ name: 'ImageNotFoundException' });
    expect((await ecr.send(new GetAuthorizationTokenCommand({}))).authorizationData).toHaveLength(1);
    const put = new PutImageCommand({ repositoryName: 'cdk/assets', imageManifest: '{}' });
    await expect(ecr.send(put)).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

function kept<Client extends { destroy(): void }>(client: Client): Client {
  clients.push(client);
  return client;
}
