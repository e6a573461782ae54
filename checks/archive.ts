import { S3Client } from '@aws-sdk/client-s3';
import { ArchiveBucket } from '../ledger/archive/archive-bucket';
import { recordOf } from '../ledger/archive/record';
import { segmentKey } from '../ledger/archive/segment';
import type { ComparedTable } from '../ledger/archive/verify';
import type { LedgerRow } from '../ledger/row';
import type { CheckedAccount } from '../local/checked-account';
import type { Tables } from './tables';

/** The archive of a fleet; undefined where it has none. */
export async function archiveOf(account: Pick<CheckedAccount, 'archive' | 'awsEnvironment'>): Promise<ArchiveBucket | undefined> {
  if (account.archive === undefined) return undefined;
  const environment = await account.awsEnvironment();
  const client = new S3Client({
    endpoint: environment.AWS_ENDPOINT_URL,
    region: environment.AWS_REGION,
    credentials: { accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '' },
    forcePathStyle: true,
  });
  return new ArchiveBucket(client, account.archive);
}

/** The ledger's table, to be held against the archive. */
export function comparedTable(tables: Pick<Tables, 'ledger' | 'row'>): ComparedTable {
  return { rows: () => tables.ledger(), row: (pk) => tables.row(pk) };
}

/**
 * Rows that the archive knows, as their newest change has left them, what was removed since included.
 * @param enough of those that changed last; all of them when left out
 * @param after number of an object: changes behind it only
 */
export async function archivedRows(
  bucket: Pick<ArchiveBucket, 'segments' | 'read'>,
  enough = Number.POSITIVE_INFINITY,
  after = 0,
): Promise<readonly LedgerRow[]> {
  const rows = new Map<string, LedgerRow>();
  // The newest object comes first, and in it the newest change last.
  for await (const { number, original } of bucket.segments()) {
    if (rows.size >= enough || number <= after) break;
    const lines = ((await bucket.read(segmentKey(number), original)) ?? '').trimEnd().split('\n');
    for (const line of lines.reverse()) {
      const row = recordOf(line)?.row;
      if (row !== undefined && !rows.has(row.pk)) rows.set(row.pk, row);
    }
  }
  return [...rows.values()];
}
