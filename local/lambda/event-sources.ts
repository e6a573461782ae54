import { setTimeout as pause } from 'node:timers/promises';
import { KeptMap } from '../aws/kept-map';
import type { StreamRecord, StreamsClient } from '../dynamodb/streams-client';
import type { LocalFunction } from './local-function';

/** How often a shard is asked for records (Lambda Developer Guide, "Process DynamoDB records with Lambda"), in milliseconds. */
const POLL_MS = 250;
/** The first wait after a failed batch, which doubles up to the last one, in milliseconds. */
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 10_000;

/** AWS::Lambda::EventSourceMapping of a table's stream. */
export interface EventSource {
  readonly table: string;
  /** Of the stream. */
  readonly arn: string;
  readonly region: string;
  readonly from: 'TRIM_HORIZON' | 'LATEST';
  readonly batchSize: number;
  /** How long a batch that is not full waits for more. */
  readonly windowMs: number;
  /** Batches of one shard at a time; those of one item come one after the other. */
  readonly parallelization: number;
  readonly bisects: boolean;
  readonly reportsFailures: boolean;
  /** After the first one; absent: without end. */
  readonly retries?: number;
  /** Absent: without end. */
  readonly oldestMs?: number;
  /** Whether the function's role lets Lambda read for it. */
  readonly mayRead: () => boolean;
  /** The function as it is then. */
  readonly fn: () => LocalFunction | undefined;
  /** Told of records that are given up. */
  readonly tell: (what: string) => void;
}

/** The streams that functions read. What a function has taken is not kept: nobody else reads it here. */
export class EventSources {
  private readonly positions: KeptMap<string>;
  private readonly readers = new Map<string, Reader>();

  /** @param file in which is kept how far each has read; in memory alone when absent */
  constructor(
    private readonly streams: StreamsClient,
    private readonly trim: (table: string, upTo: string) => void,
    file?: string,
  ) {
    this.positions = new KeptMap(file);
  }

  set(id: string, source: EventSource): void {
    this.stop(id);
    const place = {
      get: () => this.positions.get(id),
      set: (sequence: string) => {
        this.positions.set(id, sequence);
        this.trim(source.table, sequence);
      },
    };
    this.readers.set(id, new Reader(source, this.streams, place));
  }

  /** What it had not read yet, nobody reads. */
  remove(id: string): void {
    this.stop(id);
    this.positions.delete(id);
  }

  stop(id?: string): void {
    for (const each of id === undefined ? [...this.readers.keys()] : [id]) {
      this.readers.get(each)?.stop();
      this.readers.delete(each);
    }
  }
}

/** How far a reader has come: the sequence number of the last record that its function has taken. */
interface Place {
  get(): string | undefined;
  set(sequence: string): void;
}

class Reader {
  private readonly ending = new AbortController();

  constructor(
    private readonly source: EventSource,
    private readonly streams: StreamsClient,
    private readonly place: Place,
  ) {
    void this.run();
  }

  /** At once; a batch that is under way is read again by who comes next. */
  stop(): void {
    this.ending.abort();
  }

  private get stopped(): boolean {
    return this.ending.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        const records = await this.gather();
        const last = records.at(-1);
        if (last === undefined) {
          await this.wait(POLL_MS);
          continue;
        }
        await Promise.all(this.lanesOf(records).map((lane) => this.deliver(lane)));
        if (!this.stopped) this.place.set(last.dynamodb.SequenceNumber);
      } catch {
        // The tables end before their readers do, or the wait was ended.
        if (!this.stopped) await this.wait(POLL_MS).catch(() => undefined);
      }
    }
  }

  /** The next batch for each lane. */
  private async gather(): Promise<readonly StreamRecord[]> {
    const { table, batchSize, parallelization, windowMs, from } = this.source;
    if (!this.source.mayRead()) return [];
    if (this.place.get() === undefined && from === 'LATEST') this.place.set(await this.streams.newest(table));
    const most = batchSize * parallelization;
    const records = await this.streams.recordsAfter(table, this.place.get(), most);
    if (records.length === 0 || records.length >= most || windowMs === 0) return records;
    await this.wait(windowMs);
    return await this.streams.recordsAfter(table, this.place.get(), most);
  }

  private lanesOf(records: readonly StreamRecord[]): readonly (readonly StreamRecord[])[] {
    const lanes = Array.from({ length: this.source.parallelization }, (): StreamRecord[] => []);
    for (const record of records) lanes[laneOf(record, lanes.length)]?.push(record);
    return lanes.filter((lane) => lane.length > 0);
  }

  /** Until each record is taken, or given up. @param failures in a row, of a batch that begins with the same record */
  private async deliver(records: readonly StreamRecord[], failures = 0): Promise<void> {
    if (records.length === 0 || this.stopped) return;
    const taken = await this.invoke(records);
    if (taken > 0) return this.deliver(records.slice(taken));
    if (this.isGivenUp(records[0] as StreamRecord, failures))
      return this.source.tell(`${records.length} records of ${this.source.table} were given up after ${failures + 1} attempts`);
    await this.wait(Math.min(FIRST_WAIT_MS * 2 ** failures, LAST_WAIT_MS));
    if (!this.source.bisects || records.length === 1) return this.deliver(records, failures + 1);
    const half = Math.ceil(records.length / 2);
    await this.deliver(records.slice(0, half), failures + 1);
    await this.deliver(records.slice(half), failures + 1);
  }

  /** How many records the function has taken, from the first one on. */
  private async invoke(records: readonly StreamRecord[]): Promise<number> {
    const { fn, arn: eventSourceARN, region: awsRegion, reportsFailures, batchSize } = this.source;
    const batch = records.slice(0, batchSize);
    const event = { Records: batch.map((record) => ({ ...record, awsRegion, eventSourceARN })) };
    const result = await fn()?.invoke(JSON.stringify(event));
    if (result === undefined || result.error !== undefined) return 0;
    return reportsFailures ? takenBefore(JSON.parse(result.payload), batch) : batch.length;
  }

  private isGivenUp({ dynamodb }: StreamRecord, failures: number): boolean {
    const { retries = Number.POSITIVE_INFINITY, oldestMs = Number.POSITIVE_INFINITY } = this.source;
    return failures >= retries || Date.now() - dynamodb.ApproximateCreationDateTime * 1000 > oldestMs;
  }

  private async wait(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.ending.signal });
  }
}

function laneOf({ dynamodb: { Keys } }: StreamRecord, lanes: number): number {
  let sum = 0;
  for (const character of JSON.stringify(Keys)) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum % lanes;
}

/** Records before the first that the function names (Lambda Developer Guide, "Configuring partial batch response"); an odd name fails them all. */
function takenBefore(answer: unknown, batch: readonly StreamRecord[]): number {
  const { batchItemFailures = [] } = (answer ?? {}) as { batchItemFailures?: readonly { itemIdentifier?: string }[] };
  const named = batchItemFailures.map(({ itemIdentifier }) =>
    batch.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === itemIdentifier),
  );
  return named.length === 0 ? batch.length : Math.max(0, Math.min(...named));
}
