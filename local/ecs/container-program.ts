import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { LocalAccountError, unsupported } from '../account-error';
import type { Assets } from '../assembly/assets';
import { type Image, pathsOf } from '../images/image';
import type { Images } from '../images/images';
import { inRoot } from '../images/rooted';
import { executableOn, nodePath } from '../processes/executable';
import type { NpmPackage, NpmPackages } from './npm-package';
import type { ContainerProgram, ContainerProperties } from './task-definition';

/** What the constructs say of a container whose image cannot be run from its files alone. */
export interface ContainerHint {
  readonly npm?: NpmPackage & { readonly bin?: string };
  /** Runs in place of the image, or, for a sidecar, in place of the server's command. */
  readonly command?: readonly string[];
  /** The server's own folder, relative to the app's. */
  readonly directory?: string;
  /** Of an image: the folder that it is built from, relative to the app's; told only to who watches it. */
  readonly builtFrom?: string;
}

/** Where programs come from. */
export interface ProgramSources {
  readonly assets: Assets;
  readonly images: Images;
  readonly packages: NpmPackages;
}

/**
 * Finds out how a container runs here: by a declared command, or from the files of its image asset.
 * @param path the container, for messages
 * @param isSidecar whether the container is our sidecar, whose declared command is that of the server under it
 * @throws LocalAccountError for an image that neither has files here nor a declared command
 */
export async function readProgram(
  container: ContainerProperties,
  hint: ContainerHint,
  { assets, images, packages }: ProgramSources,
  path: string,
  isSidecar: boolean,
): Promise<ContainerProgram> {
  if (hint.command && !isSidecar) return declaredProgram(hint.command, localFolder(hint, path));
  const asset = assets.image(container.Image);
  if (!asset) {
    const why = `the image ${container.Image} of ${path}: it is no asset of this assembly`;
    throw unsupported([`${why}; add \`localCommand\` to the runtime of its server, or make a container beside it \`essential: false\``]);
  }
  const image = await images.image({ asset, path, skipsRun: hint.npm !== undefined });
  const own = hint.command ? developersPath(localFolder(hint, path)) : hint.npm ? [await packages.executablesOf(hint.npm)] : [];
  const program = { environment: image.environment, path: [...own, ...pathsOf(image)] };
  const cwd = inRoot(image.root, container.WorkingDirectory ?? image.workdir);
  mkdirSync(cwd, { recursive: true });
  return { ...program, root: image.root, cwd, argv: argvOf(container, image, pathOf(program), cwd, path) };
}

/** The folder in which a declared command runs. @throws LocalAccountError when there is none */
export function localFolder({ directory }: ContainerHint, path: string): string {
  const folder = resolve(directory ?? '.');
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  const fix = 'run this in the folder of the app, where cdk.json is';
  throw new LocalAccountError(
    'INVALID_ASSEMBLY',
    `The local command of ${path} runs in ${directory}, and there is no folder ${folder}: ${fix}.`,
  );
}

/** Replaces the image altogether, so that its entry point and the template's command do not count. */
function declaredProgram(argv: readonly string[], cwd: string): ContainerProgram {
  return { cwd, argv, environment: {}, path: developersPath(cwd) };
}

/** What a developer would find in a folder: a declared command is one for this machine, unlike what an image runs. */
function developersPath(folder: string): string[] {
  return [...executablesAbove(folder), dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)];
}

/** As `npm run` finds them: installed in a folder, or in one above it. */
function executablesAbove(folder: string): string[] {
  const own = join(folder, 'node_modules', '.bin');
  const above = dirname(folder) === folder ? [] : executablesAbove(dirname(folder));
  return existsSync(own) ? [own, ...above] : above;
}

/** As Docker combines them: an entry point of the template drops the image's command. */
function argvOf(container: ContainerProperties, image: Image, searched: string, cwd: string, path: string): string[] {
  const entrypoint = container.EntryPoint ?? image.entrypoint;
  const command = container.Command ?? (container.EntryPoint ? [] : image.command);
  const inherits = container.EntryPoint === undefined && image.inheritsEntrypoint;
  const argv =
    inherits || entrypoint[0] === OFFICIAL
      ? asOfficialImage([...entrypoint.slice(1), ...command], searched, cwd)
      : [...entrypoint, ...command];
  // The bases themselves start an interpreter that waits for someone to type.
  if (argv.length > 0 && argv.join(' ') !== 'node') return argv;
  throw unsupported([`${path}: neither its Dockerfile nor the task definition names a command; add CMD ["node", "…"] to the Dockerfile`]);
}

/** The entry point of the official Node.js image. */
const OFFICIAL = 'docker-entrypoint.sh';

/** What it does: an option, a word that is no command, and a file that is no program are for node. */
function asOfficialImage(argv: string[], searched: string, cwd: string): string[] {
  const [first] = argv;
  if (first === undefined || first === 'node') return argv;
  const isCommand = executableOn(first.includes('/') ? resolve(cwd, first) : first, first.includes('/') ? '' : searched) !== undefined;
  return first.startsWith('-') || !isCommand ? ['node', ...argv] : argv;
}

/** PATH of a container: the executables of its package and image, this very Node, the system's programs. */
export function pathOf(program: Pick<ContainerProgram, 'path'>): string {
  return [...program.path, ...nodePath()].join(delimiter);
}

/**
 * The executable that a command's first word names. One that the image has somewhere else than this machine is found by its name.
 * @throws Error that says where it was looked for
 */
export function executableOf(word: string, path: string, cwd: string): string {
  const name = basename(word);
  if (name === 'node' && !word.startsWith('.')) return process.execPath;
  const file = word.includes('/') ? resolve(cwd, word) : undefined;
  if (file !== undefined && (existsSync(file) || !isAbsolute(word))) return file;
  const found = executableOn(name, path);
  if (!found) throw new Error(`the command "${word}" is not found on ${path}`);
  return found;
}
