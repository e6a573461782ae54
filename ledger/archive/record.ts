/** One record of the archive: one change of one row, chained to the record before it by that one's hash. */

import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { requireKnown } from '../../core/formats';
import type { LedgerRow } from '../row';
import type { PlainRow, SealedPart } from './sealed-row';

/** What a stream of DynamoDB says of a change (DynamoDB Streams API, Record). */
export type ChangeKind = 'INSERT' | 'MODIFY' | 'REMOVE';

/** A change as it came from the stream, before it has a place in the chain. */
export interface Change {
  readonly event: ChangeKind;
  /** Unique among all changes of all tables. */
  readonly eventId: string;
  /** The shard's own number of it; later changes of a row have larger ones. */
  readonly shardSequence: string;
  /** Milliseconds since the epoch, by the table's clock. */
  readonly at: number;
  readonly pk: string;
  /** The row as it then was; absent where it was removed. */
  readonly row?: LedgerRow;
  /** {@link imageHash} of the row before; absent where there was none. */
  readonly before?: string;
  /** It was removed because its time to live had ended. */
  readonly expired?: true;
  /** Why the ledger's protocol does not allow the change; absent where it does. */
  readonly outside?: string;
}

/** A change as the archive keeps it. */
export interface ArchivedChange extends Omit<Change, 'row'> {
  /** What of the row is not personal; the whole row in records of before there were keys of agents. */
  readonly row?: PlainRow;
  /** The rest of it; absent where the row is whole, or was removed. */
  readonly sealed?: SealedPart;
  /** {@link imageHash} of the whole row; absent where the row is whole, or was removed. */
  readonly image?: string;
}

export interface ArchiveRecord extends ArchivedChange {
  /** Its place in the chain: 1, 2, 3, … without gaps. */
  readonly sequence: number;
  /** Hash of the record before; {@link GENESIS} for the first. */
  readonly previous: string;
  /** SHA-256 of the canonical JSON (RFC 8785) of all other members, in hex. */
  readonly hash: string;
}

/** Where a chain goes on. */
export type ChainEnd = Pick<ArchiveRecord, 'sequence' | 'hash'>;

/** What stands before the first record. */
export const GENESIS: ChainEnd = { sequence: 0, hash: '0'.repeat(64) };

/** Gives changes their places behind the end of a chain, in their order. */
export function chained(end: ChainEnd, changes: readonly ArchivedChange[]): readonly ArchiveRecord[] {
  let last = end;
  return changes.map((change) => {
    const body = { ...change, sequence: last.sequence + 1, previous: last.hash };
    const record = { ...body, hash: sha256(canonical(body)) };
    last = record;
    return record;
  });
}

/**
 * Hash of a row, by which two images of it are compared. It tells nothing of a row that cannot be read any more: its fence, which is random
 * and sealed with the rest, is in the hash.
 */
export function imageHash(row: object): string {
  return sha256(canonical(row));
}

/** {@link imageHash} of the row that a record has left; undefined where it has removed it. */
export function imageOf({ row, image }: Pick<ArchivedChange, 'row' | 'image'>): string | undefined {
  return image ?? (row === undefined ? undefined : imageHash(row));
}

/** Records as the lines of an object. */
export function linesOf(records: readonly ArchiveRecord[]): string {
  return records.map((record) => `${canonical(record)}\n`).join('');
}

/**
 * The record that a line holds; undefined for one that is not, byte for byte, what its hash was made of.
 * @throws UnknownFormatError for one that a later version has written in a way of its own
 */
export function recordOf(line: string): ArchiveRecord | undefined {
  const record = wholeRecord(line);
  return record && requireKnown('archiveRecord', record);
}

function wholeRecord(line: string): ArchiveRecord | undefined {
  try {
    const record = JSON.parse(line) as ArchiveRecord;
    // In canonical JSON no object stands before this member, and within texts quotes are escaped: it is the first one of its name.
    const body = line.replace(`"hash":"${record.hash}",`, '');
    return Number.isSafeInteger(record.sequence) && sha256(body) === record.hash ? record : undefined;
  } catch {
    return undefined;
  }
}

function canonical(value: object): string {
  return canonicalize(value) as string;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
