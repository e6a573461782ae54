import {
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  PublishVersionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_CONFIGURATION, functionSettings } from '../../../local/lambda/function-settings';
import { LocalFunction } from '../../../local/lambda/local-function';
import { LOCAL_CREDENTIALS } from '../../../local/processes/credentials';
import { folderOf } from '../fixtures/assembly';
import { type DeployedAccount, startDeployedAccount } from '../fixtures/deployed-account';
import { zipOf } from '../fixtures/zip';

const FunctionName = 'Shop-Greet';
const codeOf = (source: string): Buffer => zipOf([{ name: 'index.js', content: source }]);
const saying = (word: string): string => `exports.handler = async () => '${word} ' + process.env.COLOR;`;

let account: DeployedAccount;
let operator: LambdaClient;
let program: LambdaClient;

beforeAll(async () => {
  account = await startDeployedAccount();
  operator = new LambdaClient(account.client);
  program = new LambdaClient({ ...account.client, credentials: LOCAL_CREDENTIALS });
  const { functions, ecs } = account.machinery;
  const configuration = { ...DEFAULT_CONFIGURATION, runtime: 'nodejs24.x', variables: { COLOR: 'red' } };
  const arn = `arn:aws:lambda:us-east-1:000000000000:function:${FunctionName}`;
  const settings = functionSettings({ name: FunctionName, arn, folder: folderOf({ 'index.js': saying('hello') }), configuration }, ecs);
  functions.put(new LocalFunction(settings, ecs.logs, ecs.reaper));
});

afterAll(async () => {
  operator.destroy();
  program.destroy();
  await account.stop();
});

async function said(client = operator): Promise<unknown> {
  return JSON.parse((await client.send(new InvokeCommand({ FunctionName }))).Payload?.transformToString() ?? '');
}

describe('functions', () => {
  test('are told of, and invoked by whoever runs the account', async () => {
    expect((await operator.send(new ListFunctionsCommand({}))).Functions).toMatchObject([{ FunctionName, Runtime: 'nodejs24.x' }]);
    expect((await operator.send(new GetFunctionCommand({ FunctionName }))).Configuration).toMatchObject({
      ...{ FunctionName, Handler: 'index.handler', Timeout: 3, MemorySize: 128, State: 'Active' },
      Environment: { Variables: { COLOR: 'red' } },
    });
    expect(await said()).toBe('hello red');
    const unknown = new GetFunctionCommand({ FunctionName: 'nobody' });
    await expect(operator.send(unknown)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('have other code from then on, out of a bucket or out of the request', async () => {
    account.publishing.objects.createBucket('assets');
    const s3 = new S3Client({ ...account.client, forcePathStyle: true });
    await s3.send(new PutObjectCommand({ Bucket: 'assets', Key: 'code.zip', Body: codeOf(saying('bonjour')) }));
    s3.destroy();
    await operator.send(new UpdateFunctionCodeCommand({ FunctionName, S3Bucket: 'assets', S3Key: 'code.zip' }));
    await waitUntilFunctionUpdatedV2({ client: operator, maxWaitTime: 5 }, { FunctionName });
    expect(await said()).toBe('bonjour red');
    await operator.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: codeOf(saying('hej')) }));
    expect(await said()).toBe('hej red');
    await operator.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: codeOf(saying('no')), DryRun: true }));
    expect(await said()).toBe('hej red');
  });

  test('have other variables, and keep the rest', async () => {
    const changed = { FunctionName, Environment: { Variables: { COLOR: 'blue' } }, Description: 'greets' };
    await operator.send(new UpdateFunctionConfigurationCommand(changed));
    expect(await said()).toBe('hej blue');
    expect(await operator.send(new GetFunctionConfigurationCommand({ FunctionName }))).toMatchObject({ ...changed, Timeout: 3 });
  });

  test('are published once for each revision, and an alias names the last one', async () => {
    expect(await operator.send(new PublishVersionCommand({ FunctionName }))).toMatchObject({ Version: '1' });
    expect(await operator.send(new PublishVersionCommand({ FunctionName }))).toMatchObject({ Version: '1' });
    await operator.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 4 }));
    expect(await operator.send(new PublishVersionCommand({ FunctionName }))).toMatchObject({ Version: '2' });
    const alias = { FunctionName, Name: 'live', FunctionVersion: '2' };
    expect(await operator.send(new UpdateAliasCommand(alias))).toMatchObject({ Name: 'live', FunctionVersion: '2' });
    const older = new UpdateAliasCommand({ ...alias, FunctionVersion: '1' });
    await expect(operator.send(older)).rejects.toMatchObject({ name: 'NotImplemented' });
  });

  test('what is wrong, or not known here, changes nothing', async () => {
    for (const [command, name] of [
      [new UpdateFunctionCodeCommand({ FunctionName, S3Bucket: 'assets', S3Key: 'nothing' }), 'InvalidParameterValueException'],
      [new UpdateFunctionCodeCommand({ FunctionName, ZipFile: Buffer.from('no archive') }), 'InvalidParameterValueException'],
      [new UpdateFunctionCodeCommand({ FunctionName, ImageUri: 'image' }), 'NotImplemented'],
      [new UpdateFunctionCodeCommand({ FunctionName, ZipFile: codeOf(''), RevisionId: 'old' }), 'PreconditionFailedException'],
    ] as const)
      await expect(operator.send(command)).rejects.toMatchObject({ name });
    const layers = new UpdateFunctionConfigurationCommand({ FunctionName, Layers: ['layer'] });
    await expect(operator.send(layers)).rejects.toMatchObject({ name: 'NotImplemented' });
    const tags = new TagResourceCommand({ Resource: 'x', Tags: {} });
    await expect(operator.send(tags)).rejects.toMatchObject({ name: 'NotImplemented' });
    expect(await said()).toBe('hej blue');
  });

  test('are invoked by programs, and by no means changed', async () => {
    expect(await said(program)).toBe('hej blue');
    for (const command of [
      new UpdateFunctionCodeCommand({ FunctionName, ZipFile: codeOf(saying('stolen')) }),
      new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables: {} } }),
    ])
      await expect(program.send(command)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(program.send(new GetFunctionCommand({ FunctionName }))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await said()).toBe('hej blue');
  });
});
