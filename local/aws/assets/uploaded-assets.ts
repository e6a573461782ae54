import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assets } from '../../assembly/assets';
import type { ImageStore } from '../images/image-store';
import type { ObjectStore, StoredObject } from '../s3/object-store';
import { unzip } from './unzip';

/** An archive with entries, and one without. */
const SIGNATURES = ['504b0304', '504b0506'];

/** An object that a URL of S3, or a name of a bucket and a key, points at. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

/** Assets as the CDK command line has published them, by what templates say of them. */
export class UploadedAssets {
  private readonly unpacking = new Map<string, Promise<string>>();

  /** @param folder of what is unpacked */
  constructor(
    private readonly objects: ObjectStore,
    private readonly images: ImageStore,
    private readonly folder: string,
  ) {}

  /**
   * The assets that a text names, such as a template with its parameters, each of them unpacked.
   * @throws Error for an archive that cannot be unpacked
   */
  async namedIn(text: string): Promise<Assets> {
    const files = new Map<string, string>();
    // What is archived is no asset.
    for (const { name } of this.objects.all().filter(({ objectLock }) => objectLock === undefined)) {
      for (const { key } of this.objects.list(name)) {
        if (text.includes(key)) files.set(key, await this.path({ bucket: name, key }));
      }
    }
    // The longest first, for one key may be the end of another.
    const byLength = [...files].sort(([one], [other]) => other.length - one.length);
    return {
      file: (objectKey) => files.get(objectKey),
      fileNamedIn: (part) => byLength.find(([key]) => part.includes(key))?.[1],
      image: (uri) => this.images.pushed(uri),
    };
  }

  /** Path of an object's content: of a folder for a zip archive, else of a file. */
  path({ bucket, key }: ObjectPlace): Promise<string> {
    const object = this.objects.object(bucket, key);
    if (object === undefined) return Promise.reject(new Error(`There is no object ${key} in the bucket ${bucket}.`));
    const name = createHash('sha256')
      .update(JSON.stringify([bucket, key, object.etag]))
      .digest('hex');
    const path = this.unpacking.get(name) ?? this.unpack(bucket, object, join(this.folder, name));
    this.unpacking.set(name, path);
    // One that failed may succeed when there is room again.
    path.catch(() => this.unpacking.delete(name));
    return path;
  }

  private async unpack(bucket: string, object: StoredObject, folder: string): Promise<string> {
    const archive = this.objects.path(bucket, object);
    if (!(await isArchive(object, archive))) return archive;
    if (
      await stat(folder).then(
        () => true,
        () => false,
      )
    )
      return folder;
    const half = `${folder}-${randomUUID()}`;
    await mkdir(half, { recursive: true, mode: 0o700 });
    try {
      await unzip(archive, half);
      await rename(half, folder);
      return folder;
    } catch (cause) {
      await rm(half, { recursive: true, force: true });
      throw new Error(`The archive ${object.key} cannot be unpacked: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Finds the object that a URL points at: `s3://bucket/key`, or https in either of S3's styles. */
export function placeOf(url: string): ObjectPlace | undefined {
  const [, ofScheme, ofPath] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(url) ?? [];
  if (ofScheme !== undefined && ofPath !== undefined) return { bucket: ofScheme, key: ofPath };
  const [, host = '', path = ''] = /^https?:\/\/([^/?#]+)\/([^?#]+)/.exec(url) ?? [];
  const key = decoded(path);
  if (key === undefined) return undefined;
  const [, ofHost] = /^(.+?)\.(?:s3[.-][\w.-]*amazonaws\.com(?:\.cn)?|localhost)(?::\d+)?$/.exec(host) ?? [];
  if (ofHost !== undefined) return { bucket: ofHost, key };
  if (!/^s3[.-][\w.-]*amazonaws\.com(?:\.cn)?$|^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host)) return undefined;
  const [bucket, rest] = [key.split('/', 1)[0] ?? '', key.slice(key.indexOf('/') + 1)];
  return bucket === key ? undefined : { bucket, key: rest };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path) || undefined;
  } catch {
    return undefined;
  }
}

async function isArchive({ key, headers }: StoredObject, path: string): Promise<boolean> {
  if (!key.endsWith('.zip') && headers['content-type'] !== 'application/zip') return false;
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && SIGNATURES.includes(buffer.toString('hex'));
  } finally {
    await file.close();
  }
}
