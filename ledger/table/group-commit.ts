import type { BatchStatementResponse } from '@aws-sdk/client-dynamodb';
import { TABLE_LIMITS } from '../../core/aws-limits';
import { type Item, insertOf, putAbsent, requireWritten, sizeOf } from './rows';
import { errorOf, refusesStatements, remedyFor } from './statement-errors';
import type { TableClient } from './table-client';

/** Statements in one batch (DynamoDB API Reference, BatchExecuteStatement). */
const STATEMENTS = 25;
/** Characters in one batch, beside those of its first row: far below the 16 MB of a request, however they are escaped. */
const BATCH_SIZE = 1024 * 1024;
/** What a row costs beside its text, in characters. */
const ROW_SIZE = 1_024;

export interface GroupLimits {
  /** Batches under way at once. */
  readonly batches: number;
  /** Rows that are not written yet, and their size in characters; beyond either none is taken. */
  readonly rows: number;
  readonly size: number;
  /** How often a row is sent whose own statement fails for the moment. */
  readonly attempts: number;
  /** From when on a row is not sent any more, in milliseconds after it came. */
  readonly totalMs: number;
  /** Wait before another attempt at a row, in milliseconds. @param attempts that have failed */
  readonly wait: (attempts: number) => number;
}

const LIMITS: GroupLimits = {
  batches: 3,
  rows: 10_000,
  size: 32 * 1024 * 1024,
  attempts: TABLE_LIMITS.attempts,
  totalMs: TABLE_LIMITS.totalMs,
  wait: (attempts) => Math.random() * 250 * 2 ** attempts,
};

/** Raised for a row that is not taken: nothing was sent. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting';
}

interface Row {
  readonly item: Item;
  readonly size: number;
  /** By the clock of this process, in milliseconds. */
  readonly came: number;
  failed: number;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Writes rows that only append, many in one request: a row that comes while enough batches are under way goes with others in the
 * next one. Each waits for itself alone, and each is written as it is given or not at all; none takes the place of another.
 */
export class GroupCommit {
  private readonly waiting: Row[] = [];
  private flying = 0;
  private rows = 0;
  private size = 0;
  private readonly limits: GroupLimits;

  /** @param told once for every batch whose table takes no statements: its rows are written one by one, at many times the cost */
  constructor(
    private readonly table: TableClient,
    private readonly name: string,
    private readonly told: (because: Error) => void,
    limits: Partial<GroupLimits> = {},
  ) {
    this.limits = { ...LIMITS, ...limits };
  }

  /**
   * Resolves when the row is in the table.
   * @throws TooManyWaiting or RowTaken, where it is certainly not; else as the table client does, where it may be
   */
  append(item: Item): Promise<void> {
    const size = ROW_SIZE + sizeOf(item);
    if (this.rows >= this.limits.rows || this.size + size > this.limits.size)
      return Promise.reject(new TooManyWaiting(`${this.rows} rows of ${this.size} characters wait for the table ${this.name}`));
    this.rows++;
    this.size += size;
    return new Promise((done, fail) => {
      this.waiting.push({ item, size, came: performance.now(), failed: 0, done, fail });
      this.send();
    });
  }

  private send(): void {
    while (this.flying < this.limits.batches && this.waiting.length > 0) {
      const batch = this.nextBatch();
      if (batch.length > 0) this.commit(batch);
    }
  }

  private nextBatch(): Row[] {
    const batch: Row[] = [];
    let size = 0;
    for (const row of this.waiting) {
      size += batch.length === 0 ? 0 : row.size;
      if (batch.length === STATEMENTS || size > BATCH_SIZE) break;
      batch.push(row);
    }
    this.waiting.splice(0, batch.length);
    return batch.filter((row) => !this.isLate(row));
  }

  private commit(batch: readonly Row[]): void {
    this.flying++;
    const Statements = batch.map(({ item }) => insertOf(item, this.name));
    void this.table
      .batchExecuteStatement({ Statements })
      .finally(() => this.flying--)
      .then(
        ({ Responses }) => this.judge(batch, Responses ?? []),
        (error) => this.refuse(batch, error),
      )
      .then(() => this.send());
  }

  /** A batch that was done says of each row what became of it. */
  private judge(batch: readonly Row[], responses: readonly BatchStatementResponse[]): void {
    const alone: Row[] = [];
    let because: Error | undefined;
    for (const [index, row] of batch.entries()) {
      const { Error: error } = responses[index] ?? { Error: {} };
      if (!error) this.settle(row);
      else {
        const remedy = remedyFor(error);
        if (remedy === 'look') this.follow(row, requireWritten(this.table, this.name, row.item));
        else if (remedy === 'again') this.sendAgain(row, errorOf(error));
        else if (remedy === 'give up') this.settle(row, errorOf(error));
        else {
          because ??= errorOf(error);
          alone.push(row);
        }
      }
    }
    if (because !== undefined) this.writeAlone(alone, because);
  }

  /** Of a batch that was not done, or not heard of, each row shares the fate. */
  private refuse(batch: readonly Row[], error: Error): void {
    if (refusesStatements(error)) this.writeAlone(batch, error);
    else for (const row of batch) this.settle(row, error);
  }

  private writeAlone(rows: readonly Row[], because: Error): void {
    for (const row of rows) this.follow(row, putAbsent(this.table, this.name, row.item));
    this.told(because);
  }

  private sendAgain(row: Row, error: Error): void {
    row.failed++;
    const again = (): void => {
      this.waiting.unshift(row);
      this.send();
    };
    if (row.failed >= this.limits.attempts) this.settle(row, error);
    else setTimeout(again, this.limits.wait(row.failed));
  }

  private isLate(row: Row): boolean {
    const late = performance.now() - row.came > this.limits.totalMs;
    if (late) this.settle(row, Object.assign(new Error(`not written within ${this.limits.totalMs} ms`), { name: 'TimeoutError' }));
    return late;
  }

  private follow(row: Row, work: Promise<void>): void {
    void work.then(
      () => this.settle(row),
      (error) => this.settle(row, error),
    );
  }

  private settle(row: Row, error?: unknown): void {
    this.rows--;
    this.size -= row.size;
    if (error === undefined) row.done();
    else row.fail(error);
  }
}
