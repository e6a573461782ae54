import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { AgentKeys } from '../ledger/archive/agent-keys';
import { ArchiveBucket } from '../ledger/archive/archive-bucket';
import type { ComparedTable } from '../ledger/archive/verify';
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

/** Keys by which what is archived is read; undefined where the archive has none. What they open is read once. */
export function agentKeysOf(client: DynamoDBClient, { agentKeys }: CheckedAccount['tables']): AgentKeys | undefined {
  return agentKeys === undefined ? undefined : new AgentKeys(client, agentKeys, Number.POSITIVE_INFINITY);
}

/** The ledger's table, to be held against the archive. */
export function comparedTable({ ledgerPages, row }: Pick<Tables, 'ledgerPages' | 'row'>): ComparedTable {
  return { pages: ledgerPages, row };
}
