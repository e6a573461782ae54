import { referredTo } from '../printing/lines';
import type { LedgerRow } from '../row';
import type { AgentKeys } from './agent-keys';
import type { ArchiveBucket, SegmentPlace } from './archive-bucket';
import { readAhead } from './read-ahead';
import { recordOf } from './record';
import { openedRow, type PlainRow } from './sealed-row';
import { segmentKey } from './segment';

/** Objects that are read at once. */
const AT_ONCE = 8;
/** Most rows that may refer to the call that is looked for; those that are nearest to it are kept. */
const MOST_REFERENCES = 100_000;

export type ReadBucket = Pick<ArchiveBucket, 'segments' | 'read'>;
export type ReadKeys = Pick<AgentKeys, 'find'> | undefined;

export interface ArchivedRowsOptions {
  /** Number of an object: changes behind it only. */
  readonly after?: number;
  /** Which rows are of interest, by what of them is not personal. */
  readonly want?: (row: PlainRow) => boolean;
  /** Told of each object. */
  readonly tell?: () => void;
}

/**
 * Rows that the archive knows, as their newest change has left them, what was removed since included; the one that changed last comes first. Of what
 * is personal in a row whose key is gone stands `shredded` there.
 */
export async function* archivedRows(
  bucket: ReadBucket,
  keys: ReadKeys,
  { after = 0, want = () => true, tell }: ArchivedRowsOptions = {},
): AsyncGenerator<LedgerRow> {
  const seen = new Set<string>();
  const read = ({ number, original }: SegmentPlace) => bucket.read(segmentKey(number), original);
  for await (const [, text = ''] of readAhead(behind(bucket, after), AT_ONCE, read)) {
    tell?.();
    // The newest object comes first, and in it the newest change last.
    for (const line of text.trimEnd().split('\n').reverse()) {
      const record = recordOf(line);
      if (record?.row === undefined || !want(record.row) || seen.has(record.pk)) continue;
      seen.add(record.pk);
      const row = await openedRow(record, keys);
      if (row !== undefined) yield row;
    }
  }
}

/** The calls of a name, and rows that may refer to them; no more is held, however much the archive has. @param name idempotency key or call id */
export async function archivedCalls(name: string, bucket: ReadBucket, keys: ReadKeys, tell?: () => void): Promise<readonly LedgerRow[]> {
  const isNamed = ({ callId, idempotencyKey }: PlainRow): boolean => callId === name || idempotencyKey === name;
  const want = (row: PlainRow): boolean => isNamed(row) || referredTo(row) !== undefined;
  const named: LedgerRow[] = [];
  const references: LedgerRow[] = [];
  for await (const row of archivedRows(bucket, keys, { want, ...(tell && { tell }) })) {
    if (!isNamed(row)) references.push(row);
    else named.push(row);
    if (references.length > 2 * MOST_REFERENCES) references.splice(0, MOST_REFERENCES);
    // A call id is of one call, and who refers to it came later.
    if (row.callId === name) break;
  }
  return [...named, ...references];
}

async function* behind(bucket: ReadBucket, after: number): AsyncGenerator<SegmentPlace> {
  for await (const place of bucket.segments()) {
    if (place.number <= after) return;
    yield place;
  }
}
