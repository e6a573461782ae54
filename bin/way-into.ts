import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isWithin } from '../local/images/rooted';

/**
 * What keeps a file that is to be written from lying in a folder: on the way to it there is a symbolic link that leads out of the
 * folder, or nowhere, or a file where a folder must be.
 * @param place of the file, relative to the folder
 * @returns what stands in the way, and why
 */
export function obstacleTo(folder: string, place: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const parts = place.split('/');
  for (let length = 1; length <= parts.length; length++) {
    const part = parts.slice(0, length).join('/');
    const path = join(folder, part);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if (stat.isSymbolicLink() && !leadsInto(folder, path)) return `${part} is a symbolic link that leads out of ${folder}, or nowhere`;
    if (length < parts.length && !statSync(path).isDirectory()) return `${part} in ${folder} is no folder`;
  }
  return undefined;
}

function leadsInto(folder: string, link: string): boolean {
  return existsSync(link) && isWithin(realpathSync(folder), realpathSync(link));
}
