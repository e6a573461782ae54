import { chmodSync, existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LocalAccountError } from './account-error';

/** What the local account keeps beside an app: how to reach it while it runs, and values of secrets. Never for a repository. */
export function stateFolderOf(folder: string): string {
  return join(folder, '.mcp-fleet');
}

/** Makes the state folder, readable by this user alone; it keeps itself out of git. */
export function makeStateFolder(folder: string): string {
  const path = stateFolderOf(folder);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (lstatSync(path).isSymbolicLink()) {
    throw new LocalAccountError('REFUSED', `${path} is a symbolic link: whoever owns its target could read or replace secrets. Remove it.`);
  }
  chmodSync(path, 0o700);
  const ignore = join(path, '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
  return path;
}

/** The nearest folder, from this one upward, for which something holds. */
export function nearestFolder(start: string, holds: (folder: string) => boolean): string | undefined {
  for (let folder = resolve(start); ; folder = dirname(folder)) {
    if (holds(folder)) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}
