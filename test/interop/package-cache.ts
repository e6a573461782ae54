import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root';

const MANIFESTS = ['package.json', 'package-lock.json'];

/** Packages of others at the versions of a lock file, installed once per content of it. */
export interface PackageCache {
  readonly folder: string;
  /** Version that is installed under a name. */
  version(name: string): string;
}

/**
 * @param name folder under `packages/` with the lock file
 * @throws Error with what npm said, when the packages cannot be installed
 */
export function packageCache(name: 'clients' | 'servers'): PackageCache {
  const pinned = join(ROOT, 'test/interop/packages', name);
  const hash = createHash('sha256')
    .update(readFileSync(join(pinned, 'package-lock.json')))
    .digest('hex')
    .slice(0, 12);
  const folder = join(ROOT, 'node_modules/.cache/mcp-interop', `${name}-${hash}`);
  const installed = join(folder, 'INSTALLED');
  if (!existsSync(installed)) {
    install(pinned, folder);
    writeFileSync(installed, 'ok\n');
  }
  const version = (dependency: string): string =>
    JSON.parse(readFileSync(join(folder, 'node_modules', dependency, 'package.json'), 'utf8')).version;
  return { folder, version };
}

/** Lays programs of ours beside the packages that they import. @returns the folder they are in */
export function layBeside({ folder }: PackageCache, programs: 'clients' | 'servers'): string {
  const target = join(folder, programs);
  rmSync(target, { recursive: true, force: true });
  cpSync(join(ROOT, 'test/interop', programs), target, { recursive: true });
  return target;
}

/** Node 22 or later, for clients that do not start on Node 20. */
export function newerNode({ folder }: PackageCache): string {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const name = `${process.platform}-${process.arch}`;
  const found = [`node-${name}`, `node-bin-${name}`]
    .map((candidate) => join(folder, 'node_modules', candidate, 'bin/node'))
    .find(existsSync);
  if (found === undefined) throw new Error(`There is no package with Node 22 for ${name}: run this on Node 22 or later.`);
  return found;
}

function install(pinned: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of MANIFESTS) copyFileSync(join(pinned, file), join(folder, file));
  // No script of a package runs.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--engine-strict=false'];
  const { status, error, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`The packages of ${pinned} could not be installed into ${folder}: ${error?.message ?? stderr}`);
}
