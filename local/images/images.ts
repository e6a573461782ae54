import { join } from 'node:path';
import { LocalAccountError, unsupported } from '../account-error';
import type { ImageAsset } from '../assembly/assets';
import type { LogBook } from '../logs/log-book';
import type { Reaper } from '../processes/reaper';
import { build, InstructionError } from './build';
import { contentKey } from './content-key';
import { type Dockerfile, type Instruction, readDockerfile, type Stage, stageNamed } from './dockerfile';
import type { Image } from './image';
import { cacheFolder, ImageCache } from './image-cache';
import { judge, stagesOf } from './judge';
import { type RunStep, runStep } from './run-step';

export interface ImagesOptions {
  /** Folder of this run: the images are laid out in it. */
  readonly folder: string;
  readonly logs: LogBook;
  readonly reaper: Reaper;
  /** Told of a RUN that takes its time. */
  readonly tell?: (detail: string) => void;
}

export interface ImageRequest {
  readonly asset: ImageAsset;
  /** The container, for messages. */
  readonly path: string;
  /** Whether RUN is left out, because what it installs is found in another way. */
  readonly skipsRun: boolean;
}

/** A RUN that takes longer is told of, in milliseconds. */
const PATIENCE = 2000;
/** What is said of a RUN is short. */
const SHOWN = 60;
const WAY_OUT = `add \`localCommand\` to the runtime of its server, such as localCommand: ['node', 'server.js']`;

/** The images of one account: each is made once, as its Dockerfile says. */
export class Images {
  private readonly made = new Map<string, Promise<Image>>();
  private readonly endings = new Set<() => void>();
  private readonly cache = new ImageCache();
  private stopped = false;

  constructor(private readonly options: ImagesOptions) {
    this.cache.removeDead();
  }

  /**
   * The image of an asset as a folder; containers of one image share it.
   * @throws LocalAccountError that names each instruction which cannot be carried out, and the one that failed
   */
  image(request: ImageRequest): Promise<Image> {
    const { asset, skipsRun } = request;
    const key = `${asset.id}${skipsRun ? '-files' : ''}`;
    const made = this.made.get(key) ?? this.make(request, join(this.options.folder, key));
    this.made.set(key, made);
    // One that failed is tried again: the registry may be back.
    made.catch(() => this.made.delete(key));
    return made;
  }

  /** Ends what is under way, and resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const end of this.endings) end();
    await Promise.allSettled(this.made.values());
  }

  private async make(request: ImageRequest, root: string): Promise<Image> {
    const { asset, skipsRun } = request;
    const dockerfile = read(request);
    const stages = neededStages(request, dockerfile);
    const findings = judge(dockerfile, stages, skipsRun);
    if (findings.length > 0)
      throw unsupported(findings.map(({ instruction, why }) => `${place(request, instruction)}: ${why}; ${WAY_OUT}`));
    const common = { asset, dockerfile, stages };
    try {
      if (skipsRun || !stages.some(({ instructions }) => instructions.some(({ keyword }) => keyword === 'RUN'))) {
        return await build({ ...common, folder: root });
      }
      const key = contentKey(asset);
      const kept = await this.cache.take(key, root);
      if (kept) return kept;
      await this.cache.make(key, (folder) => build({ ...common, folder, run: (step) => this.run(step, request) }));
      return (await this.cache.take(key, root)) as Image;
    } catch (error) {
      if (!(error instanceof InstructionError)) throw error;
      throw new LocalAccountError(
        error.instruction.keyword === 'RUN' ? 'CREATE_FAILED' : 'INVALID_ASSEMBLY',
        `${place(request, error.instruction)}: ${error.message}\n  fix  correct it, or ${WAY_OUT}`,
      );
    }
  }

  private readonly run = async (step: RunStep, { path }: ImageRequest): Promise<void> => {
    if (this.stopped) throw new Error('the account stops');
    const { tell, logs, reaper } = this.options;
    const text = step.instruction.text.replaceAll(/\s+/g, ' ');
    const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
    const timer = setTimeout(() => tell?.(`${path}: line ${step.instruction.line}, RUN ${shown}`), PATIENCE);
    const log = logs.open(`image-${path}`, { role: 'server', source: 'image', shortSource: 'image' });
    let endLast: (() => void) | undefined;
    try {
      await runStep(step, {
        log,
        reaper,
        downloads: join(cacheFolder(), 'downloads'),
        started: (end) => {
          if (endLast) this.endings.delete(endLast);
          endLast = end;
          this.endings.add(end);
          if (this.stopped) end();
        },
      });
    } finally {
      clearTimeout(timer);
      if (endLast) this.endings.delete(endLast);
      log.close();
    }
  };
}

function read(request: ImageRequest): Dockerfile {
  const { asset } = request;
  try {
    return readDockerfile(join(asset.folder, asset.dockerfile), asset.buildArguments);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw unsupported([`${place(request)}: ${code === 'ENOENT' ? 'there is no such file' : message}; ${WAY_OUT}`]);
  }
}

function neededStages(request: ImageRequest, dockerfile: Dockerfile): Stage[] {
  const { target } = request.asset;
  const last = target === undefined ? dockerfile.stages.at(-1) : stageNamed(dockerfile.stages, target);
  if (last) return stagesOf(dockerfile, last);
  throw unsupported([`${place(request)}: it has no ${target === undefined ? 'FROM' : `stage ${target}`}; ${WAY_OUT}`]);
}

/** `RUN in Dockerfile:2 of Shop/Task/server`, or, where the user's folder is known, `RUN in /app/Dockerfile:2 (Shop/Task/server)`. */
function place({ asset: { source, dockerfile }, path }: ImageRequest, instruction?: Instruction): string {
  const what = instruction === undefined ? '' : `${instruction.keyword} in `;
  const line = instruction === undefined ? '' : `:${instruction.line}`;
  return `${what}${source === undefined ? `${dockerfile}${line} of ${path}` : `${join(source, dockerfile)}${line} (${path})`}`;
}
