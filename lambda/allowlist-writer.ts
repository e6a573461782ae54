import { BatchWriteItemCommand, DynamoDBClient, paginateScan, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { ALLOWLIST_WRITE_LIMITS, clientSettings } from '../core/aws-limits';
import { sdkTable } from '../ledger/table/sdk-table';
import type { Write } from './allowlist-difference';
import { AllowlistTable, type StoredEntry } from './allowlist-table';

/** Most requests of one BatchWriteItem (DynamoDB API Reference); and of bytes far fewer than it may have, so that one that is slow is not sent again. */
const BATCH = { requests: 25, bytes: 400_000 };
const AT_ONCE = 8;
/** A table that throttles takes the rest later: from 50 ms on, doubled each time up to 5 s, for about a minute in all. */
const ATTEMPTS = 18;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
const THROTTLED = ['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException'];

/** The allowlist, for who writes it: the SDK's client reads as well then. */
export class AllowlistWriter extends AllowlistTable {
  private readonly client: DynamoDBClient;

  /** @param pause waits so many milliseconds */
  constructor(private readonly pause: (ms: number) => Promise<void>) {
    const client = new DynamoDBClient(clientSettings(ALLOWLIST_WRITE_LIMITS));
    super(sdkTable(client));
    this.client = client;
  }

  /** Every row of the table that a predicate takes, whole and up to date. */
  async entries(takes: (row: StoredEntry) => boolean): Promise<StoredEntry[]> {
    const found: StoredEntry[] = [];
    const { client } = this;
    for await (const { Items = [] } of paginateScan({ client }, { TableName: this.name, ConsistentRead: true })) {
      for (const item of Items) {
        const row = unmarshall(item) as StoredEntry;
        if (takes(row)) found.push(row);
      }
    }
    return found;
  }

  /** @throws Error where the table has not taken all of them within a minute */
  async write(writes: readonly Write[]): Promise<void> {
    const batches = batchesOf(writes.map(requestOf));
    const workers = Array.from({ length: AT_ONCE }, async () => {
      for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) await this.writeBatch(batch);
    });
    await Promise.all(workers);
  }

  private async writeBatch(batch: WriteRequest[]): Promise<void> {
    let left = batch;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (attempt > 0) await this.pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
      left = await this.leftOf(left);
      if (left.length === 0) return;
    }
    throw new Error(
      `The allowlist ${this.name} has not taken ${left.length} of ${batch.length} rows in ${ATTEMPTS} attempts: it throttles`,
    );
  }

  /** What the table has not taken of a batch; where it took nothing, it says so by an error (BatchWriteItem). */
  private async leftOf(batch: WriteRequest[]): Promise<WriteRequest[]> {
    try {
      const { UnprocessedItems } = await this.client.send(new BatchWriteItemCommand({ RequestItems: { [this.name]: batch } }));
      return UnprocessedItems?.[this.name] ?? [];
    } catch (error) {
      if (THROTTLED.includes((error as Error).name)) return batch;
      throw error;
    }
  }
}

function requestOf(write: Write): WriteRequest {
  if ('remove' in write) return { DeleteRequest: { Key: marshall({ agent: write.remove.agent, entry: write.remove.entry }) } };
  return { PutRequest: { Item: marshall(write.put, { removeUndefinedValues: true, convertEmptyValues: false }) } };
}

function batchesOf(requests: readonly WriteRequest[]): WriteRequest[][] {
  const batches: WriteRequest[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const request of requests) {
    const more = Buffer.byteLength(JSON.stringify(request));
    const last = batches.at(-1);
    if (last === undefined || last.length === BATCH.requests || bytes + more > BATCH.bytes) {
      batches.push([request]);
      bytes = more;
    } else {
      last.push(request);
      bytes += more;
    }
  }
  return batches;
}
