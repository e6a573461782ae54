import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Problem } from './problems';
import { Words } from './shown';

/** Name under which npm reads it (npm Docs, package-lock.json). */
export const LOCK_FILE = 'package-lock.json';

/** What is locked: what `npm install --save-exact PACKAGE@VERSION` in an empty folder writes down. */
interface Lock {
  readonly lockfileVersion?: number;
  readonly packages?: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const WHAT = 'runtime lockFile';
const MAKE = (npm: string): string =>
  `In an empty folder: \`npm init -y && npm install --save-exact --package-lock-only --ignore-scripts ${npm}\`, and name the ${LOCK_FILE} that it writes.`;

/** What keeps a lock file from pinning every byte of one package and of all that it needs. */
export function lockProblems(file: string, name: string, version: string): Problem[] {
  const fix = MAKE(`${name}@${version}`);
  const wrong = (got: string, allowed: string): Problem[] => [{ what: WHAT, got: new Words(got), allowed, fix }];
  if (basename(file) !== LOCK_FILE) return wrong(`"${file}"`, `a file of the name ${LOCK_FILE}`);
  const lock = read(file);
  if (lock === undefined) return wrong(`"${file}", which is no lock file`, `a ${LOCK_FILE} that npm has written`);
  const { lockfileVersion = 0, packages = {} } = lock;
  if (lockfileVersion < 2) return wrong(`of lockfileVersion ${lockfileVersion}`, 'lockfileVersion 2 or 3, as npm writes since 7');
  const { dependencies = {} } = packages[''] ?? {};
  const asked = Object.entries(dependencies).map(([each, range]) => `${each}@${range}`);
  if (asked.length !== 1 || dependencies[name] !== version)
    return wrong(`a lock of ${asked.join(', ') || 'nothing'}`, `one of ${name}@${version} alone`);
  if (packages[`node_modules/${name}`]?.version !== version)
    return wrong(`a lock in which ${name} is ${packages[`node_modules/${name}`]?.version ?? 'not'}`, `one of ${name}@${version}`);
  const unpinned = Object.entries(packages).filter(([path, each]) => path !== '' && !isPinned(each));
  if (unpinned.length === 0) return [];
  return wrong(
    `${unpinned.length} packages without a digest, such as ${unpinned[0]?.[0]}`,
    'resolved and integrity (SHA-512) of each package',
  );
}

/** By bytes, from a registry: a link or a repository is whatever stands there on the day. */
function isPinned({ resolved = '', integrity = '', link }: LockedPackage): boolean {
  return link !== true && /^https?:\/\//.test(resolved) && /^sha512-[A-Za-z0-9+/]{86}==/.test(integrity);
}

function read(file: string): Lock | undefined {
  try {
    const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock | null;
    return typeof lock === 'object' && lock !== null && typeof lock.packages === 'object' && lock.packages !== null ? lock : undefined;
  } catch {
    return undefined;
  }
}
