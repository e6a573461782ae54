import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AwsError } from '../aws-error';
import { KeptMap } from '../kept-map';
import type { Algorithm } from './checksums';

/** S3's own bound of one upload, in bytes. */
export const LARGEST_OBJECT = 5 * 1024 ** 3;
/** All objects of an account together, in bytes: a laptop's disk has an end. */
const LARGEST_STORE = 20 * 1024 ** 3;
const DAY_MS = 24 * 3_600_000;

/** Until when nobody deletes a version (Object Lock). */
export interface Retention {
  /** What whoever may bypass it can still delete is `GOVERNANCE`; the other nobody can. */
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface ObjectLock {
  /** Of each new version that brings none of its own. */
  readonly retention?: { readonly mode: Retention['mode']; readonly days: number };
}

export interface BucketSettings {
  readonly versioning?: 'Enabled' | 'Suspended';
  readonly objectLock?: ObjectLock;
  /** Assets are published in it: no program has anything to do there. */
  readonly assets?: true;
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
  /** Absent where the bucket keeps none. Later ones come behind, in the order of texts. */
  readonly versionId?: string;
  readonly retention?: Retention;
  /** Stands for the object that was deleted; there is no content. */
  readonly deleteMarker?: true;
}

/**
 * Buckets and their objects, on disk in one folder. A key is nobody's path: an object's file goes by the key's hash, so that
 * `../` and the like are characters like any others.
 */
export class ObjectStore {
  private readonly buckets: KeptMap<Bucket>;
  /** The versions of each key, oldest first. */
  private readonly objects = new Map<string, Map<string, readonly StoredObject[]>>();
  private bytes = 0;
  private made = 0;

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
    const all = [...(this.objects.get(name)?.values() ?? [])].flat();
    if (!force && all.length > 0) throw new AwsError('BucketNotEmpty', `The bucket ${name} you tried to delete is not empty`, 409);
    for (const { bytes } of all) this.bytes -= bytes;
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
    const newest = [...(this.objects.get(bucket)?.values() ?? [])].map((versions) => versions.at(-1));
    const objects = newest.filter((object) => object !== undefined && object.deleteMarker !== true) as StoredObject[];
    return objects.sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)));
  }

  /** Every version, by the keys' bytes and then the newest first. */
  versions(bucket: string): readonly (StoredObject & { readonly isLatest: boolean })[] {
    const keys = [...(this.objects.get(bucket) ?? [])].sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    return keys.flatMap(([, versions]) => versions.map((version, at) => ({ ...version, isLatest: at === versions.length - 1 })).reverse());
  }

  /** @param versionId absent for the newest, which is none where it was deleted */
  object(bucket: string, key: string, versionId?: string): StoredObject | undefined {
    const versions = this.objects.get(bucket)?.get(key) ?? [];
    if (versionId !== undefined) return versions.find((version) => version.versionId === versionId);
    const newest = versions.at(-1);
    return newest?.deleteMarker === true ? undefined : newest;
  }

  /** Path of the file that holds an object's content. */
  path(bucket: string, object: Pick<StoredObject, 'key' | 'versionId'>): string {
    return `${this.base(bucket, object)}.content`;
  }

  /** How many bytes one more object may have. */
  get room(): number {
    return Math.min(LARGEST_OBJECT, this.limit - this.bytes);
  }

  /** @param content path of a file, which becomes the object's */
  put(bucket: string, given: StoredObject, content: string): StoredObject {
    const object = this.versioned(bucket, given);
    if (object.bytes > this.room) throw new AwsError('EntityTooLarge', `All objects here together have at most ${this.limit} bytes.`);
    renameSync(content, this.path(bucket, object));
    this.keep(bucket, object);
    return object;
  }

  /** A bucket that keeps versions keeps them, and gets a marker, which is returned. */
  delete(bucket: string, key: string): StoredObject | undefined {
    if (this.known(bucket).versioning === undefined) return void this.remove(bucket, this.object(bucket, key));
    const marker = this.versioned(bucket, { key, bytes: 0, etag: '', changedAt: Date.now(), headers: {}, deleteMarker: true });
    this.keep(bucket, marker);
    return marker;
  }

  /** @throws AwsError where it is retained */
  deleteVersion(bucket: string, key: string, versionId: string, { bypassGovernance = false } = {}): void {
    const version = this.object(bucket, key, versionId);
    const { mode, until = 0 } = version?.retention ?? {};
    if (until > Date.now() && !(mode === 'GOVERNANCE' && bypassGovernance))
      throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
    this.remove(bucket, version);
  }

  private remove(bucket: string, object: StoredObject | undefined): void {
    if (object === undefined) return;
    this.bytes -= object.bytes;
    const versions =
      this.objects
        .get(bucket)
        ?.get(object.key)
        ?.filter((version) => version !== object) ?? [];
    if (versions.length === 0) this.objects.get(bucket)?.delete(object.key);
    else this.objects.get(bucket)?.set(object.key, versions);
    for (const ending of ['json', 'content']) rmSync(`${this.base(bucket, object)}.${ending}`, { force: true });
  }

  private versioned(bucket: string, object: StoredObject): StoredObject {
    const { versioning, objectLock } = this.known(bucket);
    if (versioning !== 'Enabled') return object;
    const versionId = [Date.now().toString(36), (++this.made).toString(36).padStart(7, '0'), randomBytes(8).toString('hex')].join('');
    const { mode, days = 0 } = objectLock?.retention ?? {};
    const byDefault = mode && !object.deleteMarker ? { retention: { mode, until: object.changedAt + days * DAY_MS } } : {};
    return { ...byDefault, ...object, versionId };
  }

  /** One without a version takes the place of the one before. */
  private keep(bucket: string, object: StoredObject): void {
    const before = this.objects.get(bucket)?.get(object.key) ?? [];
    const stays = before.filter(({ versionId }) => versionId !== object.versionId);
    for (const { bytes } of before.filter((version) => !stays.includes(version))) this.bytes -= bytes;
    this.bytes += object.bytes;
    const base = this.base(bucket, object);
    writeFileSync(`${base}.new`, JSON.stringify(object), { mode: 0o600 });
    renameSync(`${base}.new`, `${base}.json`);
    this.objects.get(bucket)?.set(object.key, [...stays, object]);
  }

  private base(bucket: string, { key, versionId }: Pick<StoredObject, 'key' | 'versionId'>): string {
    const name = versionId === undefined ? key : `${key}\0${versionId}`;
    return join(this.folderOf(this.known(bucket).name), createHash('sha256').update(name).digest('hex'));
  }

  private folderOf(bucket: string): string {
    return join(this.folder, 'buckets', bucket);
  }

  private load(bucket: string): void {
    const folder = this.folderOf(bucket);
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    const found = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as StoredObject);
    const inOrder = found.sort((one, other) => ((one.versionId ?? '') < (other.versionId ?? '') ? -1 : 1));
    this.objects.set(bucket, byKey(inOrder));
    for (const { bytes } of found) this.bytes += bytes;
  }
}

function byKey(objects: readonly StoredObject[]): Map<string, readonly StoredObject[]> {
  const groups = new Map<string, readonly StoredObject[]>();
  for (const object of objects) groups.set(object.key, [...(groups.get(object.key) ?? []), object]);
  return groups;
}
