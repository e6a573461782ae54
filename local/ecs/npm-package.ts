import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LocalAccountError } from '../account-error';

/** A package from the registry, at one exact version. */
export interface NpmPackage {
  readonly package: string;
  readonly version: string;
}

interface Manifest {
  readonly version?: string;
  readonly bin?: string | Readonly<Record<string, string>>;
}

/**
 * A folder that holds the executables of one package and nothing else: the package of the project where it has exactly
 * that version, else one that is installed once into a cache.
 * @param folder where the folder of executables is made
 * @throws LocalAccountError when the package cannot be installed
 */
export async function executablesOf(npm: NpmPackage, folder: string): Promise<string> {
  const location = findInProject(npm, process.cwd()) ?? (await install(npm));
  const { bin = {} } = readManifest(location) ?? {};
  const names = typeof bin === 'string' ? { [npm.package.replace(/^@[^/]*\//, '')]: bin } : bin;
  const executables = join(folder, `${npm.package.replaceAll('/', '+')}@${npm.version}`);
  mkdirSync(executables, { recursive: true });
  for (const [name, path] of Object.entries(names)) {
    const file = join(location, path);
    const link = join(executables, name);
    if (existsSync(link)) continue;
    // npm does the same when it installs; some packages are published without the permission.
    if (existsSync(file)) chmodSync(file, 0o755);
    symlinkSync(file, link);
  }
  return executables;
}

function findInProject(npm: NpmPackage, start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const location = join(folder, 'node_modules', npm.package);
    if (readManifest(location)?.version === npm.version) return location;
    if (dirname(folder) === folder) return undefined;
  }
}

async function install(npm: NpmPackage): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'cdk-mcp-fleet', 'npm');
  const folder = join(cache, `${npm.package.replaceAll('/', '+')}@${npm.version}`);
  const location = join(folder, 'node_modules', npm.package);
  if (readManifest(location)?.version === npm.version) return location;
  mkdirSync(folder, { recursive: true });
  const args = [
    'install',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--omit=dev',
    `${npm.package}@${npm.version}`,
  ];
  try {
    await promisify(execFile)('npm', args, { cwd: folder, timeout: 300_000 });
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    const fix = `Check the registry, or add it to this project: npm install --save-dev --save-exact ${npm.package}@${npm.version}`;
    throw new LocalAccountError('NOT_HEALTHY', `npm could not install ${npm.package}@${npm.version} into ${folder}. ${fix}`, { cause });
  }
  return location;
}

function readManifest(location: string): Manifest | undefined {
  const path = join(location, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : undefined;
}
