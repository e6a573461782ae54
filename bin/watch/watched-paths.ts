import type { Stats } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import picomatch from 'picomatch';
import type { WatchSettings } from './settings';

/** Which paths of this machine are watched. */
export interface WatchedPaths {
  /** Folders that are looked into. */
  readonly roots: readonly string[];
  /** @param stats absent where nobody knows yet whether it is a file or a folder */
  isLeftOut(path: string, stats?: Pick<Stats, 'isFile'>): boolean;
}

/** What tools make and keep, at any depth. */
const NEVER = ['node_modules', '.git', '.mcp-fleet', 'cdk.out', '__pycache__', '.venv'];
/** What editors put beside a file while they write it, and what programs write while they run. */
const NEVER_FILES = /(^\.#|~$|\.sw[a-z]$|^4913$|^#.*#$|\.log$|\.tmp$|\.pid$|^\.DS_Store$)/;
/**
 * Left out where `cdk.json` does not say what is: as `cdk watch` has it, and what builds write. Other than there, `cdk.json` itself is
 * watched: a changed context is a changed app.
 */
const DEFAULT_EXCLUDE = [
  'README.md',
  'package*.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lockb',
  'bun.lock',
  'deno.lock',
  'tsconfig*.json',
  '**/*.d.ts',
  'test',
  'tests',
  'requirements*.txt',
  'source.bat',
  '**/__init__.py',
  '**/*.{sln,csproj,fsproj}',
  'go.mod',
  'go.sum',
  '**/*test.go',
  '**/dist',
  'coverage',
];

/** The app's own folder, by the patterns of `cdk.json` as `cdk watch` reads them. */
export function appPaths(folder: string, { include = ['**'], exclude, output = 'cdk.out' }: WatchSettings): WatchedPaths {
  const isIncluded = picomatch([...include], { dot: true });
  const isExcluded = picomatch([...(exclude ?? DEFAULT_EXCLUDE), output].flatMap(withInner), { dot: true });
  const above = include.map((pattern) => picomatch.scan(pattern).base).filter((base) => base.startsWith('..'));
  return {
    roots: [folder, ...above.map((base) => resolve(folder, base))],
    isLeftOut: (path, stats) => {
      const inside = slashed(relative(folder, path));
      if (inside === '') return false;
      return isNever(inside) || isHidden(inside) || isExcluded(inside) || (stats?.isFile() === true && !isIncluded(inside));
    },
  };
}

/**
 * A server's folder, wherever it is: all of it, but for what `cdk.json` leaves out by name. The folder above it tells when it is removed
 * and made again.
 */
export function serverPaths(root: string, folder: string, { exclude = [] }: WatchSettings): WatchedPaths {
  const isExcluded = picomatch(exclude.flatMap(withInner), { dot: true });
  return {
    roots: [dirname(root)],
    isLeftOut: (path) =>
      path !== dirname(root) &&
      (!isWithin(root, path) || isNever(slashed(relative(root, path))) || isExcluded(slashed(relative(folder, path)))),
  };
}

/** The manifest of an assembly that somebody else writes, also when its folder is removed and made again. */
export function manifestPaths(assembly: string): WatchedPaths {
  const parts = [dirname(assembly), assembly, resolve(assembly, 'manifest.json')];
  return { roots: [dirname(assembly)], isLeftOut: (path) => !parts.includes(path) };
}

/** What any of them watches. */
export function together(all: readonly WatchedPaths[]): WatchedPaths {
  return {
    roots: [...new Set(all.flatMap(({ roots }) => roots))],
    // Others may lead to what one of them leaves out.
    isLeftOut: (path, stats) => all.every((paths) => paths.isLeftOut(path, stats)),
  };
}

export function isWithin(root: string, path: string): boolean {
  const inside = relative(root, path);
  return inside === '' || !(inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside));
}

/** What is left out is left out with everything in it. */
function withInner(pattern: string): string[] {
  return pattern.endsWith('/**') ? [pattern, pattern.slice(0, -3)] : [pattern, `${pattern}/**`];
}

/** Names with a dot in front: `cdk watch` leaves them out, too. */
function isHidden(inside: string): boolean {
  return inside.split('/').some((part) => part.startsWith('.') && part !== '..');
}

function isNever(inside: string): boolean {
  return inside.split('/').some((part) => NEVER.includes(part)) || NEVER_FILES.test(basename(inside));
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
