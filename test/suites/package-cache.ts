import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from './root';

const MANIFESTS = ['package.json', 'package-lock.json'];
const CACHES = join(ROOT, 'node_modules/.cache/mcp-suites');

/** Packages of others at the versions of a lock file, installed once per content of it. */
export interface PackageCache {
  readonly folder: string;
  /** Where a package lies. */
  locate(name: string): string;
  /** Version that is installed under a name. */
  version(name: string): string;
  /** Node 22 or later, for packages that do not start on Node 20. @throws Error when there is none */
  newerNode(): string;
}

/**
 * @param pinned folder of the project with package.json and the lock file; a Node 22 may be among the packages
 * @throws Error with what npm said, when the packages cannot be installed
 */
export function packageCache(pinned: string): PackageCache {
  const source = join(ROOT, pinned);
  const hash = createHash('sha256')
    .update(readFileSync(join(source, 'package-lock.json')))
    .digest('hex')
    .slice(0, 12);
  const folder = join(CACHES, `${basename(pinned)}-${hash}`);
  const installed = join(folder, 'INSTALLED');
  if (!existsSync(installed)) {
    install(source, folder);
    writeFileSync(installed, 'ok\n');
  }
  const locate = (name: string): string => join(folder, 'node_modules', name);
  return {
    folder,
    locate,
    version: (name) => JSON.parse(readFileSync(join(locate(name), 'package.json'), 'utf8')).version,
    newerNode: () => newerNode(locate),
  };
}

/** Lays programs of ours beside the packages that they import. @param programs folder of the project @returns the folder they are in */
export function layBeside({ folder }: PackageCache, programs: string): string {
  const target = join(folder, basename(programs));
  rmSync(target, { recursive: true, force: true });
  cpSync(join(ROOT, programs), target, { recursive: true });
  return target;
}

function install(source: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of MANIFESTS) copyFileSync(join(source, file), join(folder, file));
  // No script of a package runs, and one that asks for Node 22 is run by one that is among the packages.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--engine-strict=false'];
  const { status, error, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`The packages of ${source} could not be installed into ${folder}: ${error?.message ?? stderr}`);
}

function newerNode(locate: PackageCache['locate']): string {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const name = `${process.platform}-${process.arch}`;
  const found = [`node-${name}`, `node-bin-${name}`].map((candidate) => join(locate(candidate), 'bin/node')).find(existsSync);
  if (found === undefined) throw new Error(`There is no package with Node 22 for ${name}: run this on Node 22 or later.`);
  return found;
}
