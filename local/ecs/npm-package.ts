import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LocalAccountError } from '../account-error';
import { cacheFolder, removeAbandoned } from '../images/image-cache';
import { executableOn } from '../processes/executable';
import { leastNode } from './node-range';

/** A package from the registry, at one exact version. */
export interface NpmPackage {
  readonly package: string;
  readonly version: string;
  /** The executable of it that is run, where one is named. */
  readonly bin?: string;
}

interface Manifest {
  readonly version?: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly engines?: { readonly node?: string };
}

/** What npm says of a failure (`npm install --json`). */
interface NpmFailure {
  readonly error?: { readonly code?: string; readonly summary?: string };
}

const BESIDE = '.install-';
const INSTALL_TIMEOUT = 300_000;
/** Somebody waits: npm itself would try a registry that does not answer for half a minute and more. */
const HASTE = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
const LOCAL_COMMAND = 'or add `localCommand` to the runtime of its server';

/** The npm packages of one account. */
export class NpmPackages {
  /** Servers of one package share one installation. */
  private readonly installing = new Map<string, Promise<string>>();
  private readonly end = new AbortController();

  /** @param folder where folders of executables are made */
  constructor(private readonly folder: string) {}

  /**
   * A folder that holds the executables of one package and nothing else: the package of the project where it has exactly
   * that version, else one that is installed once into a cache.
   * @throws LocalAccountError when the package cannot be installed, has no such executable, or needs another Node.js
   */
  async executablesOf(npm: NpmPackage): Promise<string> {
    const location = findInProject(npm, process.cwd()) ?? (await this.installOnce(npm));
    const manifest = readManifest(location) ?? {};
    judge(npm, manifest);
    const executables = join(this.folder, nameOf(npm).replaceAll('/', '+'));
    mkdirSync(executables, { recursive: true });
    for (const [name, path] of Object.entries(binsOf(npm, manifest))) {
      const file = join(location, path);
      const link = join(executables, name);
      if (existsSync(link)) continue;
      // npm does the same when it installs; some packages are published without the permission.
      if (existsSync(file)) chmodSync(file, 0o755);
      symlinkSync(file, link);
    }
    return executables;
  }

  /** Ends installations that are under way, and resolves when nothing of them is left. */
  async stop(): Promise<void> {
    this.end.abort();
    await Promise.allSettled(this.installing.values());
  }

  private installOnce(npm: NpmPackage): Promise<string> {
    const running = this.installing.get(nameOf(npm)) ?? install(npm, this.end.signal);
    this.installing.set(nameOf(npm), running);
    return running;
  }
}

