import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AllowlistEntry } from '../core/policy';
import { LedgerTable } from '../ledger/ledger-table';
import type { LedgerRow } from '../ledger/row';
import { sdkTable } from '../ledger/table/sdk-table';
import { UnsettledIndex } from '../ledger/unsettled-index';
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
  const client = clientAt(endpoint);
  const ledger = ledgerAt(endpoint, names);
  return {
    ledger: () => scan<LedgerRow>(client, names.ledger),
    row: (pk) => ledger.read(pk),
    unknown: async (servers) => {
      const index = new UnsettledIndex(client, names.ledger);
      const keys = (await Promise.all(servers.map((server) => listed(index.unknown(server))))).flat();
      const rows = await Promise.all(keys.map((pk) => ledger.read(pk)));
      return rows.filter((row) => row?.state === 'unknown') as LedgerRow[];
    },
    // Bonds and fences stand in the same table; a session is what was opened.
    directory: async () => (await scan<DirectoryRow>(client, names.directory)).filter(({ openedAt }) => openedAt !== undefined),
    allowlist: () => scan<AllowlistEntry>(client, names.allowlist),
  };
}

export function ledgerAt(endpoint: string, names: Pick<CheckedAccount['tables'], 'ledger'>): LedgerTable {
  return new LedgerTable(sdkTable(clientAt(endpoint)), names.ledger);
}

function clientAt(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
}

async function scan<T>(client: DynamoDBClient, table: string): Promise<readonly T[]> {
  const pages = await listed(paginateScan({ client }, { TableName: table, ConsistentRead: true }));
  return pages.flatMap(({ Items = [] }) => Items.map((item) => unmarshall(item) as T));
}

async function listed<T>(rows: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
