import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { type AttemptLimits, clientSettings } from '../../../core/aws-limits';
import { LeanSender } from '../../../ledger/table/lean-sender';
import { sdkTable } from '../../../ledger/table/sdk-table';
import { type TableClient, tableOf } from '../../../ledger/table/table-client';

export const LIMITS: AttemptLimits = { connectMs: 1_000, answerMs: 1_000, attempts: 2, connections: 50 };
export const PLACE = { region: 'eu-central-1', credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' } };

/** A table client and what has to be let go of after it. */
export interface OpenTable {
  readonly table: TableClient;
  readonly client: DynamoDBClient;
  /** What sends for the lean one. */
  readonly sender?: LeanSender;
  close(): Promise<void>;
}

export type Kind = 'sdk' | 'lean';

/** One of the two clients of one table, by the same configuration. */
export function openTable(kind: Kind, config: DynamoDBClientConfig, limits: Partial<AttemptLimits> = {}): OpenTable {
  const all = { ...LIMITS, ...limits };
  const client = new DynamoDBClient({ ...PLACE, ...clientSettings(all), ...config });
  if (kind === 'sdk') return { table: sdkTable(client), client, close: async () => client.destroy() };
  const sender = new LeanSender(client, all);
  return {
    table: tableOf(sender),
    client,
    sender,
    close: async () => {
      await sender.destroy();
      client.destroy();
    },
  };
}
