/** Whether the chain of the archive is what the archiver has written. */

import { Findings } from './finding';
import { Gaps } from './gaps';
import { type ArchiveRecord, type ChainEnd, GENESIS, recordOf } from './record';
import { segmentKey } from './segment';

/** Hash of a record that was damaged. */
const UNKNOWN = '';

/** An object of the chain. */
export interface Segment {
  readonly number: number;
  readonly text: string;
}

/** A record that stands in its place. */
export interface PlacedRecord {
  readonly record: ArchiveRecord;
  /** Which one, and where, in words. */
  readonly what: string;
}

/**
 * Reads the chain from its oldest object on, and notes what is wrong with it. It holds nothing of what it has read but its end. What is missing
 * behind its last record only the table can tell.
 */
export class Verification {
  readonly findings = new Findings();
  /** Time of the chain's first record, in milliseconds since the epoch: rows of before it are in the table alone. */
  began: number | undefined;
  records = 0;
  segments = 0;

  private end: ChainEnd | undefined;
  private readonly gaps = new Gaps();
  private lastSegment: number | undefined;

  /** @param whole whether the oldest object that is read is the chain's first: then nothing stands before it */
  constructor(readonly whole: boolean) {
    if (whole) this.end = GENESIS;
  }

  /** Objects come in the order of their numbers. Returns the records that stand in their places. */
  read({ number, text }: Segment): readonly PlacedRecord[] {
    this.segments++;
    const expected = this.lastSegment === undefined ? (this.whole ? 1 : number) : this.lastSegment + 1;
    if (expected < number) this.findings.note('missing', rangeOf(segmentKey(expected), segmentKey(number - 1)), 'there is no such object');
    this.lastSegment = number;
    const lines = text.split('\n');
    if (lines.pop() !== '') this.findings.note('edited', segmentKey(number), 'its last line has no end');
    return lines.flatMap((line, at) => this.take(line, `${segmentKey(number)}:${at + 1}`) ?? []);
  }

  /** Nothing more comes: what was passed over is not there. */
  finish(): void {
    for (const { from, to, place } of this.gaps.take()) {
      const records = from === to ? `record ${from}` : `records ${from} to ${to}`;
      this.findings.note('missing', records, `${from === to ? 'it' : 'they'} should stand before ${place}`);
    }
  }

  private take(line: string, place: string): PlacedRecord | undefined {
    this.records++;
    const record = recordOf(line);
    if (record === undefined) this.takeDamaged(place);
    else if (this.end === undefined || record.sequence > this.end.sequence) return this.takeNext(record, place);
    else this.takeLate(record, place, this.end);
    return undefined;
  }

  private takeNext(record: ArchiveRecord, place: string): PlacedRecord {
    const { sequence, previous } = record;
    const what = `record ${sequence} at ${place}`;
    const next = this.end === undefined ? sequence : this.end.sequence + 1;
    this.gaps.pass(next, sequence - 1, place);
    const known = sequence === next ? this.end?.hash : undefined;
    if (known !== undefined && known !== UNKNOWN && known !== previous)
      this.findings.note('edited', `record ${sequence - 1}`, `another one was there when ${what} was written`);
    if (sequence === 1) this.began = record.at;
    this.end = { sequence, hash: record.hash };
    this.judge(record, what);
    return { record, what };
  }

  /** Its number has been read, or passed over. */
  private takeLate(record: ArchiveRecord, place: string, end: ChainEnd): void {
    const what = `record ${record.sequence} at ${place}`;
    if (this.gaps.close(record.sequence)) this.findings.note('reordered', what, `it stands behind record ${end.sequence}`);
    else this.findings.note('duplicated', what, 'a record of its number stands before it');
    this.judge(record, what);
  }

  /** It takes the place that was next: what comes behind it is judged by itself. */
  private takeDamaged(place: string): void {
    const sequence = (this.end?.sequence ?? 0) + 1;
    this.findings.note('edited', `record ${sequence} at ${place}`, 'it is not what its hash was made of');
    if (this.end !== undefined) this.end = { sequence, hash: UNKNOWN };
  }

  private judge({ pk, outside }: ArchiveRecord, what: string): void {
    if (outside !== undefined) this.findings.note('outside', `${what}, row ${pk}`, outside);
  }
}

function rangeOf(first: string, last: string): string {
  return first === last ? first : `${first} to ${last}`;
}
