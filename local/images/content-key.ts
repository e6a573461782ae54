import { createHash, type Hash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { ImageAsset } from '../assembly/assets';
import { DockerIgnore } from './dockerignore';

/** Changes with what this folder makes of a Dockerfile, so that an image of an older version is made again. */
const FORMAT = 1;

/** Names what an image is made of: its Dockerfile, its build context, and the Node.js that runs its RUNs. */
export function contentKey(asset: ImageAsset): string {
  const hash = createHash('sha256');
  const { version, platform, arch } = process;
  add(hash, JSON.stringify([FORMAT, version, platform, arch, asset.dockerfile, asset.target, Object.entries(asset.buildArguments).sort()]));
  add(hash, readFileSync(join(asset.folder, asset.dockerfile)));
  addFolder(hash, asset.folder, '', DockerIgnore.of(asset.folder, asset.dockerfile));
  return hash.digest('hex').slice(0, 32);
}

function addFolder(hash: Hash, root: string, folder: string, ignore: DockerIgnore): void {
  for (const name of readdirSync(join(root, folder)).sort()) {
    const path = posix.join(folder, name);
    const isLeftOut = ignore.leavesOut(path);
    const stat = lstatSync(join(root, path));
    if (isLeftOut && !(stat.isDirectory() && ignore.readmits)) continue;
    if (!isLeftOut) add(hash, `${path} ${stat.mode & 0o111 ? 'x' : '-'}`);
    if (stat.isDirectory()) addFolder(hash, root, path, ignore);
    else if (stat.isSymbolicLink()) add(hash, readlinkSync(join(root, path)));
    else if (stat.isFile()) add(hash, readFileSync(join(root, path)));
  }
}

/** With its length before it, so that no two lists of parts are one text. */
function add(hash: Hash, part: string | Buffer): void {
  hash.update(`${Buffer.byteLength(part)}:`).update(part);
}
