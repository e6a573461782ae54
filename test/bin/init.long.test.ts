import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cli } from '../e2e/fleet';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-fleet-init-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const init = (...args: string[]) => cli(['init', '--no-install', ...args], { cwd: folder });
const manifest = () => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

test('an empty folder becomes a repository', async () => {
  const { code, stdout } = await init('--json');
  expect(code).toBe(0);
  const { files } = JSON.parse(stdout);
  expect(files).toEqual(expect.arrayContaining(['.gitignore', '.github/workflows/ci.yml', 'cdk.json', 'lib/tools-stack.ts']));
  expect(files.every((file: string) => existsSync(join(folder, file)))).toBe(true);
  const { private: isPrivate, scripts, devDependencies } = manifest();
  expect(isPrivate).toBe(true);
  expect(scripts.start).toBe('mcp-fleet local');
  expect(devDependencies).toMatchObject({ 'cdk-mcp-fleet': expect.stringMatching(/^\^\d/), 'aws-cdk-lib': expect.stringMatching(/^\d/) });
});

test('what a repository has stays as it is, but for what npm init has put there', async () => {
  writeFileSync(join(folder, 'README.md'), '# Ours\n');
  const ours = {
    name: 'ours',
    version: '3.0.0',
    type: 'commonjs',
    scripts: { start: 'node ours.js', test: 'echo "Error: no test specified" && exit 1' },
    devDependencies: { 'cdk-mcp-fleet': 'file:../cdk-mcp-fleet.tgz' },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(ours));
  expect((await init()).code).toBe(0);
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toBe('# Ours\n');
  expect(manifest()).toMatchObject({
    name: 'ours',
    version: '3.0.0',
    type: 'commonjs',
    scripts: { start: 'node ours.js', test: expect.stringContaining('node --import tsx --test') },
    devDependencies: { 'cdk-mcp-fleet': 'file:../cdk-mcp-fleet.tgz' },
  });
});

test.each(['cdk.json', 'lib/tools-stack.ts'])('%s is never overwritten, and nothing else is written then', async (file) => {
  await init('--json');
  const before = manifest();
  for (const other of ['cdk.json', 'lib/tools-stack.ts']) if (other !== file) rmSync(join(folder, other));
  writeFileSync(join(folder, file), 'ours');
  const { code, stderr } = await init();
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`${file}`) });
  expect(stderr).toMatch(/already; nothing was written\.\n {2}fix {2}name an empty folder/);
  expect(readFileSync(join(folder, file), 'utf8')).toBe('ours');
  expect(manifest()).toEqual(before);
});

test.each(['[]', '{', 'null'])('a package.json that is %s is refused before anything is written', async (text) => {
  writeFileSync(join(folder, 'package.json'), text);
  const { code, stderr } = await init();
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('package.json is no JSON object') });
  expect(existsSync(join(folder, 'cdk.json'))).toBe(false);
});

describe('through a link nothing is written', () => {
  let outside: string;
  beforeEach(() => {
    outside = mkdtempSync(join(tmpdir(), 'mcp-fleet-elsewhere-'));
    writeFileSync(join(outside, 'package.json'), '{}');
  });
  afterEach(() => rmSync(outside, { recursive: true }));

  test.each([
    ['lib', ''],
    ['test', 'not-there-yet'],
    ['package.json', 'package.json'],
  ])('%s leads out of the folder', async (name, to) => {
    symlinkSync(join(outside, to), join(folder, name));
    const { code, stderr } = await init();
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`${name} is a symbolic link that leads out of ${folder}`),
    });
    expect(stderr).toMatch(/would be written there; nothing was written\.\n {2}fix {2}put a folder/);
    expect([readdirSync(folder), readdirSync(outside)]).toEqual([[name], ['package.json']]);
    expect(readFileSync(join(outside, 'package.json'), 'utf8')).toBe('{}');
  });

  test('a deeper folder that does', async () => {
    mkdirSync(join(folder, 'servers'));
    symlinkSync(outside, join(folder, 'servers/notes'));
    expect(await init()).toMatchObject({ code: 2, stderr: expect.stringContaining('servers/notes is a symbolic link') });
    expect(readdirSync(folder)).toEqual(['servers']);
  });

  test('a file that is a link to nowhere is there already', async () => {
    symlinkSync(join(outside, 'cdk.json'), join(folder, 'cdk.json'));
    expect(await init()).toMatchObject({ code: 2, stderr: expect.stringContaining('cdk.json is in') });
    expect(existsSync(join(outside, 'cdk.json'))).toBe(false);
  });

  test('a file where a folder must be', async () => {
    writeFileSync(join(folder, 'lib'), '');
    expect(await init()).toMatchObject({ code: 2, stderr: expect.stringContaining(`lib in ${folder} is no folder`) });
    expect(readdirSync(folder)).toEqual(['lib']);
  });

  test('a link that stays in the folder, and a folder that is a link itself, are followed', async () => {
    mkdirSync(join(folder, 'source'));
    symlinkSync('source', join(folder, 'lib'));
    const link = join(outside, 'company');
    symlinkSync(folder, link);
    expect((await cli(['init', '--no-install', link], { cwd: outside })).code).toBe(0);
    expect(existsSync(join(folder, 'source/tools-stack.ts'))).toBe(true);
  });
});
