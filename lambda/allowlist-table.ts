import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AllowlistEntry } from '../core/policy';
import type { TableClient } from '../ledger/table/table-client';
import { requireVariable } from './environment';

/** Pages of one agent's rows, 1 MB each; no fleet needs a second one, and a function's memory does not hold many more. */
const MOST_PAGES = 32;

/** A row as it is stored. */
export interface StoredEntry extends AllowlistEntry {
  /** Whose the row is: that custom resource, `{stack id}/{logical id}`. Absent on rows that no resource wrote. */
  readonly writer?: string;
  /** The custom resource that has written it over, and whose it is as soon as the writer is deleted. */
  readonly heir?: string;
  /** What it was before the heir; absent where that is the same. */
  readonly before?: Content;
}

/** What a row says, of whomever it is. */
export type Content = Omit<StoredEntry, 'writer' | 'heir' | 'before'>;

/** The allowlist: partition key `agent`, sort key `entry`. */
export class AllowlistTable {
  readonly name = requireVariable('ALLOWLIST_TABLE');

  constructor(private readonly tables: Pick<TableClient, 'query'>) {}

  /**
   * Every row of one agent, whole and up to date: a deny on the second page, or written a moment ago, must count.
   * @throws RangeError when the pages do not end
   */
  async entriesOf(agent: string): Promise<StoredEntry[]> {
    const entries: StoredEntry[] = [];
    let from = {};
    for (let page = 0; page < MOST_PAGES; page++) {
      const { Items = [], LastEvaluatedKey } = await this.tables.query({
        TableName: this.name,
        KeyConditionExpression: '#agent = :agent',
        ExpressionAttributeNames: { '#agent': 'agent' },
        ExpressionAttributeValues: { ':agent': { S: agent } },
        ConsistentRead: true,
        ...from,
      });
      for (const item of Items) entries.push(unmarshall(item) as StoredEntry);
      if (LastEvaluatedKey === undefined) return entries;
      from = { ExclusiveStartKey: LastEvaluatedKey };
    }
    throw new RangeError(`The allowlist has more than ${MOST_PAGES} pages of 1 MB for agent ${agent}; remove rows of it from ${this.name}`);
  }
}
