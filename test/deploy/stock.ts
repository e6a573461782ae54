import { DynamoDBClient, ListTablesCommand, PutItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import type { AttachedAccount } from '../../local/control-client';

/** The tables of an account and what is in them, read past everything. */
export class Stock {
  private readonly client: DynamoDBClient;

  constructor({ dynamodbUrl: endpoint }: AttachedAccount) {
    this.client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
  }

  async tables(): Promise<readonly string[]> {
    return (await this.client.send(new ListTablesCommand({}))).TableNames ?? [];
  }

  /** Of the only table with that in its name. */
  async rows(part: string): Promise<readonly string[]> {
    const rows: string[] = [];
    const scan = { TableName: await this.table(part), ConsistentRead: true };
    for await (const { Items = [] } of paginateScan({ client: this.client }, scan)) rows.push(...Items.map((item) => JSON.stringify(item)));
    return rows.sort();
  }

  async put(part: string, item: Readonly<Record<string, string>>): Promise<void> {
    const attributes = Object.fromEntries(Object.entries(item).map(([name, value]) => [name, { S: value }]));
    await this.client.send(new PutItemCommand({ TableName: await this.table(part), Item: attributes }));
  }

  private async table(part: string): Promise<string> {
    const [name, ...others] = (await this.tables()).filter((table) => table.includes(part));
    if (name === undefined || others.length > 0) throw new Error(`Not one table has "${part}" in its name: ${await this.tables()}`);
    return name;
  }
}
