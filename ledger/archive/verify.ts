import type { LedgerRow } from '../row';
import type { ArchiveBucket, SegmentPlace } from './archive-bucket';
import { recordOf } from './record';
import { segmentKey } from './segment';
import { differenceOf, type Finding, Verification } from './verification';

/** The ledger's table, as far as it is held against the archive. */
export interface ComparedTable {
  /** Every row. */
  rows(): Promise<readonly LedgerRow[]>;
  row(pk: string): Promise<LedgerRow | undefined>;
}

export interface VerifyOptions {
  /** Oldest change that is of interest, in milliseconds since the epoch; older objects and rows are left out. */
  readonly since?: number;
  /** How long what is on its way to the archive is waited for, in milliseconds. */
  readonly patienceMs: number;
  /** Told how far it has come. */
  readonly tell?: (what: string) => void;
}

export interface Verdict {
  readonly segments: number;
  readonly records: number;
  readonly rows: number;
  /** Rows that nobody has touched since the archive began: it does not know them. */
  readonly earlier: number;
  readonly findings: readonly Finding[];
}

type VerifiedBucket = Pick<ArchiveBucket, 'read' | 'segment' | 'segments'>;

/** How often is looked again for what is on its way, in milliseconds. */
const LOOK_MS = 500;

/** Holds the archive against itself, and then the table against the archive. What is written meanwhile is no difference. */
export async function verify(bucket: VerifiedBucket, table: ComparedTable, options: VerifyOptions): Promise<Verdict> {
  const { since, patienceMs, tell } = options;
  // First the table: what stands there now is in the archive, or on its way to it.
  const rows = (await table.rows()).filter((row) => since === undefined || newestOf(row) >= since);
  tell?.(`${rows.length} rows in the table`);
  const places = await placesSince(bucket, since);
  const verification = new Verification(since === undefined);
  for (const { number, original } of places) {
    verification.read({ number, text: await textOf(bucket, { number, original }) });
    if (verification.segments % 100 === 0) tell?.(`${verification.records} records in ${verification.segments} objects`);
  }
  const { began = 0 } = verification;
  const known = rows.filter((row) => verification.rows.has(row.pk) || newestOf(row) >= began);
  const parts = { bucket, table, verification, next: (places.at(-1)?.number ?? 0) + 1 };
  const differences = await compare(known, parts, Date.now() + patienceMs);
  verification.finish();
  const { segments, records, findings } = verification;
  return {
    segments,
    records,
    rows: rows.length,
    earlier: rows.length - known.length,
    findings: [...places.flatMap(touchOf), ...findings, ...differences],
  };
}

/** What was archived is read all the same, but somebody was there. */
function touchOf({ number, original, touched }: SegmentPlace): readonly Finding[] {
  if (touched === undefined) return [];
  const why = `it was ${touched} by somebody; its version ${original}, which is what was archived, is still there`;
  return [{ fault: touched === 'deleted' ? 'missing' : 'edited', what: segmentKey(number), why }];
}

interface Compared {
  readonly bucket: VerifiedBucket;
  readonly table: ComparedTable;
  readonly verification: Verification;
  /** Number of the object that comes next. */
  next: number;
}

/** What differs is looked at again, on both sides, until it does not or the patience ends. */
async function compare(rows: readonly LedgerRow[], parts: Compared, until: number): Promise<readonly Finding[]> {
  const { table, verification, bucket } = parts;
  const standing = new Map(rows.map((row) => [row.pk, row as LedgerRow | undefined]));
  for (const pk of verification.rows.keys()) if (!standing.has(pk)) standing.set(pk, undefined);
  let open = [...standing];
  for (;;) {
    const differing = open.filter(([pk, row]) => differenceOf(pk, row, verification.rows.get(pk)) !== undefined);
    if (differing.length === 0 || Date.now() >= until)
      return differing.map(([pk, row]) => differenceOf(pk, row, verification.rows.get(pk)) as Finding);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    open = await Promise.all(differing.map(async ([pk]) => [pk, await table.row(pk)] as [string, LedgerRow | undefined]));
    for (let text = await bucket.segment(parts.next); text !== undefined; text = await bucket.segment(parts.next))
      verification.read({ number: parts.next++, text });
  }
}

/** The objects that hold what is of interest, the oldest first. */
async function placesSince(bucket: VerifiedBucket, since: number | undefined): Promise<readonly SegmentPlace[]> {
  const places: SegmentPlace[] = [];
  for await (const place of bucket.segments()) {
    places.push(place);
    if (since !== undefined && (await beginsBefore(bucket, place, since))) break;
  }
  return places.reverse();
}

async function beginsBefore(bucket: VerifiedBucket, place: SegmentPlace, since: number): Promise<boolean> {
  const [first = ''] = (await textOf(bucket, place)).split('\n');
  return (recordOf(first)?.at ?? Number.POSITIVE_INFINITY) < since;
}

async function textOf(bucket: VerifiedBucket, { number, original }: SegmentPlace): Promise<string> {
  return (await bucket.read(segmentKey(number), original)) ?? '';
}

function newestOf({ history, claimedAt }: LedgerRow): number {
  return history?.at(-1)?.at ?? claimedAt;
}
