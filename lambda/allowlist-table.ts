import { DeleteItemCommand, DynamoDBClient, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { clientSettings, FUNCTION_TABLE_LIMITS } from '../core/aws-limits';
import type { AllowlistEntry } from '../core/policy';
import { requireVariable } from './environment';

/** A row as it is stored. */
export interface StoredEntry extends AllowlistEntry {
  /** Which custom resource wrote the row: `{stack id}/{logical id}`. Absent on rows that no resource wrote. */
  readonly writer?: string;
}

/** The allowlist: partition key `agent`, sort key `entry`. */
export class AllowlistTable {
  readonly #client = new DynamoDBClient(clientSettings(FUNCTION_TABLE_LIMITS));
  readonly #name = requireVariable('ALLOWLIST_TABLE');

  /** Every row of one agent, whole and up to date: a deny on the second page, or written a moment ago, must count. */
  async entriesOf(agent: string): Promise<StoredEntry[]> {
    const pages = paginateQuery(
      { client: this.#client },
      {
        TableName: this.#name,
        KeyConditionExpression: '#agent = :agent',
        ExpressionAttributeNames: { '#agent': 'agent' },
        ExpressionAttributeValues: marshall({ ':agent': agent }),
        ConsistentRead: true,
      },
    );
    const entries: StoredEntry[] = [];
    for await (const page of pages) {
      for (const item of page.Items ?? []) entries.push(unmarshall(item) as StoredEntry);
    }
    return entries;
  }

  async put(entry: StoredEntry): Promise<void> {
    await this.#client.send(
      new PutItemCommand({ TableName: this.#name, Item: marshall(entry, { removeUndefinedValues: true, convertEmptyValues: false }) }),
    );
  }

  async remove({ agent, entry }: StoredEntry): Promise<void> {
    await this.#client.send(new DeleteItemCommand({ TableName: this.#name, Key: marshall({ agent, entry }) }));
  }
}
