import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { type DockerIgnore, pathPattern } from './dockerignore';
import { inRoot, linkInRoot } from './rooted';

/** Where a COPY takes its files from: the build context, or the root of an earlier stage. */
export interface Source {
  readonly root: string;
  /** What is left out of a build context. */
  readonly ignore?: DockerIgnore;
}

export interface CopyRequest {
  readonly from: Source;
  /** As written: relative to the source's root, with wildcards. */
  readonly sources: readonly string[];
  /** Folder that becomes the root of an image. */
  readonly root: string;
  readonly workdir: string;
  readonly destination: string;
  /** Permissions of what is copied. */
  readonly mode?: number;
}

/** Copies as COPY does. Nothing is read outside of the source's root, nothing is written outside of the image's. @throws Error that says what is wrong */
export function copy({ from, sources, root, workdir, destination, mode }: CopyRequest): void {
  const found = sources.flatMap((source) => matches(from, source));
  const isFolder = /(^|\/)\.?$/.test(destination);
  if (found.length > 1 && !isFolder) throw new Error(`${destination} must end with /: ${found.length} sources go into it`);
  const target = posix.resolve(workdir, destination);
  for (const path of found) {
    // Docker follows a source that is a link, and never out of the source.
    const real = inRoot(from.root, `/${path}`);
    const goesInto = !statSync(real).isDirectory() && (isFolder || isExistingFolder(inRoot(root, target)));
    const at = goesInto ? posix.join(target, basename(path)) : target;
    copyTree({ from, root, ...(mode !== undefined && { mode }) }, path, real, at);
  }
}

interface Tree {
  readonly from: Source;
  readonly root: string;
  readonly mode?: number;
}

/**
 * @param path of the file or folder in the source, by which it is left out
 * @param real where it lies here
 * @param at its path in the image
 */
function copyTree(tree: Tree, path: string, real: string, at: string): void {
  const { from, root, mode } = tree;
  const stat = lstatSync(real);
  const isLeftOut = from.ignore?.leavesOut(path) ?? false;
  if (isLeftOut && !(stat.isDirectory() && from.ignore?.readmits)) return;
  if (stat.isSymbolicLink()) {
    copyLink(root, readlinkSync(real), at);
    return;
  }
  const target = inRoot(root, at);
  if (stat.isDirectory()) {
    if (!isLeftOut) makeFolder(target, at);
    for (const name of readdirSync(real)) copyTree(tree, posix.join(path, name), join(real, name), posix.join(at, name));
    if (mode !== undefined && !isLeftOut) chmodSync(target, mode);
  } else if (stat.isFile()) {
    if (isExistingFolder(target)) throw new Error(`${at} is a folder, and ${path} is a file`);
    makeFolder(dirname(target), dirname(at));
    rmSync(target, { force: true });
    copyFileSync(real, target, constants.COPYFILE_FICLONE);
    if (mode !== undefined) chmodSync(target, mode);
  }
}

/** A link is copied as a link. It leads where it would lead in the image, which may be nowhere, and never out of it. */
function copyLink(root: string, target: string, at: string): void {
  const link = join(inRoot(root, dirname(at)), basename(at));
  makeFolder(dirname(link), dirname(at));
  rmSync(link, { recursive: true, force: true });
  symlinkSync(linkInRoot(at, target), link);
}

function makeFolder(folder: string, at: string): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw new Error(`${at} is a file, and must be a folder`);
  mkdirSync(folder, { recursive: true });
}

function isExistingFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** What a source names, relative to its root; a link in it stays a link. */
function matches(from: Source, source: string): string[] {
  const normal = posix.normalize(source.replace(/^\/+/, ''));
  if (normal === '..' || normal.startsWith('../')) throw new Error(`${source} is outside of the build context`);
  const path = normal.replace(/\/$/, '');
  if (path === '.' || path === '') return [''];
  const found = /[*?[\\]/.test(path) ? expandPattern(from.root, path) : [path];
  const kept = found.filter((one) => exists(from, one));
  if (kept.length > 0) return kept;
  const place = from.ignore ? 'the build context' : 'the stage that it copies from';
  const hint = found.some((one) => from.ignore?.leavesOut(one)) ? '; .dockerignore leaves it out' : '';
  throw new Error(`${source} is not in ${place}${hint}`);
}

function exists(from: Source, path: string): boolean {
  if (from.ignore?.leavesOut(path) && !from.ignore.readmits) return false;
  const real = inRoot(from.root, `/${path}`);
  if (existsSync(real)) return !from.ignore?.leavesOut(path) || statSync(real).isDirectory();
  if (lstatSync(join(from.root, path), { throwIfNoEntry: false }))
    throw new Error(`${path} is a link that leads out of the build context, or nowhere`);
  return false;
}

/** Part by part, for a wildcard does not reach over a slash. */
function expandPattern(root: string, pattern: string): string[] {
  return pattern.split('/').reduce<string[]>(
    (folders, part) => {
      const wanted = pathPattern(part);
      return folders.flatMap((folder) => {
        const real = inRoot(root, `/${folder}`);
        const names = isExistingFolder(real) ? readdirSync(real).sort() : [];
        return names.filter((name) => wanted.test(name)).map((name) => posix.join(folder, name));
      });
    },
    [''],
  );
}
