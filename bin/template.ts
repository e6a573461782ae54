import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, EXIT } from './exit';
import { packageVersion, versionsBeside } from './package-facts';
import { obstacleTo } from './way-into';

/** What npm would not pack under its own name, or would take for the package's own. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore', github: '.github' };

const SCRIPTS = {
  start: 'mcp-fleet local',
  build: 'esbuild servers/notes/index.ts --bundle --platform=node --outfile=servers/notes/dist/index.js --log-level=warning',
  test: 'npm run --silent build && tsc && node --import tsx --test test/*.test.ts',
};

/** What a repository may have before us: it stays as it is. */
const KEPT: readonly string[] = ['.gitignore', 'README.md', 'tsconfig.json'];

interface Manifest {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/**
 * The package.json of the repository: what stands in the folder's already stays.
 * @throws CommandError for one that is no JSON object
 */
export function planManifest(folder: string): Manifest {
  const there = readManifest(folder);
  const { name = nameOf(folder), scripts, devDependencies, ...rest } = there;
  const has = (dependency: string): boolean => dependency in { ...there.dependencies, ...devDependencies };
  const wanted = { 'cdk-mcp-fleet': `^${packageVersion()}`, ...versionsBeside() };
  const missing = Object.fromEntries(Object.entries(wanted).filter(([dependency]) => !has(dependency)));
  return {
    name,
    ...(Object.keys(there).length === 0 && { version: '0.1.0', private: true }),
    ...rest,
    scripts: { ...SCRIPTS, ...withoutPlaceholder(scripts) },
    devDependencies: sorted({ ...devDependencies, ...missing }),
  };
}

export function writeManifest(folder: string, manifest: Manifest): void {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Copies the template; a README.md, .gitignore or tsconfig.json that is there stays.
 * @returns paths of the files that were written, relative to the folder
 * @throws CommandError when any other of them is there already, or one of them would not lie in the folder; nothing is written then
 */
export function layTemplate(folder: string): readonly string[] {
  const template = templateFolder();
  const files = readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(template, join(parentPath, name)))
    .sort();
  const places = files.map((file) => [file, placeOf(file)] as const);
  const there = places.map(([, place]) => place).filter((place) => isThere(join(folder, place)));
  const taken = there.filter((place) => !KEPT.includes(place));
  if (taken.length > 0) {
    const are = taken.length === 1 ? 'is' : 'are';
    throw new CommandError(
      EXIT.USAGE,
      `${taken.join(', ')} ${are} in ${folder} already; nothing was written.`,
      'name an empty folder: mcp-fleet init FOLDER; where an earlier init did not get through npm install, run npm install',
    );
  }
  const missing = places.filter(([, place]) => !there.includes(place));
  for (const place of [...missing.map(([, place]) => place), 'package.json']) {
    const obstacle = obstacleTo(folder, place);
    if (obstacle === undefined) continue;
    throw new CommandError(
      EXIT.USAGE,
      `${obstacle}, and ${place} would be written there; nothing was written.`,
      'put a folder of its own in its place, or name another: mcp-fleet init FOLDER',
    );
  }
  for (const [file, place] of missing) {
    mkdirSync(dirname(join(folder, place)), { recursive: true });
    cpSync(join(template, file), join(folder, place));
  }
  return missing.map(([, place]) => place).sort();
}

/** Also a link that leads nowhere: what is copied onto it would be written where it leads. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** @returns what npm said when it did not end well */
export async function installPackages(folder: string): Promise<string | undefined> {
  const child = spawn('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return code === 0 ? undefined : said.trim();
}

/** Beside the bundled command line, or, for one that runs from its sources, beside this module. */
function templateFolder(): string {
  return fileURLToPath(new URL('./template/', import.meta.url));
}

function placeOf(file: string): string {
  const [first = '', ...rest] = file.split('/');
  return [RENAMED[first] ?? first, ...rest].join('/');
}

function readManifest(folder: string): Manifest {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return {};
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest)) return manifest;
  } catch {
    // said below
  }
  throw new CommandError(EXIT.USAGE, `${path} is no JSON object.`, 'mend or remove it');
}

/** `npm init` writes a test script that fails; nobody means it. */
function withoutPlaceholder(scripts: Manifest['scripts'] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(scripts).filter(([, command]) => !command.includes('no test specified')));
}

/** A name that npm takes. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '');
  return name || 'mcp-fleet-company';
}

function sorted(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));
}
