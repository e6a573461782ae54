import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deployEnvironment } from '../../bin/deploy-environment';
import { accountEnvironment } from '../../local/processes/credentials';
import { scratchFolder } from '../local/fixtures/assembly';
import { BROKEN_NAME, type DeployedAccount, startDeployedAccount } from '../local/fixtures/deployed-account';
import { ROOT } from './fleet';

/** The CDK command line as it is, against the account's APIs; what is behind CloudFormation is only told of here. */

const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
const APP = `
const { App, CfnOutput, CfnResource, Stack } = require(${JSON.stringify(join(ROOT, 'node_modules/aws-cdk-lib'))});
const { DockerImageAsset } = require(${JSON.stringify(join(ROOT, 'node_modules/aws-cdk-lib/aws-ecr-assets'))});
const { Asset } = require(${JSON.stringify(join(ROOT, 'node_modules/aws-cdk-lib/aws-s3-assets'))});
const stack = new Stack(new App(), 'Tiny', { tags: { team: 'a<b>&c' } });
const code = new Asset(stack, 'Code', { path: __dirname + '/code' });
const image = new DockerImageAsset(stack, 'Image', { directory: __dirname + '/image', buildArgs: { A: 'b' } });
const { VALUE = 'first', BROKEN } = process.env;
if (BROKEN) {
  new CfnOutput(stack, 'BootstrapVersion', { value: '1' });
  new CfnResource(stack, 'Bucket', { type: 'AWS::S3::Bucket', properties: { BucketName: BROKEN } });
}
new CfnResource(stack, 'Thing', { type: 'Test::Thing', properties: { Code: code.s3ObjectKey, Image: image.imageUri, Value: VALUE } });
new CfnOutput(stack, 'Odd', { value: 'x & <y>' });
`;

let account: DeployedAccount;
let folder: string;

beforeAll(async () => {
  account = await startDeployedAccount();
  folder = scratchFolder();
  for (const name of ['code', 'image']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'code/index.js'), 'exports.handler = async () => 1;\n');
  writeFileSync(join(folder, 'image/Dockerfile'), 'FROM node:20\nCMD ["node", "-v"]\n');
  writeFileSync(join(folder, 'app.js'), APP);
  writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app: 'node app.js', versionReporting: false }));
});

afterAll(async () => {
  await account?.stop();
});

describe('the CDK command line', () => {
  it('deploys nothing where nothing is bootstrapped', async () => {
    const { code, output } = await cdk(['deploy', '--require-approval', 'never']);
    expect(output).toMatch(/bootstrap/);
    expect(code).toBe(1);
  });

  it('bootstraps', async () => {
    const { code, output } = await cdk(['bootstrap']);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('bootstrapped.') });
    expect(account.publishing.parameters.find('/cdk-bootstrap/hnb659fds/version')).toBeDefined();
  });

  it('deploys assets and a stack, and sees that nothing has changed', async () => {
    const { code, output } = await cdk(['deploy', '--require-approval', 'never']);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('Tiny.Odd = x & <y>') });
    const { publishing, stacks } = account;
    const template = stacks.template('Tiny');
    const assets = await publishing.assets.namedIn(template);
    expect(assets.file(/[0-9a-f]{64}\.zip/.exec(template)?.[0] ?? '')).toBeDefined();
    const tag = /\}:([0-9a-f]{64})"/.exec(template)?.[1];
    const [repository] = publishing.repositories.all();
    expect(assets.image(`${publishing.repositories.uri(repository?.name ?? '')}:${tag}`)).toMatchObject({ buildArguments: { A: 'b' } });
    expect((await cdk(['deploy', '--require-approval', 'never'])).output).toContain('Tiny (no changes)');
  });

  it('tells a difference by a change set, and none by drift', async () => {
    const { output } = await cdk(['diff'], { VALUE: 'second' });
    expect(output).toContain('read-only change set');
    expect(output).not.toContain('Could not create a change set');
    expect(output).toMatch(/\[-\] first[\s\S]*\[\+\] second/);
    expect((await cdk(['drift'])).output).toContain('No drift detected');
  });

  it('updates directly, says why it failed, and rolls back', async () => {
    const direct = await cdk(['deploy', '--method=direct', '--require-approval', 'never'], { VALUE: 'second' });
    expect({ code: direct.code, output: direct.output }).toMatchObject({ code: 0, output: expect.stringContaining('✅  Tiny') });
    const failed = await cdk(['deploy', '--no-rollback', '--require-approval', 'never'], { BROKEN: BROKEN_NAME });
    expect(failed).toMatchObject({ code: 1, output: expect.stringContaining(`"${BROKEN_NAME}" is no name of a bucket`) });
    expect(account.stacks.find('Tiny')?.status).toBe('UPDATE_FAILED');
    expect(await cdk(['rollback'])).toMatchObject({ code: 0 });
    expect(account.stacks.find('Tiny')?.status).toBe('UPDATE_ROLLBACK_COMPLETE');
  });

  it('destroys', async () => {
    expect(await cdk(['destroy', '--force'])).toMatchObject({ code: 0, output: expect.stringContaining('Tiny: destroyed') });
    expect(account.stacks.find('Tiny')).toBeUndefined();
  });
});

async function cdk(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; output: string }> {
  const { url } = account;
  const ours = deployEnvironment(accountEnvironment('000000000000', { dynamodb: url, aws: url }, 'us-east-1'), process.env);
  const child = spawn(process.execPath, [CDK, ...args], {
    cwd: folder,
    // Without CDK_VALIDATION, because what CloudFormation would refuse is not what is looked at.
    env: { ...process.env, ...ours, ...env, CI: '1', CDK_VALIDATION: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
