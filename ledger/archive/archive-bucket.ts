import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { SEGMENT_PREFIX, segmentKey, segmentNumber } from './segment';

/** An object of the chain. */
export interface SegmentPlace {
  readonly number: number;
  /** The version that was put first. Nobody can change it, or delete it while it is retained; it alone is what was archived. */
  readonly original: string;
  /** What somebody has done to it since: the archiver puts each object once, and deletes none. */
  readonly touched?: 'written over' | 'deleted';
}

/** The bucket of the archive. Whoever writes a key that is taken is told so, and nothing is ever written over. Errors are the client's. */
export class ArchiveBucket {
  constructor(
    private readonly client: S3Client,
    private readonly name: string,
  ) {}

  /** False where something stands there already. */
  async putOnce(key: string, text: string): Promise<boolean> {
    const ContentType = key.endsWith('.jsonl') ? 'application/x-ndjson' : 'application/json';
    const input = { Bucket: this.name, Key: key, Body: text, ContentType, IfNoneMatch: '*' };
    try {
      await this.client.send(new PutObjectCommand(input));
      return true;
    } catch (error) {
      // The other one is of two that come at once (S3 User Guide, "How to prevent object overwrites with conditional writes").
      if (['PreconditionFailed', 'ConditionalRequestConflict'].includes((error as Error).name)) return false;
      throw error;
    }
  }

  /** Undefined where nothing stands there. @param version absent for the newest */
  async read(key: string, version?: string): Promise<string | undefined> {
    try {
      const input = { Bucket: this.name, Key: key, ...(version !== undefined && { VersionId: version }) };
      const { Body } = await this.client.send(new GetObjectCommand(input));
      return (await Body?.transformToString()) ?? '';
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  /** What was archived under a number, whatever was done to it since; undefined where nothing was. */
  async segment(number: number): Promise<string | undefined> {
    for await (const { original } of this.segments(segmentKey(number))) return this.read(segmentKey(number), original);
    return undefined;
  }

  /** Number of the newest object of the chain; 0 where there is none. */
  async newest(): Promise<number> {
    for await (const { number } of this.segments()) return number;
    return 0;
  }

  /** The objects of the chain, the newest first. */
  async *segments(prefix = SEGMENT_PREFIX): AsyncGenerator<SegmentPlace> {
    // The versions of a key may go on in the next page.
    let open: Versions | undefined;
    for await (const page of this.pages(prefix)) {
      for (const { key, ids, deleted } of versionsIn(page)) {
        if (open?.key === key) open = { key, ids: [...open.ids, ...ids], deleted: open.deleted || deleted };
        else {
          yield* placeOf(open);
          open = { key, ids, deleted };
        }
      }
    }
    yield* placeOf(open);
  }

  private async *pages(Prefix: string): AsyncGenerator<ListObjectVersionsCommandOutput> {
    let from: object | undefined = {};
    while (from !== undefined) {
      const input = { Bucket: this.name, Prefix, ...from };
      const page: ListObjectVersionsCommandOutput = await this.client.send(new ListObjectVersionsCommand(input));
      yield page;
      from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
    }
  }
}

interface Versions {
  readonly key: string;
  /** Of its contents, the newest first. */
  readonly ids: readonly string[];
  readonly deleted: boolean;
}

/** By key, in the order of the listing. */
function versionsIn({ Versions = [], DeleteMarkers = [] }: ListObjectVersionsCommandOutput): readonly Versions[] {
  const keys = new Set([...Versions, ...DeleteMarkers].map(({ Key = '' }) => Key));
  const byKey = new Map<string, Versions>([...keys].sort().map((key) => [key, { key, ids: [], deleted: false }]));
  const change = (key: string, change: (versions: Versions) => Partial<Versions>): void => {
    const versions = byKey.get(key) as Versions;
    byKey.set(key, { ...versions, ...change(versions) });
  };
  for (const { Key = '', VersionId = '' } of Versions) change(Key, ({ ids }) => ({ ids: [...ids, VersionId] }));
  for (const { Key = '', IsLatest = false } of DeleteMarkers) if (IsLatest) change(Key, () => ({ deleted: true }));
  return [...byKey.values()];
}

function* placeOf(versions: Versions | undefined): Generator<SegmentPlace> {
  const number = segmentNumber(versions?.key ?? '');
  const original = versions?.ids.at(-1);
  if (versions === undefined || number === undefined || original === undefined) return;
  const touched = versions.deleted ? 'deleted' : versions.ids.length > 1 ? 'written over' : undefined;
  yield { number, original, ...(touched !== undefined && { touched }) };
}
