import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root';

const MANIFESTS = ['package.json', 'package-lock.json'];
const PINNED = join(ROOT, 'test/conformance/cli');

/** The suites, installed once per content of cli/package-lock.json. */
export interface SuiteCache {
  /** Node 22 or later: the suites do not start on Node 20 (`fs.globSync`). */
  readonly node: string;
  /** Entry point of a suite. */
  entry(suite: string): string;
}

/** @throws Error with what npm said, when the suites cannot be installed */
export function suiteCache(): SuiteCache {
  const hash = createHash('sha256')
    .update(readFileSync(join(PINNED, 'package-lock.json')))
    .digest('hex')
    .slice(0, 12);
  const folder = join(ROOT, 'node_modules/.cache', `mcp-conformance-${hash}`);
  const installed = join(folder, 'INSTALLED');
  if (!existsSync(installed)) {
    install(folder);
    writeFileSync(installed, 'ok\n');
  }
  return { node: nodeIn(folder), entry: (suite) => join(folder, 'node_modules', suite, 'dist/index.js') };
}

function install(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of MANIFESTS) copyFileSync(join(PINNED, file), join(folder, file));
  // No script of a package runs. The suites ask for Node 22, which is among the packages.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--engine-strict=false'];
  const { status, error, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`The conformance suites could not be installed into ${folder}: ${error?.message ?? stderr}`);
}

function nodeIn(folder: string): string {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const name = `${process.platform}-${process.arch}`;
  const packages = [`node-${name}`, `node-bin-${name}`].map((candidate) => join(folder, 'node_modules', candidate, 'bin/node'));
  const found = packages.find((path) => existsSync(path));
  if (found === undefined) throw new Error(`There is no package with Node 22 for ${name}: run this on Node 22 or later.`);
  return found;
}
