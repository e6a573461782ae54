import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { clientSettings, FUNCTION_TABLE_LIMITS } from '../core/aws-limits';
import { sdkTable } from '../ledger/table/sdk-table';
import { AllowlistTable, type StoredEntry } from './allowlist-table';

/** The allowlist, for who writes it: the SDK's client reads as well then. */
export class AllowlistWriter extends AllowlistTable {
  private readonly client: DynamoDBClient;

  constructor() {
    const client = new DynamoDBClient(clientSettings(FUNCTION_TABLE_LIMITS));
    super(sdkTable(client));
    this.client = client;
  }

  async put(entry: StoredEntry): Promise<void> {
    const Item = marshall(entry, { removeUndefinedValues: true, convertEmptyValues: false });
    await this.client.send(new PutItemCommand({ TableName: this.name, Item }));
  }

  async remove({ agent, entry }: StoredEntry): Promise<void> {
    await this.client.send(new DeleteItemCommand({ TableName: this.name, Key: marshall({ agent, entry }) }));
  }
}
