import type { ArchiveBucket } from '../ledger/archive/archive-bucket';
import { type ArchivedChange, type ArchiveRecord, type ChainEnd, chained, GENESIS, linesOf, recordOf } from '../ledger/archive/record';
import { receiptKey, segmentKey } from '../ledger/archive/segment';

/** What the archiver needs of its bucket. */
export type ChainBucket = Pick<ArchiveBucket, 'putOnce' | 'read' | 'segment' | 'newest'>;

/** The end of an object of the chain: its number, and the record with which it ends. */
interface End extends ChainEnd {
  readonly segment: number;
}

/** Says of a batch that it was begun. */
interface Receipt {
  /** Number of the first object in which it can stand. */
  readonly from: number;
}

/**
 * Appends batches of changes to the chain, each as one object, each once however often it comes. S3 decides which object is the next: of
 * several writers one gets the number, and the others go on behind it. A batch that comes again begins with the same change (a stream
 * is read on from the first that was not taken), and its receipt says from where on it is looked for.
 */
export class ArchiveWriter {
  /** As this writer has seen it last; others may have gone on. */
  private end: End | undefined;

  constructor(private readonly bucket: ChainBucket) {}

  /** How many of the changes were appended; those that stand there already are not. */
  async append(changes: readonly ArchivedChange[]): Promise<number> {
    const [first] = changes;
    if (first === undefined) return 0;
    const { from } = await this.begin(first);
    for (let end = await this.endOf(from - 1); ; ) {
      if ((await this.bucket.read(segmentKey(end.segment + 1))) === undefined) {
        if (await this.put(changes, end)) return changes.length;
        continue;
      }
      const records = await this.recordsIn(end.segment + 1);
      // What comes behind the part that stands there is a batch of its own.
      if (records[0]?.eventId === first.eventId) return this.append(changes.slice(records.length));
      end = { ...(records.at(-1) as ArchiveRecord), segment: end.segment + 1 };
    }
  }

  /** False where somebody else has got the number. */
  private async put(changes: readonly ArchivedChange[], { segment, ...end }: End): Promise<boolean> {
    const records = chained(end, changes);
    if (!(await this.bucket.putOnce(segmentKey(segment + 1), linesOf(records)))) return false;
    this.end = { ...(records.at(-1) as ArchiveRecord), segment: segment + 1 };
    return true;
  }

  private async begin({ eventId }: ArchivedChange): Promise<Receipt> {
    const from = (this.end?.segment ?? (await this.bucket.newest())) + 1;
    const key = receiptKey(eventId);
    if (await this.bucket.putOnce(key, JSON.stringify({ from }))) return { from };
    return JSON.parse((await this.bucket.read(key)) ?? '') as Receipt;
  }

  private async endOf(segment: number): Promise<End> {
    if (segment === 0) return { ...GENESIS, segment };
    if (this.end?.segment === segment) return this.end;
    return { ...((await this.recordsIn(segment)).at(-1) as ArchiveRecord), segment };
  }

  /** @throws Error for an object that is no part of a chain: nothing is appended to what cannot be read */
  private async recordsIn(segment: number): Promise<readonly ArchiveRecord[]> {
    const records = ((await this.bucket.segment(segment)) ?? '').trimEnd().split('\n').map(recordOf);
    if (records.every((record) => record !== undefined)) return records;
    throw new Error(`${segmentKey(segment)} of the archive is missing or damaged: mcp-fleet ledger verify tells more`);
  }
}
