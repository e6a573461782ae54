import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../aws-error';
import type { ObjectStore, StoredObject } from './object-store';
import type { Received } from './receive';

/** Uploads that nobody completes hold disk; there are at most so many at a time. */
const MOST_UPLOADS = 100;
const MOST_PARTS = 10_000;

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, Received>;
}

/** What CompleteMultipartUpload says of a part. */
export interface NamedPart {
  readonly number: number;
  readonly etag: string;
}

/** Objects that come in parts (multipart upload). */
export class Uploads {
  private readonly uploads = new Map<string, Upload>();

  constructor(private readonly store: ObjectStore) {}

  begin(bucket: string, key: string, headers: Readonly<Record<string, string>>): string {
    if (this.uploads.size >= MOST_UPLOADS)
      throw new AwsError('SlowDown', `There are ${MOST_UPLOADS} uploads that were not completed.`, 503);
    const id = randomUUID();
    this.uploads.set(id, { bucket, key, headers, parts: new Map() });
    return id;
  }

  /** How many bytes one more part may have. */
  get room(): number {
    const open = [...this.uploads.values()].flatMap(({ parts }) => [...parts.values()]);
    return Math.max(0, this.store.room - open.reduce((sum, { bytes }) => sum + bytes, 0));
  }

  /** @throws AwsError */
  known(id: string, bucket: string, key: string): Upload {
    const upload = this.uploads.get(id);
    if (upload?.bucket === bucket && upload.key === key) return upload;
    throw new AwsError('NoSuchUpload', 'The specified multipart upload does not exist.', 404);
  }

  async addPart(id: string, upload: Upload, number: number, part: Received): Promise<void> {
    if (!this.uploads.has(id)) {
      // It was completed, or given up, while this part was on its way.
      await rm(part.path, { force: true });
      this.known(id, upload.bucket, upload.key);
    }
    const before = upload.parts.get(number);
    upload.parts.set(number, part);
    if (before) await rm(before.path, { force: true });
  }

  /** Makes the object of its parts, in their order. */
  async complete(id: string, upload: Upload, named: readonly NamedPart[]): Promise<StoredObject> {
    const parts = named.map(({ number, etag }, index) => {
      if (index > 0 && number <= (named[index - 1]?.number ?? 0))
        throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
      const part = upload.parts.get(number);
      if (part?.md5 === etag.replaceAll('"', '')) return part;
      throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found, or its ETag is another.');
    });
    if (parts.length === 0) throw new AwsError('MalformedXML', 'There are no parts.');
    const path = join(this.store.incoming, `whole-${randomUUID()}`);
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    try {
      await pipeline(contentOf(parts), createWriteStream(path, { flags: 'wx', mode: 0o600 }));
      const hash = createHash('md5');
      for (const { md5 } of parts) hash.update(md5, 'hex');
      const { bucket, key, headers } = upload;
      const object = { key, headers, bytes, etag: `"${hash.digest('hex')}-${parts.length}"`, changedAt: Date.now() };
      this.store.put(bucket, object, path);
      await this.abort(id, upload);
      return object;
    } finally {
      await rm(path, { force: true });
    }
  }

  async abort(id: string, upload: Upload): Promise<void> {
    this.uploads.delete(id);
    for (const { path } of upload.parts.values()) await rm(path, { force: true });
  }
}

export function partNumber(text: string | null): number {
  const number = Number(text);
  if (/^\d{1,5}$/.test(text ?? '') && number >= 1 && number <= MOST_PARTS) return number;
  throw new AwsError('InvalidArgument', `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
}

async function* contentOf(parts: readonly Received[]): AsyncGenerator<Buffer> {
  for (const { path } of parts) yield* createReadStream(path) as AsyncIterable<Buffer>;
}
