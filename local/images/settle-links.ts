import { existsSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { isWithin } from './rooted';

/**
 * Makes the links that a RUN has left independent of where its image lies, for the image moves: one to a file of the image
 * becomes relative, one to a file of this machine (such as a launcher of corepack) absolute.
 */
export function settleLinks(root: string, folder = root): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) settleLinks(root, path);
    if (!entry.isSymbolicLink()) continue;
    const target = readlinkSync(path);
    const real = resolve(folder, target);
    const inside = isWithin(root, real);
    if (inside !== isAbsolute(target) || (!inside && !existsSync(real))) continue;
    rmSync(path);
    symlinkSync(inside ? relative(dirname(path), real) || '.' : real, path);
  }
}
