import { DynamoDBClient, GetItemCommand, paginateQuery, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Defined } from '../core/definition-pins';
import { SERVER_NAME } from '../core/fleet-config';
import { SERVERS_KEY } from '../core/listed-servers';
import { ORDERS_KEY } from '../core/orders';
import type { AllowlistEntry } from '../core/policy';
import { REVOCATIONS_KEY, type Revocation } from '../core/revocation';
import { LedgerTable } from '../ledger/ledger-table';
import type { LedgerRow } from '../ledger/row';
import { sdkTable } from '../ledger/table/sdk-table';
import { UnsettledIndex } from '../ledger/unsettled-index';
import type { CheckedAccount } from '../local/checked-account';

/** What the fleet has written down; read directly, past the gateway. */
export interface Tables {
  ledger(): Promise<readonly LedgerRow[]>;
  /** The same, some rows at a time. */
  ledgerPages(): AsyncIterable<readonly LedgerRow[]>;
  /** One row of the ledger, by its key. */
  row(pk: string): Promise<LedgerRow | undefined>;
  /** Calls of some servers that stand as unknown, found by the index; in no order. */
  unknown(servers: readonly string[]): Promise<readonly LedgerRow[]>;
  directory(): Promise<readonly DirectoryRow[]>;
  /** Keys of sessions that are counted together. @param key of `core/session-group` */
  group(key: string): Promise<readonly string[]>;
  allowlist(): Promise<readonly AllowlistEntry[]>;
  /** Servers that stand in other stacks than their fleet's. */
  listedServers(): Promise<readonly ListedRow[]>;
  /** What a server says of its tools and nobody has approved, as gateways have written it down. */
  definitions(server: string): Promise<readonly DefinitionRow[]>;
}

/** What operators need of a server of another stack. */
export interface ListedRow {
  readonly name: string;
  /** Names of the log groups of its programs; empty for a remote one. */
  readonly logGroups: readonly string[];
}

/** A definition that waits for a review. */
export interface DefinitionRow {
  readonly session: string;
  readonly defined: Defined;
  /** JSON text. */
  readonly definition: string;
  /** Milliseconds since the epoch. */
  readonly seenAt: number;
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
  return tablesBy(clientAt(endpoint), names);
}

/** @param client that may read them */
export function tablesBy(client: DynamoDBClient, names: CheckedAccount['tables']): Tables {
  const ledger = new LedgerTable(sdkTable(client), names.ledger);
  return {
    ledger: () => scan<LedgerRow>(client, names.ledger),
    ledgerPages: () => pagesOf<LedgerRow>(client, names.ledger),
    row: (pk) => ledger.read(pk),
    unknown: async (servers) => {
      const index = new UnsettledIndex(client, names.ledger);
      const keys = (await Promise.all(servers.map((server) => listed(index.unknown(server))))).flat();
      const rows = await Promise.all(keys.map((pk) => ledger.read(pk)));
      return rows.filter((row) => row?.state === 'unknown') as LedgerRow[];
    },
    // Bonds and fences stand in the same table; a session is what was opened.
    directory: async () => (await scan<DirectoryRow>(client, names.directory)).filter(({ openedAt }) => openedAt !== undefined),
    group: async (session) => {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: names.directory, Key: { session: { S: session } }, ConsistentRead: true }),
      );
      return Item?.members?.SS ?? [];
    },
    allowlist: () => allowlistAt(client, names.allowlist),
    listedServers: () => listedServersAt(client, names.allowlist),
    definitions: async (server) =>
      (await scan<DefinitionRow>(client, names.directory)).filter(({ session }) => session.startsWith(`definition#${server}#`)),
  };
}

export function ledgerAt(endpoint: string, names: Pick<CheckedAccount['tables'], 'ledger'>): LedgerTable {
  return new LedgerTable(sdkTable(clientAt(endpoint)), names.ledger);
}

/** What agents are granted and denied; the operator's orders stand in the same table. */
export async function allowlistAt(client: DynamoDBClient, table: string): Promise<readonly AllowlistEntry[]> {
  return (await scan<AllowlistEntry>(client, table)).filter(({ agent }) => agent !== ORDERS_KEY && agent !== SERVERS_KEY);
}

/** Without their configuration, which is most of what stands there. */
async function listedServersAt(client: DynamoDBClient, TableName: string): Promise<readonly ListedRow[]> {
  const pages = paginateQuery(
    { client },
    {
      TableName,
      KeyConditionExpression: '#agent = :agent',
      ProjectionExpression: '#entry, #logGroups',
      ExpressionAttributeNames: { '#agent': 'agent', '#entry': 'entry', '#logGroups': 'logGroups' },
      ExpressionAttributeValues: { ':agent': { S: SERVERS_KEY } },
    },
  );
  const rows: ListedRow[] = [];
  for await (const { Items = [] } of pages)
    for (const { entry, logGroups } of Items) {
      const [name, groups] = [entry?.S ?? '', (logGroups?.L ?? []).flatMap(({ S }) => S ?? [])];
      if (SERVER_NAME.test(name)) rows.push({ name, logGroups: groups });
    }
  return rows;
}

export function clientAt(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
}

/** What operators have changed of late, as it stands in the directory. */
export async function revocationsIn(client: DynamoDBClient, directory: string): Promise<readonly Revocation[]> {
  const Key = { session: { S: REVOCATIONS_KEY } };
  const { Item } = await client.send(new GetItemCommand({ TableName: directory, Key, ConsistentRead: true }));
  return (Item?.news?.SS ?? []).map((text) => JSON.parse(text) as Revocation);
}

async function scan<T>(client: DynamoDBClient, table: string): Promise<readonly T[]> {
  return (await listed(pagesOf<T>(client, table))).flat();
}

async function* pagesOf<T>(client: DynamoDBClient, TableName: string): AsyncGenerator<readonly T[]> {
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true }))
    yield Items.map((item) => unmarshall(item) as T);
}

async function listed<T>(rows: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
