import { accessSync, constants, mkdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { unsupported } from '../account-error';
import type { Assets } from '../assembly/assets';
import { type Image, materialize, pathInImage } from './dockerfile';
import { executablesOf, type NpmPackage } from './npm-package';
import type { ContainerProgram, ContainerProperties } from './task-definition';

/** What the constructs say of a container whose image cannot be run from its files alone. */
export interface ContainerHint {
  readonly npm?: NpmPackage & { readonly bin?: string };
  readonly command?: readonly string[];
}

/** The system's own programs; nothing of the caller's PATH, which a container would not see either. */
const SYSTEM_PATH = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * Finds out how a container runs here: by a declared command, or from the files of its image asset.
 * @param folder where images and executables are laid out
 * @throws LocalAccountError for an image that neither has files here nor a declared command
 */
export async function readProgram(
  container: ContainerProperties,
  hint: ContainerHint,
  assets: Assets,
  folder: string,
  path: string,
): Promise<ContainerProgram> {
  if (hint.command) return declaredProgram(hint.command, folder);
  const asset = assets.image(container.Image);
  if (!asset) {
    throw unsupported([`the image ${container.Image} of ${path}: it is no asset of this assembly; declare a local command for it`]);
  }
  const image = materialize(asset, join(folder, 'images', asset.id), hint.npm !== undefined);
  const executables = hint.npm ? [await executablesOf(hint.npm, join(folder, 'npm'))] : [];
  const cwd = join(image.root, container.WorkingDirectory ?? image.workdir);
  mkdirSync(cwd, { recursive: true });
  return {
    cwd,
    argv: argvOf(container, image, path),
    environment: image.environment,
    path: executables,
    locate: (word) => pathInImage(image, word),
  };
}

/** Replaces the image altogether, so that its entry point and the template's command do not count. */
function declaredProgram(command: readonly string[], folder: string): ContainerProgram {
  mkdirSync(folder, { recursive: true });
  return { cwd: process.cwd(), argv: command, environment: {}, path: [join(process.cwd(), 'node_modules/.bin')], locate: (word) => word };
}

/** As Docker combines them: an entry point of the template drops the image's command. */
function argvOf(container: ContainerProperties, image: Image, path: string): string[] {
  const entrypoint = container.EntryPoint ?? image.entrypoint;
  const command = container.Command ?? (container.EntryPoint ? [] : image.command);
  const argv = [...entrypoint, ...command];
  if (argv.length === 0) throw unsupported([`${path}: neither its image nor the task definition names a command`]);
  return argv;
}

/** PATH of a container: the executables of its package, this very Node, the system's programs. */
export function pathOf(program: ContainerProgram): string {
  return [...program.path, dirname(process.execPath), ...SYSTEM_PATH].join(':');
}

/** The executable that a command's first word names. @throws Error that says where it was looked for */
export function executableOf(word: string, path: string): string {
  if (word === 'node') return process.execPath;
  if (isAbsolute(word)) return word;
  const found = path
    .split(':')
    .map((folder) => join(folder, word))
    .find(isExecutable);
  if (!found) throw new Error(`the command "${word}" is not found on ${path}`);
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
