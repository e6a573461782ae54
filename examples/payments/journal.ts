import { type DynamoDBClient, GetItemCommand, PutItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

/** One execution of a tool that changed something. Two rows for one intent are a double execution. */
export interface JournalEntry {
  /** Random id of the execution; partition key of the table. */
  readonly entry: string;
  readonly tool: 'transfer' | 'refund' | 'settle_batch';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly from?: string;
  readonly to?: string;
  /** Minor units (cents). */
  readonly amount?: number;
  readonly currency?: string;
  readonly reference?: string;
  /** The execution that a refund takes back. */
  readonly transferId?: string;
  readonly reason?: string;
}

/** What the bank remembers, across instances and restarts. */
export interface Journal {
  append(entry: JournalEntry): Promise<void>;
  find(entry: string): Promise<JournalEntry | undefined>;
  all(): Promise<readonly JournalEntry[]>;
}

export class DynamoDbJournal implements Journal {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
  ) {}

  async append(entry: JournalEntry): Promise<void> {
    await this.client.send(
      new PutItemCommand({
        TableName: this.table,
        Item: marshall(entry, { removeUndefinedValues: true }),
        ConditionExpression: 'attribute_not_exists(entry)',
      }),
    );
  }

  async find(entry: string): Promise<JournalEntry | undefined> {
    const { Item } = await this.client.send(new GetItemCommand({ TableName: this.table, Key: marshall({ entry }), ConsistentRead: true }));
    return Item && (unmarshall(Item) as JournalEntry);
  }

  async all(): Promise<readonly JournalEntry[]> {
    const entries: JournalEntry[] = [];
    for await (const page of paginateScan({ client: this.client }, { TableName: this.table, ConsistentRead: true })) {
      entries.push(...(page.Items ?? []).map((item) => unmarshall(item) as JournalEntry));
    }
    return entries;
  }
}
