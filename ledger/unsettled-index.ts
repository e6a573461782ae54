import { type DynamoDBClient, paginateQuery, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { UNSETTLED_INDEX } from '../core/fleet-config';
import { attributesOf, rowOf } from './item';
import { unknownPartition } from './row';

/** Keys that are fetched at once; what is fetched beyond the bound of a run was fetched in vain. */
const PAGE_KEYS = 100;
/** Pages of 1 MB (DynamoDB's limit) that are counted, some 5,000 calls each: beyond them the count says "at least". */
const COUNTED_PAGES = 10;

/** The index of the rows that are not settled. It lags behind the table: a row may have moved on since, and those of a moment ago may be missing. */
export class UnsettledIndex {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
  ) {}

  /**
   * Keys of the rows in a partition whose lease has ended, the longest ago first.
   * @param now milliseconds since the epoch
   */
  leaseEnded(partition: string, now: number): AsyncGenerator<string> {
    return this.keysOf('unsettled = :partition AND leaseUntil < :now', { ':partition': partition, ':now': now });
  }

  /** Keys of the calls of a server whose outcome stands as unknown. */
  unknown(server: string): AsyncGenerator<string> {
    return this.keysOf('unsettled = :partition', { ':partition': unknownPartition(server) });
  }

  /** How many calls of a server stand as unknown. */
  async countUnknown(server: string): Promise<number> {
    const query = this.query('unsettled = :partition', { ':partition': unknownPartition(server) });
    let count = 0;
    let pages = 0;
    for await (const { Count = 0 } of paginateQuery({ client: this.client }, { ...query, Select: 'COUNT' })) {
      count += Count;
      if (++pages === COUNTED_PAGES) break;
    }
    return count;
  }

  private async *keysOf(condition: string, values: object): AsyncGenerator<string> {
    for await (const { Items = [] } of paginateQuery({ client: this.client, pageSize: PAGE_KEYS }, this.query(condition, values)))
      for (const item of Items) yield rowOf(item).pk;
  }

  private query(condition: string, values: object): QueryCommandInput {
    const { table: TableName } = this;
    return { TableName, IndexName: UNSETTLED_INDEX, KeyConditionExpression: condition, ExpressionAttributeValues: attributesOf(values) };
  }
}
