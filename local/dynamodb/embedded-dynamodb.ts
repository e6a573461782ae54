import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { LocalAccountError } from '../account-error';
import type { OnMet, RequestRule } from '../faults/request-rules';
import type { Iam } from '../iam/iam';
import { startCompanion } from '../processes/companion';
import { LOCAL_CREDENTIALS } from '../processes/credentials';
import { answersOf } from './door-judge';
import { StreamsClient } from './streams-client';

/** DynamoDB on loopback. */
export interface EmbeddedDynamoDb {
  /** Where everybody is believed: for the account itself, and for whoever runs it. */
  readonly url: string;
  /** Where programs come in: each may do what its role may. */
  readonly door: string;
  /** Resolves when all that was done at the door is counted. */
  counted(): Promise<void>;
  /**
   * Creates a table, or keeps the one that an earlier run has persisted.
   * @throws LocalAccountError CREATE_FAILED when that one lacks an index: none can be added here
   */
  createTable(table: CreateTableCommandInput): Promise<void>;
  /** From now on each write to a table that is there leaves a record in its stream. */
  beginStream(table: string): Promise<void>;
  /** @param upTo sequence number of the last record that nobody has a use for any more */
  trimStream(table: string, upTo: string): void;
  /** By which requests fail from now on, in place of those before. */
  fail(rules: readonly RequestRule[]): void;
  /** Hears of each request that has met one. */
  onMet(listener: OnMet): void;
  hasTable(name: string): Promise<boolean>;
  /** One that is gone already is no error. */
  deleteTable(name: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param folder where tables persist; in memory when absent
 * @param iam judges at the door; without one, nobody comes in there
 */
export async function startDynamoDb(folder: string | undefined, region: string, iam?: Iam): Promise<EmbeddedDynamoDb> {
  const judge = answersOf(iam);
  const place = `${region}:${iam?.options.account ?? ''}`;
  const companion = await startCompanion('dynamodb.cjs', { ...(folder && { folder }), place }, (message) =>
    judge.hear(message, companion.tell),
  );
  iam?.follow(() => judge.ask('forget', companion.tell));
  const url = `http://127.0.0.1:${companion.port}`;
  const client = new DynamoDBClient({ endpoint: url, region, credentials: LOCAL_CREDENTIALS });
  return {
    url,
    door: `http://127.0.0.1:${companion.said.door}`,
    counted: () => judge.ask('flush', companion.tell),
    createTable: async (table) => {
      await client.send(new CreateTableCommand(table)).catch(async (error: unknown) => {
        if (!(error instanceof ResourceInUseException)) throw error;
        await requireIndexes(client, table, folder);
      });
      // It is CREATING for a moment; who finds it so is told that it is not there.
      let status: string | undefined;
      while (status !== 'ACTIVE') status = (await client.send(new DescribeTableCommand({ TableName: table.TableName }))).Table?.TableStatus;
    },
    beginStream: async (table) => {
      companion.tell({ stream: table });
      const streams = new StreamsClient(url);
      while (!(await streams.isThere(table)));
    },
    trimStream: (table, upTo) => companion.tell({ trim: table, upTo }),
    fail: (faults) => companion.tell({ faults }),
    onMet: (listener) => companion.hear(({ met }) => typeof met === 'string' && listener(met)),
    hasTable: async (TableName) => {
      try {
        await client.send(new DescribeTableCommand({ TableName }));
        return true;
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return false;
        throw error;
      }
    },
    deleteTable: async (TableName) => {
      const gone = (error: unknown): 'gone' => {
        if (error instanceof ResourceNotFoundException) return 'gone';
        throw error;
      };
      // It is DELETING for a moment; nobody may make one of that name before it has gone.
      let seen: unknown = await client.send(new DeleteTableCommand({ TableName })).catch(gone);
      while (seen !== 'gone') seen = await client.send(new DescribeTableCommand({ TableName })).catch(gone);
    },
    stop: () => {
      client.destroy();
      return companion.stop();
    },
  };
}

async function requireIndexes(client: DynamoDBClient, wanted: CreateTableCommandInput, folder: string | undefined): Promise<void> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: wanted.TableName }));
  const present = new Set(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName));
  const missing = wanted.GlobalSecondaryIndexes?.find(({ IndexName }) => !present.has(IndexName));
  if (missing === undefined) return;
  const message = `The table ${wanted.TableName} in ${folder} was made without the index ${missing.IndexName}. Remove that folder.`;
  throw new LocalAccountError('CREATE_FAILED', message);
}
