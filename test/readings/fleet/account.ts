import { DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { agentId } from '../../../core/agent';
import { UNSETTLED_INDEX } from '../../../core/fleet-config';
import type { LedgerRow } from '../../../ledger/row';
import { startDynamoDb } from '../../../local/dynamodb/embedded-dynamodb';
import { LOCAL_CREDENTIALS } from '../../../local/processes/credentials';
import { type Authority, openAuthority, REGION } from '../../suites/authority';

/** The suite's own index: all rows of one agent, and so of one case. */
const BY_AGENT = 'by-agent';

/** What a fleet needs of AWS and of its issuer, on loopback. */
export interface Account extends Pick<Authority, 'issuer' | 'grant' | 'token'> {
  /** The environment of a program that talks to this account. */
  readonly environment: Readonly<Record<string, string>>;
  /** The ledger's rows of one subject. */
  rows(subject: string): Promise<LedgerRow[]>;
  stop(): Promise<void>;
}

export async function openAccount(): Promise<Account> {
  const authority = await openAuthority('ES256');
  const { issuer, grant, token } = authority;
  const tables = await startDynamoDb(undefined, REGION);
  const dynamodb = new DynamoDBClient({ endpoint: tables.url, region: REGION, credentials: LOCAL_CREDENTIALS });
  await tables.createTable({
    TableName: 'ledger',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [
      ...['pk', 'agent', 'unsettled'].map((name) => ({ AttributeName: name, AttributeType: 'S' as const })),
      { AttributeName: 'leaseUntil', AttributeType: 'N' as const },
    ],
    GlobalSecondaryIndexes: [
      { IndexName: BY_AGENT, KeySchema: [{ AttributeName: 'agent', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
      {
        IndexName: UNSETTLED_INDEX,
        KeySchema: [
          { AttributeName: 'unsettled', KeyType: 'HASH' },
          { AttributeName: 'leaseUntil', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  });
  await tables.createTable({
    TableName: 'directory',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'session', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'session', AttributeType: 'S' }],
  });
  await tables.createTable({
    TableName: 'allowlist',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'agent', KeyType: 'HASH' },
      { AttributeName: 'entry', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: ['agent', 'entry'].map((name) => ({ AttributeName: name, AttributeType: 'S' as const })),
  });
  return {
    issuer,
    environment: authority.environment(tables.url),
    grant,
    token,
    rows: async (subject) => {
      const query = {
        TableName: 'ledger',
        IndexName: BY_AGENT,
        KeyConditionExpression: '#agent = :agent',
        ExpressionAttributeNames: { '#agent': 'agent' },
        ExpressionAttributeValues: marshall({ ':agent': agentId({ issuer, subject }) }),
      };
      const rows: LedgerRow[] = [];
      for await (const { Items = [] } of paginateQuery({ client: dynamodb }, query))
        rows.push(...Items.map((item) => unmarshall(item) as LedgerRow));
      return rows;
    },
    stop: async () => {
      dynamodb.destroy();
      await Promise.all([authority.stop(), tables.stop()]);
    },
  };
}
