import { AwsError } from '../aws-error';
import { KeptMap } from '../kept-map';

/** An image under a tag of a repository. */
export interface PushedImage {
  readonly tag: string;
  readonly digest: string;
  /** Of the build context. */
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly pushedAt: number;
}

export interface Repository {
  readonly name: string;
  readonly createdAt: number;
  /** Whether a tag may be pushed again. */
  readonly mutable: boolean;
  readonly images: readonly PushedImage[];
}

/** The repositories of the account's registry, as stacks make them. */
export class Repositories {
  private readonly repositories: KeptMap<Repository>;

  /** @param file in which they are kept; in memory alone when absent */
  constructor(
    readonly registry: string,
    file?: string,
  ) {
    this.repositories = new KeptMap(file);
  }

  create(name: string, { mutable = true }: { readonly mutable?: boolean } = {}): Repository {
    if (!/^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name) || name.length > 256)
      throw new AwsError('InvalidParameterException', `"${name}" is no name of a repository.`);
    if (this.find(name)) throw new AwsError('RepositoryAlreadyExistsException', `The repository with name '${name}' already exists`);
    const repository = { name, mutable, createdAt: Date.now(), images: [] };
    this.repositories.set(name, repository);
    return repository;
  }

  /** @throws AwsError where it has images, unless forced */
  delete(name: string, { force = false }: { readonly force?: boolean } = {}): void {
    if (!force && (this.find(name)?.images.length ?? 0) > 0)
      throw new AwsError(
        'RepositoryNotEmptyException',
        `The repository with name '${name}' cannot be deleted because it still contains images`,
      );
    this.repositories.delete(name);
  }

  find(name: string): Repository | undefined {
    return this.repositories.get(name);
  }

  all(): readonly Repository[] {
    return this.repositories.all().map(([, repository]) => repository);
  }

  uri(name: string): string {
    return `${this.registry}/${name}`;
  }

  /** Puts an image under the tag of a URI such as `registry/name:tag`. */
  push(uri: string, image: Omit<PushedImage, 'tag' | 'pushedAt'>): void {
    const { repository, tag } = this.parse(uri);
    const others = repository.images.filter((each) => each.tag !== tag);
    const there = repository.images.find((each) => each.tag === tag);
    if (there && there.digest !== image.digest && !repository.mutable)
      throw new AwsError('ImageTagAlreadyExistsException', `The tag ${tag} of ${repository.name} is there, and immutable.`);
    this.repositories.set(repository.name, { ...repository, images: [...others, { ...image, tag, pushedAt: Date.now() }] });
  }

  /** The image that a URI names. */
  image(uri: string): PushedImage | undefined {
    const parsed = this.read(uri);
    return parsed?.repository.images.find(({ tag, digest }) => tag === parsed.tag || digest === parsed.tag);
  }

  private parse(uri: string): { repository: Repository; tag: string } {
    const parsed = this.read(uri);
    if (parsed) return parsed;
    throw new AwsError('RepositoryNotFoundException', `${uri} is in no repository of this account.`);
  }

  private read(uri: string): { repository: Repository; tag: string } | undefined {
    const [, name = '', tag = 'latest'] = /^[^/]+\/([^:@]+)(?::([\w.-]{1,128})|@(sha256:[0-9a-f]{64}))?$/.exec(uri) ?? [];
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(uri)?.[1];
    const repository = this.find(name);
    return repository && { repository, tag: digest ?? tag };
  }
}
