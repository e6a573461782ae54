import { gunzipSync } from 'node:zlib';
import { DynamoDBClient, GetItemCommand, paginateQuery, paginateScan } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type LedgerRow, UNSETTLED_INDEX, unknownPartition } from '../core/ledger';
import type { AllowlistEntry } from '../core/policy';
import type { CheckedAccount } from '../local/checked-account';

/** What the fleet has written down; read directly, past the gateway. */
export interface Tables {
  ledger(): Promise<readonly LedgerRow[]>;
  /** One row of the ledger, by its key. */
  row(pk: string): Promise<LedgerRow | undefined>;
  /** Calls of some servers that stand as unknown, found by the index; in no order. */
  unknown(servers: readonly string[]): Promise<readonly LedgerRow[]>;
  directory(): Promise<readonly DirectoryRow[]>;
  allowlist(): Promise<readonly AllowlistEntry[]>;
}

/** What the checks need of a row of the session directory. */
export interface DirectoryRow {
  readonly session: string;
  readonly agent?: string;
  readonly server?: string;
  readonly task?: string;
  /** ECS task id of the instance that holds it. */
  readonly instance?: string;
  /** Counts restorations; 0 for the instance that opened it. */
  readonly generation?: number;
  readonly openedAt?: number;
  readonly closedAt?: number;
}

export function tablesOf(account: Pick<CheckedAccount, 'dynamodbUrl' | 'tables'>): Tables {
  return tablesAt(account.dynamodbUrl, account.tables);
}

/** @param endpoint of the embedded DynamoDB; any credentials do */
export function tablesAt(endpoint: string, names: CheckedAccount['tables']): Tables {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  return {
    ledger: () => scan<LedgerRow>(client, names.ledger),
    row: (pk) => rowOf(client, names.ledger, pk),
    unknown: async (servers) => (await Promise.all(servers.map((server) => unknownOf(client, names.ledger, server)))).flat(),
    // Bonds and fences stand in the same table; a session is what was opened.
    directory: async () => (await scan<DirectoryRow>(client, names.directory)).filter(({ openedAt }) => openedAt !== undefined),
    allowlist: () => scan<AllowlistEntry>(client, names.allowlist),
  };
}

/** A row's result as the server gave it; undefined when it was too large to keep. */
export function resultOf(row: LedgerRow): string | undefined {
  if (row.resultEncoding === 'omitted' || row.result === undefined) return undefined;
  return row.resultEncoding === 'gzip' ? gunzipSync(Buffer.from(row.result, 'base64')).toString() : row.result;
}

async function unknownOf(client: DynamoDBClient, table: string, server: string): Promise<readonly LedgerRow[]> {
  const query = {
    TableName: table,
    IndexName: UNSETTLED_INDEX,
    KeyConditionExpression: 'unsettled = :partition',
    ExpressionAttributeValues: marshall({ ':partition': unknownPartition(server) }),
  };
  const rows: LedgerRow[] = [];
  for await (const { Items = [] } of paginateQuery({ client }, query)) {
    for (const key of Items) {
      const { pk } = unmarshall(key) as Pick<LedgerRow, 'pk'>;
      const row = await rowOf(client, table, pk);
      // The index lags behind the table.
      if (row?.state === 'unknown') rows.push(row);
    }
  }
  return rows;
}

async function rowOf(client: DynamoDBClient, table: string, pk: string): Promise<LedgerRow | undefined> {
  const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: marshall({ pk }), ConsistentRead: true }));
  return Item && (unmarshall(Item) as LedgerRow);
}

async function scan<T>(client: DynamoDBClient, table: string): Promise<readonly T[]> {
  const rows: T[] = [];
  for await (const page of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
    rows.push(...(page.Items ?? []).map((item) => unmarshall(item) as T));
  }
  return rows;
}
