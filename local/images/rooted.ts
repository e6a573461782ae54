import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, posix, relative, sep } from 'node:path';

/** Linux gives up after as many (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Where a path of an image lies here. Links on the way are followed as inside the image, whose root nothing leaves: `/` of a
 * link and `..` above the root both mean the root.
 * @param path absolute, as the image has it; need not exist
 */
export function inRoot(root: string, path: string): string {
  let links = 0;
  let done = '/';
  const todo = path.split('/');
  while (todo.length > 0) {
    const next = todo.shift() as string;
    if (next === '' || next === '.') continue;
    const at = posix.join(done, next);
    const target = next === '..' ? undefined : linkAt(join(root, at));
    if (target === undefined) done = at;
    else {
      if (++links > MOST_LINKS) throw new Error(`${path} runs in a circle of links`);
      if (isAbsolute(target)) done = '/';
      todo.unshift(...target.split('/'));
    }
  }
  return join(root, done);
}

/** What to write into a link at a path of an image, so that it leads where it would lead in the image and never out of it. */
export function linkInRoot(at: string, target: string): string {
  return relative(dirname(at), posix.resolve(dirname(at), target)) || '.';
}

/** Whether a path is a folder or lies in it; both absolute. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function linkAt(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
