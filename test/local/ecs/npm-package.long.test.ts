import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type NpmPackage, NpmPackages } from '../../../local/ecs/npm-package';
import { scratchFolder } from '../fixtures/assembly';
import { NpmRegistry } from '../fixtures/npm-registry';

const TOOL = { package: '@shop/tool', version: '1.2.3' };
const before = { ...process.env };
let registry: NpmRegistry;

beforeAll(async () => {
  registry = await NpmRegistry.start();
  const files = { 'a.js': '#!/usr/bin/env node\n', 'b.js': '#!/usr/bin/env node\n' };
  await registry.publish({ name: '@shop/tool', version: '1.2.3', bin: { 'shop-a': 'a.js', 'shop-b': 'b.js' } }, files);
  await registry.publish({ name: 'library', version: '1.0.0' }, files);
  await registry.publish({ name: 'newest', version: '1.0.0', bin: 'a.js', engines: { node: '>=99.1' } }, files);
});

afterAll(() => registry.stop());

beforeEach(() => {
  // Neither the cache of this program nor npm's exists yet.
  process.env.XDG_CACHE_HOME = join(scratchFolder(), 'none', 'cache');
  process.env.npm_config_cache = join(scratchFolder(), 'none', 'npm');
  process.env.npm_config_registry = registry.url;
  registry.requests = 0;
  registry.delay = 0;
});

afterEach(() => {
  for (const name of ['XDG_CACHE_HOME', 'npm_config_cache', 'npm_config_registry']) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

const installed = (): string[] => readdirSync(join(process.env.XDG_CACHE_HOME as string, 'cdk-mcp-fleet/npm'));

/** The executables of a package, in an account of its own. */
const executablesOf = (npm: NpmPackage): Promise<string> => new NpmPackages(scratchFolder()).executablesOf(npm);

describe('NpmPackages', () => {
  test("holds the executables of the project's own package and no others", async () => {
    const name = '@modelcontextprotocol/server-memory';
    const { version } = JSON.parse(readFileSync(join('node_modules', name, 'package.json'), 'utf8')) as { version: string };
    const folder = await executablesOf({ package: name, version });
    expect(readdirSync(folder)).toEqual(['mcp-server-memory']);
    expect(realpathSync(join(folder, 'mcp-server-memory'))).toContain(join('node_modules', name));
  });

  test('servers of one package that start at once, with every cache cold, share one installation', async () => {
    registry.delay = 500;
    const packages = new NpmPackages(scratchFolder());
    const folders = await Promise.all([1, 2, 3].map(() => packages.executablesOf(TOOL)));
    for (const folder of folders) expect(readdirSync(folder)).toEqual(['shop-a', 'shop-b']);
    for (const folder of folders) expect(existsSync(join(folder, 'shop-a'))).toBe(true);
    // Once for what there is of the package, once for its files.
    expect(registry.requests).toBe(2);
    expect(installed()).toEqual(['@shop+tool@1.2.3']);
  });

  test('two accounts that install one package at once both have it whole', async () => {
    const folders = await Promise.all([executablesOf(TOOL), executablesOf(TOOL)]);
    for (const folder of folders) expect(existsSync(join(folder, 'shop-b'))).toBe(true);
    expect(installed()).toEqual(['@shop+tool@1.2.3']);
  });

  test('one that was installed is not asked for again', async () => {
    await executablesOf(TOOL);
    process.env.npm_config_registry = 'http://127.0.0.1:9/';
    expect(readdirSync(await executablesOf(TOOL))).toEqual(['shop-a', 'shop-b']);
  });

  test.each([
    [
      { ...TOOL, bin: 'tool' },
      'INVALID_ASSEMBLY',
      "the package @shop/tool@1.2.3 has no executable tool; it has shop-a, shop-b\n  fix  name it in the runtime: bin: 'shop-a'",
    ],
    [
      { package: 'library', version: '1.0.0', bin: 'library' },
      'INVALID_ASSEMBLY',
      'the package library@1.0.0 has no executable library; it has none, so it is no program\n  fix  name another package',
    ],
    [
      { ...TOOL, version: '9.9.9' },
      'INVALID_ASSEMBLY',
      'the package @shop/tool has no version 9.9.9\n  fix  choose one: npm view @shop/tool versions',
    ],
    [
      { package: '@shop/gone', version: '1.0.0' },
      'INVALID_ASSEMBLY',
      'the registry has no package @shop/gone\n  fix  correct `package` of the runtime, or name its registry in .npmrc',
    ],
    [
      { package: 'newest', version: '1.0.0' },
      'UNSUPPORTED',
      `the package newest@1.0.0 needs Node.js >=99.1, and this is ${process.versions.node}\n  fix  run this with Node.js 99.1.0 (nvm install 99), or add`,
    ],
  ])('%j is refused in our words', async (npm, code, message) => {
    const error = (await executablesOf(npm).catch((failed) => failed)) as Error & { code: string };
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
  });

  test('says when the registry cannot be reached, and leaves nothing half installed', async () => {
    process.env.npm_config_registry = 'http://127.0.0.1:9/';
    await expect(executablesOf(TOOL)).rejects.toThrow(
      /^the registry cannot be reached for @shop\/tool@1\.2\.3 \(ECONNREFUSED\)\n {2}fix {2}check the connection/,
    );
    expect(installed()).toEqual([]);
  });

  test('an account that stops ends its installations, and leaves nothing half installed', async () => {
    registry.silent = true;
    const packages = new NpmPackages(scratchFolder());
    const failed = expect(packages.executablesOf(TOOL)).rejects.toThrow(/npm could not install @shop\/tool@1\.2\.3/);
    await registry.asked();
    await packages.stop();
    await failed;
    registry.silent = false;
    expect(installed()).toEqual([]);
  });
});
