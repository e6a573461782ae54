import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  paginateQuery,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { clientSettings, FUNCTION_TABLE_LIMITS } from '../core/aws-limits';
import { type LedgerRow, UNSETTLED_INDEX, unknownPartition } from '../core/ledger';
import type { RowUpdate } from '../core/ledger-update';

/** Keys that are fetched at once; what is fetched beyond the bound of a run was fetched in vain. */
const PAGE_KEYS = 100;
/** Pages of 1 MB (DynamoDB's limit) that are counted, some 5,000 calls each: beyond them the count says "at least". */
const COUNTED_PAGES = 10;

/** The ledger, as far as the janitor may touch it: reads of single rows and of the index, updates, no put and no delete. */
export class LedgerTable {
  constructor(
    private readonly name: string,
    private readonly client = new DynamoDBClient(clientSettings(FUNCTION_TABLE_LIMITS)),
  ) {}

  /**
   * Keys of the rows in a partition of the index whose lease has ended, the longest ago first. The index lags behind the
   * table: a row may have moved on since.
   * @param now milliseconds since the epoch
   */
  async *leaseEnded(partition: string, now: number): AsyncGenerator<string> {
    const query = this.indexed('unsettled = :partition AND leaseUntil < :now', { ':partition': partition, ':now': now });
    for await (const { Items = [] } of paginateQuery({ client: this.client, pageSize: PAGE_KEYS }, query)) {
      for (const item of Items) yield (unmarshall(item) as Pick<LedgerRow, 'pk'>).pk;
    }
  }

  /** Calls of a server whose outcome stands as unknown, as the index says; those of a moment ago may be missing. */
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

  /** The row as it stands now. */
  async read(pk: string): Promise<LedgerRow | undefined> {
    const { Item } = await this.client.send(new GetItemCommand({ TableName: this.name, Key: marshall({ pk }), ConsistentRead: true }));
    return Item === undefined ? undefined : (unmarshall(Item) as LedgerRow);
  }

  /** Whether the update was done. False when its condition does not hold: somebody else has moved the row. */
  async update({ Key, ExpressionAttributeValues, ...expressions }: RowUpdate): Promise<boolean> {
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

  private indexed(condition: string, values: Readonly<Record<string, unknown>>): QueryCommandInput {
    const { name: TableName } = this;
    return { TableName, IndexName: UNSETTLED_INDEX, KeyConditionExpression: condition, ExpressionAttributeValues: marshall(values) };
  }
}
