import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { DockerfileParser, type Instruction, type JSONInstruction, type PropertyInstruction } from 'dockerfile-ast';
import { unsupported } from '../account-error';
import type { ImageAsset } from '../assembly/assets';

/** What an image says of the program in it. */
export interface Image {
  /** Folder that stands for the image's root. */
  readonly root: string;
  /** Working directory, as a path of the image. */
  readonly workdir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
}

/** Instructions that mean nothing to a process: ECS ignores HEALTHCHECK, ports are mapped by the task definition. */
const INERT = new Set(['FROM', 'EXPOSE', 'LABEL', 'MAINTAINER', 'USER', 'HEALTHCHECK']);

/**
 * Makes a folder out of an image asset as its Dockerfile says, without Docker.
 * @param root folder that becomes the image's root; one that exists holds the image already
 * @param installsPackage whether RUN may be left out, because what it installs is found in another way
 * @throws LocalAccountError that names each instruction which only Docker can carry out
 */
export function materialize(asset: ImageAsset, root: string, installsPackage: boolean): Image {
  const path = join(asset.folder, asset.dockerfile);
  const instructions = DockerfileParser.parse(readFileSync(path, 'utf8')).getInstructions();
  const image = { root, workdir: '/', environment: {} as Record<string, string>, entrypoint: [] as string[], command: [] as string[] };
  const problems: string[] = [];
  // Several containers may share an image; its files are not written again under a program that runs from them.
  const isNew = !existsSync(root);
  mkdirSync(root, { recursive: true });
  for (const instruction of instructions) {
    const refuse = (why: string | undefined): void => {
      if (why) problems.push(`${instruction.getKeyword()} in line ${instruction.getRange().start.line + 1} of ${path}: ${why}`);
    };
    switch (instruction.getKeyword()) {
      case 'WORKDIR':
        image.workdir = resolve(image.workdir, wordsOf(instruction)[0] ?? '/');
        mkdirSync(join(root, image.workdir), { recursive: true });
        break;
      case 'COPY':
        if (isNew) refuse(copy(asset.folder, root, image.workdir, instruction as JSONInstruction));
        break;
      case 'ENV':
        for (const property of (instruction as PropertyInstruction).getProperties()) {
          image.environment[property.getName()] = expand(property.getValue() ?? '', image.environment);
        }
        break;
      case 'ENTRYPOINT':
        image.entrypoint = commandOf(instruction);
        break;
      case 'CMD':
        image.command = commandOf(instruction);
        break;
      case 'RUN':
        if (!installsPackage) refuse('only Docker can run it; name an npm package, a folder that needs no RUN, or a local command');
        break;
      default:
        if (!INERT.has(instruction.getKeyword())) refuse('only Docker can carry it out');
    }
  }
  if (instructions.filter((instruction) => instruction.getKeyword() === 'FROM').length > 1) problems.push(`several stages in ${path}`);
  if (problems.length > 0) throw unsupported(problems);
  return image;
}

/** @returns why it cannot be carried out; undefined when it was */
function copy(context: string, root: string, workdir: string, instruction: JSONInstruction): string | undefined {
  const paths = wordsOf(instruction);
  const destination = paths.pop();
  if (instruction.getFlags().some((flag) => flag.getName() === 'from')) return 'it copies from another image';
  if (destination === undefined || paths.length === 0) return 'it names no source and destination';
  const target = join(root, resolve(workdir, destination));
  const intoFolder = destination.endsWith('/') || paths.length > 1 || destination === '.' || existsSync(target);
  for (const source of paths) {
    const from = join(context, source);
    if (/[*?[]/.test(source)) return 'it has a wildcard';
    if (!existsSync(from)) return `${source} is not in the build context`;
    // The contents of a folder are copied, a file is copied under its name.
    const isFile = statSync(from).isFile();
    cpSync(from, isFile && intoFolder ? join(target, basename(source)) : target, { recursive: true });
  }
  return undefined;
}

/** Exec form, or the shell form, which runs under `/bin/sh -c`. */
function commandOf(instruction: Instruction): string[] {
  const text = instruction.getRawArgumentsContent() ?? '';
  return execForm(text) ?? (text ? ['/bin/sh', '-c', text] : []);
}

function wordsOf(instruction: Instruction): string[] {
  return execForm(instruction.getRawArgumentsContent() ?? '') ?? instruction.getArguments().map((argument) => argument.getValue());
}

/** A JSON list of words; anything that is not one is the shell form, as Docker takes it. */
function execForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    return JSON.parse(text) as string[];
  } catch {
    return undefined;
  }
}

function expand(value: string, environment: Readonly<Record<string, string>>): string {
  return value.replaceAll(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (_, braced: string | undefined, plain: string | undefined) => environment[braced ?? plain ?? ''] ?? '',
  );
}

/** A path of the image as a path of this machine, where the image holds it. */
export function pathInImage(image: Image, word: string): string {
  if (!isAbsolute(word)) return word;
  const path = join(image.root, word);
  return word !== '/' && existsSync(path) ? path : word;
}
