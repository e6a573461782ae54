import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { ImageAsset } from '../../assembly/assets';
import { contentKey } from '../../images/content-key';
import { AwsError } from '../aws-error';
import { KeptMap } from '../kept-map';
import { copyContext } from './context';
import type { Repositories } from './repositories';

/** What `docker build` is told of an image. */
export interface Build {
  /** Absolute path of the folder. */
  readonly context: string;
  /** Path inside the context. */
  readonly dockerfile: string;
  readonly buildArguments: Readonly<Record<string, string>>;
  readonly target?: string;
}

interface BuiltImage extends Omit<Build, 'context'> {
  readonly id: string;
  readonly bytes: number;
}

/**
 * Images as folders: what would be built, kept apart from the app, whose folders come and go. Nothing is built here: the local
 * account lays an image out when a task of it starts.
 */
export class ImageStore {
  private readonly tags: KeptMap<BuiltImage>;
  private readonly contexts: string;

  constructor(
    readonly repositories: Repositories,
    folder: string,
  ) {
    this.contexts = join(folder, 'contexts');
    mkdirSync(this.contexts, { recursive: true, mode: 0o700 });
    this.tags = new KeptMap(join(folder, 'tags.json'));
  }

  /** Keeps a context under a tag. */
  build(tag: string, { context, dockerfile, ...rest }: Build): void {
    requireTag(tag);
    const inside = posix.normalize(dockerfile);
    if (inside.startsWith('..') || posix.isAbsolute(inside))
      throw new AwsError('InvalidParameterException', `The Dockerfile ${dockerfile} is outside of the context ${context}.`);
    if (!existsSync(join(context, inside)) || !statSync(join(context, inside)).isFile())
      throw new AwsError('InvalidParameterException', `There is no Dockerfile ${join(context, inside)}.`);
    const half = join(this.contexts, `half-${randomUUID()}`);
    try {
      const bytes = copyContext(context, inside, half);
      const id = contentKey({ ...rest, id: '', folder: half, dockerfile: inside });
      if (!existsSync(join(this.contexts, id))) renameSync(half, join(this.contexts, id));
      this.tags.set(tag, { ...rest, id, bytes, dockerfile: inside });
    } finally {
      rmSync(half, { recursive: true, force: true });
    }
  }

  /** Whether there is an image of that tag. */
  has(tag: string): boolean {
    return this.tags.get(tag) !== undefined;
  }

  tag(source: string, target: string): void {
    requireTag(target);
    this.tags.set(target, this.known(source));
  }

  /** Puts an image into the repository that its tag names. */
  push(tag: string): void {
    const { id, bytes } = this.known(tag);
    this.repositories.push(tag, { digest: digestOf(id), bytes });
  }

  /** The image that was pushed under a URI. */
  pushed(uri: string): ImageAsset | undefined {
    const digest = this.repositories.image(uri)?.digest;
    const built = this.tags.all().find(([, { id }]) => digestOf(id) === digest)?.[1];
    if (built === undefined) return undefined;
    const { id, dockerfile, buildArguments, target } = built;
    return { id, dockerfile, buildArguments, folder: join(this.contexts, id), ...(target !== undefined && { target }) };
  }

  private known(tag: string): BuiltImage {
    const built = this.tags.get(tag);
    if (built) return built;
    throw new AwsError('ImageNotFoundException', `There is no image ${tag} here.`);
  }
}

/** Of 64 digits, as a digest has them. */
function digestOf(id: string): string {
  return `sha256:${id.padEnd(64, '0')}`;
}

function requireTag(tag: string): void {
  if (!/^[\w][\w./:@-]{0,511}$/.test(tag)) throw new AwsError('InvalidParameterException', `"${tag}" is no tag of an image.`);
}