function binsOf(npm: NpmPackage, { bin = {} }: Manifest): Readonly<Record<string, string>> {
  return typeof bin === 'string' ? { [npm.package.replace(/^@[^/]*\//, '')]: bin } : bin;
}

function judge(npm: NpmPackage, manifest: Manifest): void {
  const names = Object.keys(binsOf(npm, manifest));
  if (npm.bin !== undefined && !names.includes(npm.bin)) {
    const has = names.length === 0 ? 'it has none, so it is no program' : `it has ${names.join(', ')}`;
    const fix = names.length === 0 ? 'name another package' : `name it in the runtime: bin: '${names[0]}'`;
    throw failure('INVALID_ASSEMBLY', `the package ${nameOf(npm)} has no executable ${npm.bin}; ${has}`, fix);
  }
  const wanted = manifest.engines?.node;
  const least = wanted === undefined ? undefined : leastNode(wanted, process.versions.node);
  if (least === undefined) return;
  const fix = `run this with Node.js ${least} (nvm install ${least.split('.')[0]}), ${LOCAL_COMMAND}`;
  throw failure('UNSUPPORTED', `the package ${nameOf(npm)} needs Node.js ${wanted}, and this is ${process.versions.node}`, fix);
}

function findInProject(npm: NpmPackage, start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const location = join(folder, 'node_modules', npm.package);
    if (readManifest(location)?.version === npm.version) return location;
    if (dirname(folder) === folder) return undefined;
  }
}

/** Into a folder beside, which takes its place when it is whole: another account may install the same package now. */
async function install(npm: NpmPackage, signal: AbortSignal): Promise<string> {
  const cache = join(cacheFolder(), 'npm');
  const place = join(cache, nameOf(npm).replaceAll('/', '+'));
  const location = join(place, 'node_modules', npm.package);
  if (readManifest(location)?.version === npm.version) return location;
  mkdirSync(cache, { recursive: true });
  removeAbandoned(cache, BESIDE);
  const folder = mkdtempSync(place + BESIDE);
  try {
    await npmInstall(npm, folder, signal);
    // What an older version of this program left half done.
    if (existsSync(place) && readManifest(location)?.version !== npm.version) rmSync(place, { recursive: true, force: true });
    renameSync(folder, place);
  } catch (error) {
    if (readManifest(location)?.version !== npm.version) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return location;
}

async function npmInstall(npm: NpmPackage, folder: string, signal: AbortSignal): Promise<void> {
  const program = executableOn('npm', `${dirname(process.execPath)}:${process.env.PATH ?? ''}`);
  if (program === undefined) throw failure('NOT_HEALTHY', 'there is no npm on this machine', `install it, ${LOCAL_COMMAND}`);
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--omit=dev', '--json', ...HASTE];
  try {
    await promisify(execFile)(program, ['install', '--prefix', folder, ...quiet, nameOf(npm)], {
      cwd: folder,
      env: process.env,
      timeout: INSTALL_TIMEOUT,
      signal,
    });
  } catch (cause) {
    throw explained(npm, cause as Error & { readonly stdout?: string; readonly stderr?: string; readonly killed?: boolean });
  }
}

const UNREACHABLE = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENOTCACHED',
  'ERR_SOCKET_TIMEOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

/** What went wrong, in our words. */
function explained(
  npm: NpmPackage,
  cause: Error & { readonly stdout?: string; readonly stderr?: string; readonly killed?: boolean },
): LocalAccountError {
  const { code = '', summary = '' } = readFailure(cause.stdout).error ?? {};
  const name = nameOf(npm);
  if (code === 'E404')
    return failure(
      'INVALID_ASSEMBLY',
      `the registry has no package ${npm.package}`,
      'correct `package` of the runtime, or name its registry in .npmrc',
      cause,
    );
  if (code === 'ETARGET')
    return failure(
      'INVALID_ASSEMBLY',
      `the package ${npm.package} has no version ${npm.version}`,
      `choose one: npm view ${npm.package} versions`,
      cause,
    );
  const fix = `check the connection and \`npm config get registry\`, or add it to this project: npm install --save-dev --save-exact ${name}`;
  if (cause.killed) return failure('NOT_HEALTHY', `npm did not install ${name} within ${INSTALL_TIMEOUT / 60_000} minutes`, fix, cause);
  if (UNREACHABLE.includes(code)) return failure('NOT_HEALTHY', `the registry cannot be reached for ${name} (${code})`, fix, cause);
  const detail = summary || lastLine(cause.stderr) || cause.message;
  return failure('NOT_HEALTHY', `npm could not install ${name} (${code ? `${code}: ` : ''}${detail})`, fix, cause);
}

function readFailure(stdout = ''): NpmFailure {
  try {
    return JSON.parse(stdout.slice(stdout.indexOf('{'))) as NpmFailure;
  } catch {
    return {};
  }
}

function lastLine(output = ''): string {
  return output.trim().split('\n').at(-1) ?? '';
}

function failure(code: 'INVALID_ASSEMBLY' | 'UNSUPPORTED' | 'NOT_HEALTHY', what: string, fix: string, cause?: Error): LocalAccountError {
  return new LocalAccountError(code, `${what}\n  fix  ${fix}`, { ...(cause && { cause }) });
}

function nameOf(npm: NpmPackage): string {
  return `${npm.package}@${npm.version}`;
}

function readManifest(location: string): Manifest | undefined {
  const path = join(location, 'package.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : undefined;
}
