import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { UNSETTLED_INDEX } from '../../core/fleet-config';
import { Ledger } from '../../ledger/ledger';
import { LedgerTable } from '../../ledger/ledger-table';
import { type LedgerRow, ledgerKey, OPEN_SHARDS, openPartition, unsettledPartition } from '../../ledger/row';
import { sdkTable } from '../../ledger/table/sdk-table';

export const TABLE = 'ledger';

/** A real table in dynalite, with the keys and the index of the template, and a gateway's way to write it. */
export async function startLedger() {
  const server = dynalite({ createTableMs: 0 }) as unknown as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
  await client.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'unsettled', AttributeType: 'S' },
        { AttributeName: 'leaseUntil', AttributeType: 'N' },
      ],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: UNSETTLED_INDEX,
          KeySchema: [
            { AttributeName: 'unsettled', KeyType: 'HASH' },
            { AttributeName: 'leaseUntil', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
  return {
    client,
    endpoint,
    gateway: (now: () => number = Date.now, name = 'replica') => new Ledger(new LedgerTable(sdkTable(client), TABLE), { name, now }),
    stop: async () => {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let rows = 0;

/** A state-changing call that is claimed; its lease ended an hour ago unless a test says otherwise. */
export function claimedRow(server: string, change: Partial<LedgerRow> = {}): LedgerRow {
  const callId = `call-${++rows}`;
  const claimedAt = Date.now() - 2 * 3_600_000;
  return {
    pk: ledgerKey(server, 'agent', `c:${callId}`),
    callId,
    server,
    agent: 'agent',
    issuer: 'https://issuer.test',
    subject: 'treasury',
    tool: 'transfer',
    argumentsDigest: 'd',
    arguments: '{}',
    stateChanging: true,
    state: 'claimed',
    fence: `fence-${rows}`,
    owner: 'replica',
    claimedAt,
    leaseUntil: claimedAt + 3_600_000,
    ...change,
  };
}

/** A claim that stands in one shard of the index. */
export function rowInShard(server: string, shard: number, change: Partial<LedgerRow> = {}): LedgerRow {
  if (shard >= OPEN_SHARDS) throw new RangeError(`there is no shard ${shard}`);
  for (;;) {
    const row = claimedRow(server, change);
    if (unsettledPartition(row) === openPartition(server, shard)) return row;
  }
}
