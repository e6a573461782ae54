import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
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
