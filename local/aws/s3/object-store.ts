import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from '../aws-error';
import { KeptMap } from '../kept-map';
import type { Algorithm } from './checksums';

/** S3's own bound of one upload, in bytes. */
export const LARGEST_OBJECT = 5 * 1024 ** 3;
/** All objects of an account together, in bytes: a laptop's disk has an end. */
const LARGEST_STORE = 20 * 1024 ** 3;

export interface BucketSettings {
  readonly versioning?: 'Enabled' | 'Suspended';
  readonly encryption?: { readonly algorithm: string; readonly kmsKeyId?: string };
}

export interface Bucket extends BucketSettings {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** In quotation marks. */
  readonly etag: string;
  readonly changedAt: number;
  /** `content-type` and the like, and `x-amz-meta-…`, as they were given. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: { readonly algorithm: Algorithm; readonly value: string };
}

/**
 * Buckets and their objects, on disk in one folder. A key is nobody's path: an object's file goes by the key's hash, so that
 * `../` and the like are characters like any others.
 */
export class ObjectStore {
  private readonly buckets: KeptMap<Bucket>;
  private readonly objects = new Map<string, Map<string, StoredObject>>();
  private bytes = 0;

  /** Folder of what is not an object yet. */
  readonly incoming: string;

  constructor(
    private readonly folder: string,
    private readonly limit = LARGEST_STORE,
  ) {
    this.incoming = join(folder, 'incoming');
    // What was under way when an account was killed.
    rmSync(this.incoming, { recursive: true, force: true });
    for (const each of [this.incoming, join(folder, 'buckets')]) mkdirSync(each, { recursive: true, mode: 0o700 });
    this.buckets = new KeptMap(join(folder, 'buckets.json'));
    for (const [name] of this.buckets.all()) this.load(name);
  }

  createBucket(name: string, settings: BucketSettings = {}): Bucket {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes('..'))
      throw new AwsError('InvalidBucketName', `"${name}" is no name of a bucket.`);
    if (this.bucket(name)) throw new AwsError('BucketAlreadyOwnedByYou', `The bucket ${name} exists already.`, 409);
    const bucket = { ...settings, name, createdAt: Date.now() };
    mkdirSync(this.folderOf(name), { recursive: true, mode: 0o700 });
    this.buckets.set(name, bucket);
    this.objects.set(name, new Map());
    return bucket;
  }

  /** What of a bucket's settings may change. */
  changeBucket(name: string, settings: BucketSettings): void {
    this.buckets.set(name, { ...settings, name, createdAt: this.known(name).createdAt });
  }

  /** @throws AwsError where it holds objects, unless forced */
  deleteBucket(name: string, { force = false }: { readonly force?: boolean } = {}): void {
    this.known(name);
    if (!force && this.list(name).length > 0)
      throw new AwsError('BucketNotEmpty', `The bucket ${name} you tried to delete is not empty`, 409);
    for (const { bytes } of this.list(name)) this.bytes -= bytes;
    this.buckets.delete(name);
    this.objects.delete(name);
    rmSync(this.folderOf(name), { recursive: true, force: true });
  }

  bucket(name: string): Bucket | undefined {
    return this.buckets.get(name);
  }

  all(): readonly Bucket[] {
    return this.buckets.all().map(([, bucket]) => bucket);
  }

  /** @throws AwsError */
  known(name: string): Bucket {
    const bucket = this.bucket(name);
    if (bucket) return bucket;
    throw new AwsError('NoSuchBucket', `The specified bucket does not exist: ${name}`, 404);
  }

  /** In the order of the keys' bytes. */
  list(bucket: string): readonly StoredObject[] {
    const objects = [...(this.objects.get(bucket)?.values() ?? [])];
    return objects.sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)));
  }

  object(bucket: string, key: string): StoredObject | undefined {
    return this.objects.get(bucket)?.get(key);
  }

  /** Path of the file that holds an object's content. */
  path(bucket: string, key: string): string {
    return `${this.base(bucket, key)}.content`;
  }

  /** How many bytes one more object may have. */
  get room(): number {
    return Math.min(LARGEST_OBJECT, this.limit - this.bytes);
  }

  /** @param content path of a file, which becomes the object's */
  put(bucket: string, object: StoredObject, content: string): void {
    this.known(bucket);
    if (object.bytes > this.room) throw new AwsError('EntityTooLarge', `All objects here together have at most ${this.limit} bytes.`);
    this.bytes += object.bytes - (this.object(bucket, object.key)?.bytes ?? 0);
    const base = this.base(bucket, object.key);
    renameSync(content, `${base}.content`);
    writeFileSync(`${base}.new`, JSON.stringify(object), { mode: 0o600 });
    renameSync(`${base}.new`, `${base}.json`);
    this.objects.get(bucket)?.set(object.key, object);
  }

  delete(bucket: string, key: string): void {
    const object = this.object(bucket, key);
    if (object === undefined) return;
    this.bytes -= object.bytes;
    this.objects.get(bucket)?.delete(key);
    for (const ending of ['json', 'content']) rmSync(`${this.base(bucket, key)}.${ending}`, { force: true });
  }

  private base(bucket: string, key: string): string {
    return join(this.folderOf(this.known(bucket).name), createHash('sha256').update(key).digest('hex'));
  }

  private folderOf(bucket: string): string {
    return join(this.folder, 'buckets', bucket);
  }

  private load(bucket: string): void {
    const folder = this.folderOf(bucket);
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    const found = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as StoredObject);
    this.objects.set(bucket, new Map(found.map((object) => [object.key, object])));
    for (const { bytes } of found) this.bytes += bytes;
  }
}
