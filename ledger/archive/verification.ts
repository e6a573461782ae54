/** Whether the archive is what the archiver has written: its chain whole, each row's changes whole, and all of them the protocol's own. */

import type { LedgerRow } from '../row';
import { type ArchiveRecord, type ChainEnd, GENESIS, imageHash, recordOf } from './record';
import { segmentKey } from './segment';

/** Hash of a record that was damaged. */
const UNKNOWN = '';

/** What is wrong with a record, or a row. */
export type Fault =
  /** It is not there. */
  | 'missing'
  /** It is not as it was written, or none was written so. */
  | 'edited'
  /** It stands before, or behind, its place. */
  | 'reordered'
  /** It stands there once more. */
  | 'duplicated'
  /** It was written past the ledger's protocol. */
  | 'outside'
  /** Table and archive do not say the same. */
  | 'differs';

export interface Finding {
  readonly fault: Fault;
  /** Which record of the chain, or row, and where. */
  readonly what: string;
  readonly why: string;
}

/** An object of the chain. */
export interface Segment {
  readonly number: number;
  readonly text: string;
}

/** What the archive knows of a row. */
export interface ArchivedRow {
  /** {@link imageHash} of it after its newest change; absent where that removed it. */
  readonly image?: string;
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Reads the chain from its oldest object on, and notes what is wrong with it. What is missing behind its last record
 * only the table can tell.
 */
export class Verification {
  readonly findings: Finding[] = [];
  /** By key, as the newest change has left them. */
  readonly rows = new Map<string, ArchivedRow>();
  /** Time of the chain's first record, in milliseconds since the epoch: rows of before it are in the table alone. */
  began: number | undefined;
  records = 0;
  segments = 0;

  private end: ChainEnd | undefined;
  /** Sequences that were passed over; those that turn up later were only moved. */
  private readonly gaps = new Map<number, string>();
  private lastSegment: number | undefined;

  /** @param whole whether the oldest object that is read is the chain's first: then nothing stands before it */
  constructor(private readonly whole: boolean) {
    if (whole) this.end = GENESIS;
  }

  /** Objects come in the order of their numbers. */
  read({ number, text }: Segment): void {
    this.segments++;
    const expected = this.lastSegment === undefined ? (this.whole ? 1 : number) : this.lastSegment + 1;
    for (let absent = expected; absent < number; absent++) this.note('missing', segmentKey(absent), 'there is no such object');
    this.lastSegment = number;
    const lines = text.split('\n');
    if (lines.pop() !== '') this.note('edited', segmentKey(number), 'its last line has no end');
    for (const [at, line] of lines.entries()) this.take(line, `${segmentKey(number)}:${at + 1}`);
  }

  /** Nothing more comes: what was passed over is not there. */
  finish(): void {
    for (const [sequence, place] of this.gaps) this.note('missing', `record ${sequence}`, `it should stand before ${place}`);
    this.gaps.clear();
  }

  private take(line: string, place: string): void {
    this.records++;
    const record = recordOf(line);
    if (record === undefined) this.takeDamaged(place);
    else if (this.end !== undefined && record.sequence <= this.end.sequence) this.takeLate(record, place, this.end);
    else this.takeNext(record, place);
  }

  private takeNext(record: ArchiveRecord, place: string): void {
    const { sequence, previous } = record;
    const what = `record ${sequence} at ${place}`;
    const next = this.end === undefined ? sequence : this.end.sequence + 1;
    for (let passed = next; passed < sequence; passed++) this.gaps.set(passed, place);
    const known = sequence === next ? this.end?.hash : undefined;
    if (known !== undefined && known !== UNKNOWN && known !== previous)
      this.note('edited', `record ${sequence - 1}`, `another one was there when ${what} was written`);
    if (sequence === 1) this.began = record.at;
    this.end = record;
    this.judge(record, what);
    this.follow(record, what);
  }

  /** Its number has been read, or passed over. */
  private takeLate(record: ArchiveRecord, place: string, end: ChainEnd): void {
    const what = `record ${record.sequence} at ${place}`;
    if (this.gaps.delete(record.sequence)) this.note('reordered', what, `it stands behind record ${end.sequence}`);
    else this.note('duplicated', what, 'a record of its number stands before it');
    this.judge(record, what);
  }

  /** It takes the place that was next: what comes behind it is judged by itself. */
  private takeDamaged(place: string): void {
    const sequence = (this.end?.sequence ?? 0) + 1;
    this.note('edited', `record ${sequence} at ${place}`, 'it is not what its hash was made of');
    if (this.end !== undefined) this.end = { sequence, hash: UNKNOWN };
  }

  private judge({ pk, outside }: ArchiveRecord, what: string): void {
    if (outside !== undefined) this.note('outside', `${what}, row ${pk}`, outside);
  }

  /** Each change of a row begins where the one before has left it. */
  private follow({ pk, row, before, sequence, at }: ArchiveRecord, what: string): void {
    const known = this.rows.get(pk);
    if (known !== undefined && known.image !== before)
      this.note('missing', `a change of the row ${pk} before ${what}`, `record ${known.sequence} has left it otherwise`);
    else if (known === undefined && before !== undefined && this.whole)
      this.note('missing', `a change of the row ${pk} before ${what}`, 'the archive does not know how it began');
    this.rows.set(pk, { ...(row !== undefined && { image: imageHash(row) }), sequence, at });
  }

  private note(fault: Fault, what: string, why: string): void {
    this.findings.push({ fault, what, why });
  }
}

/** What table and archive do not say alike of a row; undefined where they do. */
export function differenceOf(pk: string, row: LedgerRow | undefined, archived: ArchivedRow | undefined): Finding | undefined {
  const image = row === undefined ? undefined : imageHash(row);
  if (image === archived?.image) return undefined;
  const what = `row ${pk}`;
  if (archived === undefined) return { fault: 'missing', what, why: 'it stands in the table, and no change of it in the archive' };
  const by = `record ${archived.sequence} of ${new Date(archived.at).toISOString()}`;
  if (image === undefined) return { fault: 'differs', what, why: `${by} has left it in the table, where it is not` };
  if (archived.image === undefined) return { fault: 'differs', what, why: `${by} says that it was removed, and it stands in the table` };
  return { fault: 'differs', what, why: `the table does not have it as ${by} says, the newest of it in the archive` };
}
