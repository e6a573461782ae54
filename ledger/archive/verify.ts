import type { LedgerRow } from '../row';
import type { AgentKeys } from './agent-keys';
import type { ArchiveBucket, SegmentPlace } from './archive-bucket';
import type { Finding, Findings } from './finding';
import { OldestFirst } from './oldest-first';
import { readAhead } from './read-ahead';
import { imageHash, imageOf, recordOf } from './record';
import { type DifferingRow, differenceOf, newestOf, RowChanges } from './row-changes';
import { Seals } from './seals';
import { segmentKey } from './segment';
import { Verification } from './verification';

/** The ledger's table, as far as it is held against the archive. */
export interface ComparedTable {
  /** Every row, some at a time. */
  pages(): AsyncIterable<readonly LedgerRow[]>;
  row(pk: string): Promise<LedgerRow | undefined>;
}

export interface VerifyOptions {
  /** Oldest change that is of interest, in milliseconds since the epoch; older objects and rows are left out. */
  readonly since?: number;
  /** How long what is on its way to the archive is waited for, in milliseconds. */
  readonly patienceMs: number;
  /** Told how far it has come. */
  readonly tell?: (what: string) => void;
  /** By which what is sealed is read; absent for an archive of before there were any. */
  readonly keys?: Pick<AgentKeys, 'find'> | undefined;
}

export interface Verdict {
  readonly segments: number;
  readonly records: number;
  readonly rows: number;
  /** Rows that nobody has touched since the archive began: it does not know them. */
  readonly earlier: number;
  /** Records whose personal part was shredded; their places in the chain are proven like any other's. */
  readonly shredded: number;
  /** The first 10,000. */
  readonly findings: readonly Finding[];
  /** How many there are beyond. */
  readonly more: number;
}

type VerifiedBucket = Pick<ArchiveBucket, 'read' | 'segment' | 'segments'>;

/** How often is looked again for what is on its way, in milliseconds. */
const LOOK_MS = 500;
/** Objects, and rows, that are read at once. */
const AT_ONCE = 8;

/**
 * Holds the archive against itself, and then the table against the archive. What is written meanwhile is no difference. Neither rows nor records
 * are held in memory, however many there are.
 */
export async function verify(bucket: VerifiedBucket, table: ComparedTable, options: VerifyOptions): Promise<Verdict> {
  const [changes, places] = [new RowChanges(), new OldestFirst()];
  try {
    return await verifyAll(bucket, table, options, changes, places);
  } finally {
    changes.close();
    places.close();
  }
}

async function verifyAll(
  bucket: VerifiedBucket,
  table: ComparedTable,
  { since, patienceMs, tell, keys }: VerifyOptions,
  changes: RowChanges,
  places: OldestFirst,
): Promise<Verdict> {
  // First the table: what stands there now is in the archive, or on its way to it.
  for await (const page of table.pages()) {
    for (const row of page) if (since === undefined || newestOf(row) >= since) changes.addRow(row);
    tell?.(`${changes.rows} rows in the table`);
  }
  const verification = new Verification(since === undefined);
  const { findings } = verification;
  const seals = new Seals(keys, findings);
  const newest = await listSince(bucket, since, places);
  for await (const [place, text] of readAhead(places, AT_ONCE, (place) => textOf(bucket, place))) {
    noteTouch(place, findings);
    for (const placed of verification.read({ number: place.number, text })) {
      await seals.check(placed);
      changes.addChange(placed);
    }
    if (verification.segments % 100 === 0) tell?.(`${verification.records} records in ${verification.segments} objects`);
  }
  const differing = changes.compare(findings, verification.whole, verification.began ?? 0);
  const parts = { bucket, table, verification, seals, next: newest + 1 };
  for (const row of await lookAgain(differing, parts, Date.now() + patienceMs)) findings.add(differenceOf(row) as Finding);
  verification.finish();
  const { rows, earlier } = changes;
  const { segments, records } = verification;
  return { segments, records, rows, earlier, shredded: seals.shredded, findings: findings.first, more: findings.more };
}

/** What was archived is read all the same, but somebody was there. */
function noteTouch({ number, original, touched }: SegmentPlace, findings: Findings): void {
  if (touched === undefined) return;
  const why = `it was ${touched} by somebody; its version ${original}, which is what was archived, is still there`;
  findings.note(touched === 'deleted' ? 'missing' : 'edited', segmentKey(number), why);
}

interface Compared {
  readonly bucket: VerifiedBucket;
  readonly table: ComparedTable;
  readonly verification: Verification;
  readonly seals: Seals;
  /** Number of the object that comes next. */
  next: number;
}

/** What differs is looked at again, on both sides, until it does not or the patience ends. */
async function lookAgain(differing: readonly DifferingRow[], parts: Compared, until: number): Promise<readonly DifferingRow[]> {
  const { table, verification, bucket, seals } = parts;
  let open = differing;
  while (open.length > 0 && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const rows = new Map(open.map((row) => [row.pk, row]));
    for await (const [{ pk, archived }, row] of readAhead(open, AT_ONCE, ({ pk }) => table.row(pk)))
      rows.set(pk, { pk, archived, image: row && imageHash(row) });
    for (let text = await bucket.segment(parts.next); text !== undefined; text = await bucket.segment(parts.next))
      for (const placed of verification.read({ number: parts.next++, text })) {
        await seals.check(placed);
        const { record } = placed;
        const { pk, sequence, at } = record;
        const row = rows.get(pk);
        if (row !== undefined) rows.set(pk, { ...row, archived: { image: imageOf(record), sequence, at } });
      }
    open = [...rows.values()].filter((row) => differenceOf(row) !== undefined);
  }
  return open;
}

/** Collects the objects that hold what is of interest. @returns number of the newest */
async function listSince(bucket: VerifiedBucket, since: number | undefined, places: OldestFirst): Promise<number> {
  let newest = 0;
  for await (const place of bucket.segments()) {
    newest = Math.max(newest, place.number);
    places.add(place);
    if (since !== undefined && (await beginsBefore(bucket, place, since))) break;
  }
  return newest;
}

async function beginsBefore(bucket: VerifiedBucket, place: SegmentPlace, since: number): Promise<boolean> {
  const [first = ''] = (await textOf(bucket, place)).split('\n');
  return (recordOf(first)?.at ?? Number.POSITIVE_INFINITY) < since;
}

async function textOf(bucket: VerifiedBucket, { number, original }: SegmentPlace): Promise<string> {
  return (await bucket.read(segmentKey(number), original)) ?? '';
}
