import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { inRoot } from './rooted';

/** What an image says of the program in it. */
export interface ImageSettings {
  /** Working directory, as a path of the image. */
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** Whether the image's entry point is its base's: `docker-entrypoint.sh`, which puts `node` before what is no command. */
  readonly inheritsEntrypoint: boolean;
}

/** An image that is laid out as a folder. */
export interface Image extends ImageSettings {
  /** Folder that stands for the image's root. */
  readonly root: string;
}

/** PATH of the official image. */
export const BASE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The folders of an image's PATH that its files are in, as they lie here. What only the base has, this machine's own PATH stands for. */
export function pathsOf({ root, environment }: Image): string[] {
  return (environment.PATH ?? BASE_PATH)
    .split(':')
    .filter(isAbsolute)
    .map((folder) => inRoot(root, folder))
    .filter((folder) => existsSync(folder));
}

/** A path of the image as a path of this machine, where the image holds it. */
export function pathInImage(root: string, word: string): string {
  if (!isAbsolute(word) || word === '/') return word;
  const path = inRoot(root, word);
  return existsSync(path) ? path : word;
}

/** A command with the paths of the image in it as paths of this machine, also in a line for a shell. */
export function commandInImage(root: string, argv: readonly string[]): string[] {
  const isShell = /^(\/bin\/)?(sh|ash|bash)$/.test(argv[0] ?? '') && argv[1] === '-c';
  return argv.map((word, index) => (isShell && index === 2 ? pathsInLine(root, word) : pathInImage(root, word)));
}

function pathsInLine(root: string, line: string): string {
  return line.replaceAll(/(?<=^|[\s;&|="'(])\/[\w@.+/-]+/g, (path) => pathInImage(root, path));
}
