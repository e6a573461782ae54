import { BatchGetItemCommand, type DynamoDBClient, paginateScan, type ScanCommandInput } from '@aws-sdk/client-dynamodb';
import { attributesOf, rowOf } from './item';
import { type LedgerRow, ledgerKey } from './row';
import type { Item } from './table/rows';

/** Keys of one request (DynamoDB quotas, BatchGetItem). */
const BATCH = 100;
/** Requests that are under way at once. */
const AT_ONCE = 8;

/** What of a row is asked for; a row has all that are said. */
export interface RowFilter {
  readonly server?: string;
  /** agentId. */
  readonly agent?: string;
  readonly task?: string;
  readonly tool?: string;
  readonly state?: string;
  /** Milliseconds since the epoch: calls from then on. */
  readonly since?: number;
  /** Milliseconds since the epoch: calls before then. */
  readonly until?: number;
}

/** Rows of one page, and how many were looked at for them. */
export interface ReadPage {
  readonly rows: readonly LedgerRow[];
  readonly looked: number;
}

/** The ledger for who only reads it, beside the path of a call. */
export class LedgerReader {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
  ) {}

  /** Those of some keys that there are, in no order. */
  async rowsOf(keys: readonly string[]): Promise<readonly LedgerRow[]> {
    const batches = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, at) => keys.slice(at * BATCH, (at + 1) * BATCH));
    const found: LedgerRow[] = [];
    const work = async (): Promise<void> => {
      for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) found.push(...(await this.batch(batch)));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return found;
  }

  /** Looks through the whole table, page by page: no index answers every question. */
  async *pages(filter: RowFilter = {}): AsyncGenerator<ReadPage> {
    const scan = { TableName: this.table, ConsistentRead: true, ...expressionsOf(filter) };
    for await (const { Items = [], ScannedCount = 0 } of paginateScan({ client: this.client }, scan))
      yield { rows: Items.map(rowOf), looked: ScannedCount };
  }

  private async batch(keys: readonly string[]): Promise<readonly LedgerRow[]> {
    const found: Item[] = [];
    let open: Item[] = keys.map((pk) => attributesOf({ pk }));
    while (open.length > 0) {
      const request = { [this.table]: { Keys: open, ConsistentRead: true } };
      const { Responses = {}, UnprocessedKeys = {} } = await this.client.send(new BatchGetItemCommand({ RequestItems: request }));
      found.push(...(Responses[this.table] ?? []));
      open = UnprocessedKeys[this.table]?.Keys ?? [];
    }
    return found.map(rowOf);
  }
}

/**
 * Keys under which a call can stand, where only its name is known: each agent may have used the key at each server that it may use.
 * @param name idempotency key or call id
 * @param grants who may call what, as the allowlist has it
 */
export function candidateKeys(name: string, grants: readonly Pick<LedgerRow, 'server' | 'agent'>[]): readonly string[] {
  return [...new Set(grants.flatMap(({ server, agent }) => ['k:', 'c:'].map((kind) => ledgerKey(server, agent, `${kind}${name}`))))];
}

/** The same question of a row that is in no table. */
export function matching({ since, until, ...equal }: RowFilter): (row: Partial<LedgerRow>) => boolean {
  return (row) =>
    (since === undefined || (row.claimedAt ?? 0) >= since) &&
    (until === undefined || (row.claimedAt ?? 0) < until) &&
    Object.entries(equal).every(([name, value]) => value === undefined || row[name as keyof LedgerRow] === value);
}

function expressionsOf({ since, until, ...equal }: RowFilter): Partial<ScanCommandInput> {
  const parts = [
    ...Object.entries(equal).map(([name, value]) => [name, '=', value] as const),
    ...(since === undefined ? [] : [['claimedAt', '>=', since] as const]),
    ...(until === undefined ? [] : [['claimedAt', '<', until] as const]),
  ].filter(([, , value]) => value !== undefined);
  if (parts.length === 0) return {};
  return {
    FilterExpression: parts.map(([, sign], at) => `#n${at} ${sign} :v${at}`).join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(parts.map(([name], at) => [`#n${at}`, name])),
    ExpressionAttributeValues: attributesOf(Object.fromEntries(parts.map(([, , value], at) => [`:v${at}`, value]))),
  };
}
