import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ArchiveWriter } from '../../../lambda/archive-writer';
import { sealedChanges } from '../../../lambda/sealed-changes';
import { ArchiveBucket } from '../../../ledger/archive/archive-bucket';
import { archivedCalls } from '../../../ledger/archive/archived-rows';
import { type Change, imageHash } from '../../../ledger/archive/record';
import { ofKey } from '../../../ledger/printing/lines';
import type { LedgerRow } from '../../../ledger/row';
import { LOCAL_CREDENTIALS } from '../../../local/processes/credentials';
import { claimedRow } from '../../lambda/ledger-rows';
import { type DeployedAccount, startDeployedAccount } from '../../local/fixtures/deployed-account';

/** Calls that the table has forgotten: each was written, and has expired since. */
const CALLS = 10_000;
const IN_OBJECT = 500;
const KEY = Buffer.alloc(32, 7);
const keys = { current: async () => ({ id: '00001', key: KEY }), find: async () => KEY };

let account: DeployedAccount;
let client: S3Client;
let archive: ArchiveBucket;
const rows = Array.from({ length: CALLS }, (_, call) =>
  claimedRow('bank', { callId: `id-${call}`, pk: `bank#agent#k:key-${call}`, idempotencyKey: `key-${call}`, arguments: `{"n":${call}}` }),
);
const repeat = claimedRow('bank', { callId: 'again', pk: 'bank#agent#c:again', reason: 'REPLAYED: id-17', state: 'not_executed' });

beforeAll(async () => {
  account = await startDeployedAccount();
  account.publishing.objects.createBucket('archive', { versioning: 'Enabled', objectLock: {} });
  client = new S3Client({ ...account.client, credentials: LOCAL_CREDENTIALS, forcePathStyle: true });
  archive = new ArchiveBucket(client, 'archive');
  const writer = new ArchiveWriter(archive);
  const written = [...rows, repeat].map((row, index): Change => ({ ...place(row, index), event: 'INSERT', row }));
  const removed = rows.map(
    (row, index): Change => ({ ...place(row, CALLS + 1 + index), event: 'REMOVE', before: imageHash(row), expired: true }),
  );
  const all = [...written, ...removed];
  for (let from = 0; from < all.length; from += IN_OBJECT)
    await writer.append(await sealedChanges(all.slice(from, from + IN_OBJECT), keys));
}, 300_000);
afterAll(async () => {
  client.destroy();
  await account.stop();
});

const place = ({ pk }: LedgerRow, index: number) => ({ eventId: `event-${index}`, shardSequence: String(index), at: 1_000 + index, pk });

test.each(['key-0', 'key-5000', 'key-9999', 'id-0', 'id-9999'])('%s is told, whole, by the archive alone', async (name) => {
  const number = Number(name.split('-')[1]);
  const { calls } = ofKey(await archivedCalls(name, archive, keys), name);
  expect(calls).toEqual([rows[number]]);
});

test('who asked again is told with the call, and a name that nobody has is not there', async () => {
  expect(ofKey(await archivedCalls('key-17', archive, keys), 'key-17')).toEqual({ calls: [rows[17]], references: [repeat] });
  expect(ofKey(await archivedCalls('key-17000', archive, keys), 'key-17000').calls).toEqual([]);
});
