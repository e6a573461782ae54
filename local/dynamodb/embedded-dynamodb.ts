import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient, ResourceInUseException } from '@aws-sdk/client-dynamodb';
import { startCompanion } from '../processes/companion';
import { LOCAL_CREDENTIALS } from '../processes/credentials';

/** DynamoDB on loopback. */
export interface EmbeddedDynamoDb {
  readonly url: string;
  /** Creates a table, or keeps the one that an earlier run has persisted. */
  createTable(table: CreateTableCommandInput): Promise<void>;
  stop(): Promise<void>;
}

/** @param folder where tables persist; in memory when absent */
export async function startDynamoDb(folder: string | undefined, region: string): Promise<EmbeddedDynamoDb> {
  const companion = await startCompanion('dynamodb.cjs', folder ? { folder } : {});
  const url = `http://127.0.0.1:${companion.port}`;
  const client = new DynamoDBClient({ endpoint: url, region, credentials: LOCAL_CREDENTIALS });
  return {
    url,
    createTable: async (table) => {
      await client.send(new CreateTableCommand(table)).catch((error: unknown) => {
        if (!(error instanceof ResourceInUseException)) throw error;
      });
    },
    stop: () => {
      client.destroy();
      return companion.stop();
    },
  };
}
