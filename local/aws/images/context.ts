import { constants, copyFileSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import { DockerIgnore } from '../../images/dockerignore';
import { AwsError } from '../aws-error';

/** What a build context may hold: bytes, and files and folders. */
const MOST_BYTES = 4 * 1024 ** 3;
const MOST_ENTRIES = 200_000;

export interface ContextLimits {
  readonly bytes?: number;
  readonly entries?: number;
}

/**
 * Copies a build context without what `.dockerignore` leaves out, as Docker sends it: the Dockerfile and `.dockerignore`
 * themselves always go with it, links go as links, and what is no file (a socket, a device) does not go.
 * @param dockerfile its path inside the context
 * @returns how many bytes it has
 */
export function copyContext(
  context: string,
  dockerfile: string,
  to: string,
  { bytes: mostBytes = MOST_BYTES, entries: mostEntries = MOST_ENTRIES }: ContextLimits = {},
): number {
  const ignore = DockerIgnore.of(context, dockerfile);
  const always = [dockerfile, `${dockerfile}.dockerignore`, '.dockerignore'].map((path) => posix.normalize(path));
  let bytes = 0;
  let entries = 0;
  const copyFolder = (folder: string): void => {
    for (const name of readdirSync(join(context, folder))) {
      const path = posix.join(folder, name);
      const from = join(context, path);
      const found = lstatSync(from);
      const isLeftOut = ignore.leavesOut(path) && !always.includes(path);
      if (isLeftOut && !(found.isDirectory() && (ignore.readmits || always.some((each) => each.startsWith(`${path}/`))))) continue;
      entries += 1;
      bytes += found.isFile() ? found.size : 0;
      if (entries > mostEntries || bytes > mostBytes)
        throw new AwsError(
          'LayersTooLarge',
          `The build context ${context} has more than ${mostEntries} files or ${mostBytes} bytes; see .dockerignore.`,
        );
      if (found.isDirectory()) copyFolder(path);
      else copyOne(from, join(to, path), found);
    }
    // Empty folders are part of a context, those that are left out are not.
    if (folder === '' || !ignore.leavesOut(folder)) mkdirSync(join(to, folder), { recursive: true });
  };
  copyFolder('');
  return bytes;
}

function copyOne(from: string, to: string, found: { isSymbolicLink(): boolean; isFile(): boolean }): void {
  mkdirSync(join(to, '..'), { recursive: true });
  if (found.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else if (found.isFile()) copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
}
