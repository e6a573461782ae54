import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  paginateScan,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { UNSETTLED_INDEX } from '../core/fleet-config';
import { expressionOf, type RowStep, updateOf } from './expressions';
import type { WriteCondition } from './protocol';
import { type LedgerRow, unknownPartition, unsettledPartition } from './row';

/** Keys that are fetched at once; what is fetched beyond the bound of a run was fetched in vain. */
const PAGE_KEYS = 100;
/** Pages of 1 MB (DynamoDB's limit) that are counted, some 5,000 calls each: beyond them the count says "at least". */
const COUNTED_PAGES = 10;

/** A write whose condition did not hold, and what stands there; absent where nobody has told. */
export interface Refused {
  readonly standing?: LedgerRow;
}

/** The one client of the ledger table: single rows, written on conditions and read consistently, and its index. Errors are the SDK's. */
export class LedgerTable {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly name: string,
  ) {}

  /** The row as it stands now. */
  async read(pk: string): Promise<LedgerRow | undefined> {
    const { Item } = await this.client.send(new GetItemCommand({ TableName: this.name, Key: marshall({ pk }), ConsistentRead: true }));
    return Item === undefined ? undefined : (unmarshall(Item) as LedgerRow);
  }

  /** Writes a whole row; undefined when it was done. */
  async put(row: LedgerRow, condition: WriteCondition): Promise<Refused | undefined> {
    const { text, values } = expressionOf(condition);
    const command = new PutItemCommand({
      TableName: this.name,
      Item: marshall({ ...row, unsettled: unsettledPartition(row) }, { removeUndefinedValues: true }),
      ConditionExpression: text,
      // DynamoDB refuses names and values that an expression does not use.
      ...(text.includes('#state') && { ExpressionAttributeNames: { '#state': 'state' } }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: marshall(values) }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await this.client.send(command);
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return error.Item === undefined ? {} : { standing: unmarshall(error.Item) as LedgerRow };
    }
  }

  /** Takes a row one step on. False when the condition does not hold: somebody else has moved the row. */
  async update(row: LedgerRow, step: RowStep): Promise<boolean> {
    const { Key, ExpressionAttributeValues, ...expressions } = updateOf(row, step);
    const command = new UpdateItemCommand({
      TableName: this.name,
      ...expressions,
      Key: marshall(Key),
      ExpressionAttributeValues: marshall(ExpressionAttributeValues),
    });
    try {
      await this.client.send(command);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  /**
   * Keys of the rows in a partition of the index whose lease has ended, the longest ago first. The index lags behind the
   * table: a row may have moved on since.
   * @param now milliseconds since the epoch
   */
  async *leaseEnded(partition: string, now: number): AsyncGenerator<string> {
    yield* this.keysOf(this.indexed('unsettled = :partition AND leaseUntil < :now', { ':partition': partition, ':now': now }));
  }

  /** Calls of a server whose outcome stands as unknown, in no order; the index finds them, so those of a moment ago may be missing. */
  async *unknown(server: string): AsyncGenerator<LedgerRow> {
    for await (const pk of this.keysOf(this.indexed('unsettled = :partition', { ':partition': unknownPartition(server) }))) {
      const row = await this.read(pk);
      if (row?.state === 'unknown') yield row;
    }
  }

  /** How many calls of a server stand as unknown, as the index says; those of a moment ago may be missing. */
  async countUnknown(server: string): Promise<number> {
    const query = this.indexed('unsettled = :partition', { ':partition': unknownPartition(server) });
    let count = 0;
    let pages = 0;
    for await (const { Count = 0 } of paginateQuery({ client: this.client }, { ...query, Select: 'COUNT' })) {
      count += Count;
      if (++pages === COUNTED_PAGES) break;
    }
    return count;
  }

  /** Every row, in no order: for tables that are small. */
  async *all(): AsyncGenerator<LedgerRow> {
    for await (const { Items = [] } of paginateScan({ client: this.client }, { TableName: this.name, ConsistentRead: true }))
      for (const item of Items) yield unmarshall(item) as LedgerRow;
  }

  private async *keysOf(query: QueryCommandInput): AsyncGenerator<string> {
    for await (const { Items = [] } of paginateQuery({ client: this.client, pageSize: PAGE_KEYS }, query))
      for (const item of Items) yield (unmarshall(item) as Pick<LedgerRow, 'pk'>).pk;
  }

  private indexed(condition: string, values: Readonly<Record<string, unknown>>): QueryCommandInput {
    const { name: TableName } = this;
    return { TableName, IndexName: UNSETTLED_INDEX, KeyConditionExpression: condition, ExpressionAttributeValues: marshall(values) };
  }
}
