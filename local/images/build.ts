import { mkdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { ImageAsset } from '../assembly/assets';
import { nodeImage } from './base-image';
import { copy, type Source } from './copy';
import { copyFolder } from './copy-folder';
import { argumentsOf, type Dockerfile, type Instruction, PLATFORM, type Stage, stageNamed } from './dockerfile';
import { DockerIgnore } from './dockerignore';
import { BASE_PATH, type Image } from './image';
import { inRoot } from './rooted';
import type { RunStep } from './run-step';
import { settleLinks } from './settle-links';
import { execForm, expand, type Lookup, splitWords } from './words';

/** What an instruction could not do. */
export class InstructionError extends Error {
  constructor(
    readonly instruction: Instruction,
    why: string,
  ) {
    super(why);
  }
}

/** Carries out one RUN. */
export type Run = (step: RunStep) => Promise<void>;

export interface BuildRequest {
  readonly asset: ImageAsset;
  readonly dockerfile: Dockerfile;
  /** In the order in which they need each other; the last one is the image. */
  readonly stages: readonly Stage[];
  /** Folder for the roots of the stages. */
  readonly folder: string;
  /** Left out where RUN is not carried out. */
  readonly run?: Run;
}

/** A stage as far as it is made. */
interface Stand {
  root: string;
  workdir: string;
  environment: Record<string, string>;
  arguments: Map<string, string>;
  entrypoint: string[];
  command: string[];
  /** Whether the command stands in this stage, not in the one that it begins with. */
  ownCommand: boolean;
  inheritsEntrypoint: boolean;
}

/** Makes the stages one after the other. @throws InstructionError for what cannot be done */
export async function build(request: BuildRequest): Promise<Image> {
  const stands = new Map<Stage, Stand>();
  for (const stage of request.stages) stands.set(stage, await buildStage(request, stage, stands));
  const { root, workdir, environment, entrypoint, command, inheritsEntrypoint } = stands.get(request.stages.at(-1) as Stage) as Stand;
  return { root, workdir, environment, entrypoint, command, inheritsEntrypoint };
}

async function buildStage(request: BuildRequest, stage: Stage, stands: ReadonlyMap<Stage, Stand>): Promise<Stand> {
  const { dockerfile, folder } = request;
  const index = dockerfile.stages.indexOf(stage);
  const root = join(folder, String(index));
  mkdirSync(root, { recursive: true });
  const earlier = dockerfile.stages.slice(0, index);
  const parent = stageNamed(earlier, stage.base);
  const begun = parent && stands.get(parent);
  const stand = begun ? { ...structuredClone(begun), arguments: new Map<string, string>(), ownCommand: false } : fromBase(stage.base);
  if (begun) await copyFolder(begun.root, root);
  stand.root = root;
  for (const instruction of stage.instructions) {
    try {
      await carryOut(request, stand, instruction, (name) => stands.get(stageNamed(earlier, name) as Stage)?.root as string);
    } catch (error) {
      if (error instanceof InstructionError) throw error;
      throw new InstructionError(instruction, (error as Error).message);
    }
  }
  if (request.run && stage.instructions.some(({ keyword }) => keyword === 'RUN')) settleLinks(root);
  return stand;
}

function fromBase(base: string): Stand {
  const isOfficial = nodeImage(base)?.entrypoint === 'docker-entrypoint';
  return {
    root: '',
    workdir: '/',
    environment: { PATH: BASE_PATH, NODE_VERSION: process.versions.node },
    arguments: new Map(),
    entrypoint: isOfficial ? [] : ['node'],
    command: [],
    ownCommand: false,
    inheritsEntrypoint: isOfficial,
  };
}

async function carryOut(request: BuildRequest, stand: Stand, instruction: Instruction, rootOf: (stage: string) => string): Promise<void> {
  const { asset, dockerfile, run } = request;
  const context: Source = { root: asset.folder, ignore: DockerIgnore.of(asset.folder, asset.dockerfile) };
  const lookup: Lookup = (name) => stand.environment[name] ?? stand.arguments.get(name);
  const { keyword, text, flags } = instruction;
  const words = (): string[] => (execForm(text) ?? splitWords(text)).map((word) => expand(word, lookup));
  switch (keyword) {
    case 'ARG': {
      const known: Lookup = (name) => lookup(name) ?? dockerfile.globals.get(name) ?? PLATFORM.get(name);
      for (const [name, value] of argumentsOf(instruction, known, asset.buildArguments)) stand.arguments.set(name, value);
      break;
    }
    case 'ENV':
      Object.assign(stand.environment, Object.fromEntries(variablesOf(text, lookup)));
      break;
    case 'WORKDIR':
      stand.workdir = posix.resolve(stand.workdir, words()[0] ?? '/');
      mkdirSync(inRoot(stand.root, stand.workdir), { recursive: true });
      break;
    case 'VOLUME':
      for (const folder of words()) mkdirSync(inRoot(stand.root, posix.resolve('/', folder)), { recursive: true });
      break;
    case 'COPY':
    case 'ADD': {
      const sources = words();
      const destination = sources.pop() as string;
      const flag = (name: string) => flags.find((candidate) => candidate.name === name)?.value;
      const from = flag('from');
      const mode = flag('chmod');
      copy({
        from: from === undefined ? context : { root: rootOf(from) },
        sources,
        root: stand.root,
        workdir: stand.workdir,
        destination,
        ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
      });
      break;
    }
    case 'RUN':
      await run?.({
        instruction,
        lookup,
        root: stand.root,
        workdir: stand.workdir,
        context,
        environment: { ...Object.fromEntries(stand.arguments), ...stand.environment },
      });
      break;
    case 'ENTRYPOINT':
      // A new entry point drops the command that came with the base.
      if (!stand.ownCommand) stand.command = [];
      stand.inheritsEntrypoint = false;
      stand.entrypoint = commandOf(text);
      break;
    case 'CMD':
      stand.ownCommand = true;
      stand.command = commandOf(text);
      break;
    default:
  }
}

/** `NAME=value …`, or the old `NAME value` with one value up to the end of the line. */
function variablesOf(text: string, lookup: Lookup): [string, string][] {
  const words = splitWords(text);
  const [first = ''] = words;
  if (!first.includes('=')) return [[first, expand(text.slice(first.length).trim(), lookup)]];
  return words.map((word) => {
    const [name = ''] = word.split('=', 1);
    return [name, expand(word.slice(name.length + 1), lookup)];
  });
}

/** Exec form, or the shell form, which runs under `/bin/sh -c`. */
function commandOf(text: string): string[] {
  return execForm(text) ?? (text ? ['/bin/sh', '-c', text] : []);
}
