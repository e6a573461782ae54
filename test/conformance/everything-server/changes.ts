import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { InMemoryServerEventBus, type ServerEvent, type ServerEventBus } from '@modelcontextprotocol/server';

/** Changes that `subscriptions/listen` streams are told of. */
export interface Changes extends ServerEventBus {
  /** Resolves when every instance can see the change. */
  announce(event: ServerEvent): Promise<void>;
}

/**
 * Any instance may be asked for a change while another holds the stream, so instances share a table.
 * @param table name of the DynamoDB table with the key `id`; absent where there is one instance
 */
export function changes(table: string | undefined): Changes {
  return table === undefined ? new OwnChanges() : new SharedChanges(new DynamoDBClient({}), table);
}

class OwnChanges extends InMemoryServerEventBus implements Changes {
  async announce(event: ServerEvent): Promise<void> {
    this.publish(event);
  }
}

interface ChangeRow {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: ServerEvent;
}

/** How often the table is read while somebody listens, in milliseconds. */
const POLL_MS = 100;

/** One row per change, read while there are listeners. A handful of changes: good for a test, not for a busy server. */
class SharedChanges implements Changes {
  private readonly listeners = new Set<(event: ServerEvent) => void>();
  private readonly told = new Set<string>();
  private since = 0;

  constructor(
    private readonly dynamodb: DynamoDBClient,
    private readonly table: string,
  ) {}

  async announce(event: ServerEvent): Promise<void> {
    const row: ChangeRow = { id: randomUUID(), at: Date.now(), event };
    await this.dynamodb.send(new PutItemCommand({ TableName: this.table, Item: marshall(row) }));
  }

  publish(event: ServerEvent): void {
    void this.announce(event);
  }

  subscribe(listener: (event: ServerEvent) => void): () => void {
    this.listeners.add(listener);
    if (this.listeners.size === 1) {
      this.since = Date.now();
      void this.poll();
    }
    return () => void this.listeners.delete(listener);
  }

  private async poll(): Promise<void> {
    while (this.listeners.size > 0) {
      const { Items = [] } = await this.dynamodb.send(new ScanCommand({ TableName: this.table, ConsistentRead: true }));
      for (const { id, at, event } of Items.map((item) => unmarshall(item) as ChangeRow)) {
        if (at < this.since || this.told.has(id)) continue;
        this.told.add(id);
        for (const listener of this.listeners) listener(event);
      }
      await new Promise((next) => setTimeout(next, POLL_MS));
    }
  }
}
