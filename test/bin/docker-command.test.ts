import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dockerCommand } from '../../bin/docker/docker-command';
import { OPERATOR_CREDENTIALS } from '../../local/processes/credentials';
import { folderOf, scratchFolder } from '../local/fixtures/assembly';
import { type DeployedAccount, startDeployedAccount } from '../local/fixtures/deployed-account';
import { zipOf } from '../local/fixtures/zip';

const REPOSITORY = '000000000000.dkr.ecr.us-east-1.amazonaws.com/assets';
let account: DeployedAccount;
let environment: Record<string, string>;

beforeAll(async () => {
  account = await startDeployedAccount();
  account.publishing.repositories.create('assets');
  environment = { AWS_ENDPOINT_URL: account.url, AWS_ACCESS_KEY_ID: OPERATOR_CREDENTIALS.accessKeyId, FROM_SHELL: 'yes' };
});

afterAll(async () => {
  await account.stop();
});

const docker = (folder: string, ...args: string[]) => dockerCommand(args, folder, environment);

describe('an image', () => {
  test('goes from its folder into a repository, and is found by its URI', async () => {
    const folder = folderOf({ 'a.txt': 'a', '.dockerignore': 'left\ndocker\n' });
    for (const name of ['docker', 'left', 'empty']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'docker/Dockerfile'), 'FROM node:20');
    writeFileSync(join(folder, 'left/out.txt'), '');
    symlinkSync('a.txt', join(folder, 'link'));
    expect(await docker(folder, 'inspect', 'cdkasset-1')).toBe(1);
    const options = ['--build-arg', 'A=1=2', '--build-arg', 'FROM_SHELL', '--target', 'final', '--platform', 'linux/arm64', '--no-cache'];
    expect(await docker(folder, '--config', '/x', 'build', ...options, '--tag', 'cdkasset-1', '--file', 'docker/Dockerfile', '.')).toBe(0);
    expect(await docker(folder, 'inspect', 'cdkasset-1')).toBe(0);
    expect(account.publishing.images.pushed(`${REPOSITORY}:tag`)).toBeUndefined();
    await expect(docker(folder, 'push', 'cdkasset-1')).rejects.toThrow('in no repository');
    await docker(folder, 'login', '--username', 'AWS', '--password-stdin', 'registry');
    await docker(folder, 'tag', 'cdkasset-1', `${REPOSITORY}:tag`);
    await docker(folder, 'push', `${REPOSITORY}:tag`);
    const image = account.publishing.images.pushed(`${REPOSITORY}:tag`);
    expect(image).toMatchObject({ dockerfile: 'docker/Dockerfile', buildArguments: { A: '1=2', FROM_SHELL: 'yes' }, target: 'final' });
    expect(readdirSync(image?.folder ?? '').sort()).toEqual(['.dockerignore', 'a.txt', 'docker', 'empty', 'link']);
    const { digest } = account.publishing.repositories.find('assets')?.images[0] ?? {};
    expect(account.publishing.images.pushed(`${REPOSITORY}@${digest}`)?.id).toBe(image?.id);
  });

  test.each([
    [['build', '--secret', 'id=x', '--tag', 't', '.'], '--secret'],
    [['build', '--ssh=default', '--tag', 't', '.'], '--ssh'],
    [['build', '--build-context', 'a=b', '--tag', 't', '.'], '--build-context'],
    [['build', '--output', 'type=tar,dest=x', '--tag', 't', '.'], '--output type=tar'],
    [['build', '--gpus', 'all', '--tag', 't', '.'], '--gpus'],
    [['build', '.'], 'needs a --tag'],
    [['build', '--tag', 't', '.'], 'no Dockerfile'],
    [['build', '--tag', 't', '--file', '../Dockerfile', '.'], 'outside of the context'],
    [['build', '--tag', '../../t', '.'], 'no tag'],
    [['run', 'x'], 'does not know "run"'],
    [['tag', 'nobody', 'x'], 'no image nobody'],
    [['push', 'nobody'], 'no image nobody'],
    [['push'], 'takes one argument'],
    [['inspect', '--type', 'image'], 'takes one argument'],
  ])('%j is refused', async (args, why) => {
    await expect(docker(scratchFolder(), ...args)).rejects.toThrow(why);
  });

  test('needs an account', async () => {
    await expect(dockerCommand(['inspect', 'x'], '/', {})).rejects.toThrow('mcp-fleet env --');
    await expect(dockerCommand(['inspect', 'x'], '/', { ...environment, AWS_ACCESS_KEY_ID: 'AKIA' })).rejects.toThrow(
      'not signed with credentials',
    );
    await expect(dockerCommand(['inspect', 'x'], '/', { ...environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })).rejects.toThrow(
      'no local account answers',
    );
  });
});

describe('assets that were published', () => {
  test('are found by what a template says, archives as folders', async () => {
    const { objects, assets } = account.publishing;
    objects.createBucket('published');
    const put = (key: string, content: Buffer): void => {
      const path = join(objects.incoming, 'x');
      writeFileSync(path, content);
      objects.put('published', { key, bytes: content.length, etag: '"1"', changedAt: 0, headers: {} }, path);
    };
    put('code.zip', zipOf([{ name: 'index.js', content: '1' }]));
    put('nested.json', Buffer.from('{}'));
    put('other.zip', zipOf([{ name: '../evil', content: '1' }]));
    const found = await assets.namedIn('{"S3Key":"code.zip","TemplateURL":"https://s3/published/nested.json"}');
    expect(readdirSync(found.file('code.zip') ?? '')).toEqual(['index.js']);
    expect(found.fileNamedIn('https://s3/published/nested.json')).toBe(objects.path('published', { key: 'nested.json' }));
    expect(found.file('other.zip')).toBeUndefined();
    expect(await assets.path({ bucket: 'published', key: 'code.zip' })).toBe(found.file('code.zip'));
    await expect(assets.namedIn('other.zip')).rejects.toThrow('other.zip cannot be unpacked');
    await expect(assets.path({ bucket: 'published', key: '../x' })).rejects.toThrow('no object');
  });
});
