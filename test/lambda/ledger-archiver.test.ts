import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import { ARCHIVER_CONFIG_VARIABLE } from '../../core/fleet-config';
import { METRICS } from '../../core/metrics';
import { AgentKeys } from '../../ledger/archive/agent-keys';
import { ArchiveBucket } from '../../ledger/archive/archive-bucket';
import { type ArchiveRecord, chained, imageHash, linesOf } from '../../ledger/archive/record';
import { openedRow } from '../../ledger/archive/sealed-row';
import { segmentKey } from '../../ledger/archive/segment';
import { verify } from '../../ledger/archive/verify';
import { eventOf } from '../../ledger/expressions';
import { itemOf } from '../../ledger/item';
import type { LedgerRow, LedgerState } from '../../ledger/row';
import { type EmbeddedDynamoDb, startDynamoDb } from '../../local/dynamodb/embedded-dynamodb';
import { datapointsOf } from '../../local/logs/emf';
import { LOCAL_CREDENTIALS } from '../../local/processes/credentials';
import { AGENT_KEYS, createKeysTable } from '../ledger/archive/keys-table';
import { type DeployedAccount, startDeployedAccount } from '../local/fixtures/deployed-account';
import { claimedRow } from './ledger-rows';
import { bundleFunction, type StartedFunction, startFunction } from './runtime-api';

let account: DeployedAccount;
let client: S3Client;
let dynamodb: EmbeddedDynamoDb;
let keysClient: DynamoDBClient;
let taskRoot: string;
let fn: StartedFunction;
let bucket: string;
let buckets = 0;

beforeAll(async () => {
  account = await startDeployedAccount();
  client = new S3Client({ ...account.client, credentials: LOCAL_CREDENTIALS, forcePathStyle: true });
  dynamodb = await startDynamoDb(undefined, 'eu-central-1');
  await createKeysTable(dynamodb);
  keysClient = new DynamoDBClient({ endpoint: dynamodb.url, region: 'eu-central-1', credentials: LOCAL_CREDENTIALS });
  taskRoot = bundleFunction('ledger-archiver');
});
afterAll(async () => {
  client.destroy();
  keysClient.destroy();
  await dynamodb.stop();
  await account.stop();
});

beforeEach(() => {
  bucket = `archive-${++buckets}`;
  const retention = { mode: 'COMPLIANCE', days: 1 } as const;
  account.publishing.objects.createBucket(bucket, { versioning: 'Enabled', objectLock: { retention } });
});

const keysOf = () => new AgentKeys(keysClient, AGENT_KEYS, 0);

const start = (name = bucket, agentKeysTable = AGENT_KEYS) =>
  startFunction(taskRoot, {
    [ARCHIVER_CONFIG_VARIABLE]: JSON.stringify({ fleet: 'orders', bucket: name, agentKeysTable }),
    AWS_ENDPOINT_URL: account.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
  });

let numbers = 0;

function record(before: LedgerRow | undefined, after: LedgerRow | undefined, more: Partial<DynamoDBRecord> = {}): DynamoDBRecord {
  const id = String(++numbers).padStart(21, '0');
  return {
    eventID: `event-${id}`,
    eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
    dynamodb: {
      ApproximateCreationDateTime: 1_795_780_000,
      Keys: { pk: { S: (after ?? before)?.pk as string } },
      SequenceNumber: id,
      ...(after && { NewImage: itemOf(after) as never }),
      ...(before && { OldImage: itemOf(before) as never }),
    },
    ...more,
  };
}

const rowIn = (state: LedgerState): LedgerRow => ({ ...claimedRow('bank'), state, history: [eventOf(state, 'replica', 1)] });
const stepOf = (row: LedgerRow, state: LedgerState): LedgerRow => ({
  ...row,
  state,
  history: [...(row.history ?? []), eventOf(state, 'replica', 2)],
});

async function recordsOf(segment: number): Promise<readonly ArchiveRecord[]> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: segmentKey(segment) }));
  return ((await Body?.transformToString()) ?? '')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ArchiveRecord);
}

const TTL = { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } };

describe('the deployed function', () => {
  test('archives each change with its row, the hash of what was before, and its place; once', async () => {
    fn = await start();
    try {
      const sent = rowIn('sent');
      const confirmed = stepOf(sent, 'confirmed');
      const batch = { Records: [record(undefined, sent), record(sent, confirmed)] };
      expect((await fn.invoke(batch)).error).toBeUndefined();
      expect((await fn.invoke(batch)).error).toBeUndefined();
      expect((await fn.invoke({ Records: [record(confirmed, undefined, TTL)] })).error).toBeUndefined();

      const [first, second] = await recordsOf(1);
      const [third] = await recordsOf(2);
      expect(first).toMatchObject({
        sequence: 1,
        event: 'INSERT',
        pk: sent.pk,
        row: { callId: sent.callId, state: 'sent' },
        at: 1_795_780_000_000,
      });
      expect(second).toMatchObject({
        sequence: 2,
        event: 'MODIFY',
        previous: first?.hash,
        before: imageHash((await openedRow(first as ArchiveRecord, keysOf())) as LedgerRow),
      });
      expect(third).toMatchObject({ sequence: 3, event: 'REMOVE', previous: second?.hash, expired: true });
      expect(third).not.toHaveProperty('outside');

      const table = { pages: async function* () {}, row: async () => undefined };
      const archive = new ArchiveBucket(client, bucket);
      const verdict = { segments: 2, records: 3, rows: 0, earlier: 0, shredded: 0, findings: [], more: 0 };
      expect(await verify(archive, table, { patienceMs: 0, keys: keysOf() })).toEqual(verdict);
      expect(JSON.stringify(await recordsOf(1))).not.toContain('issuer.test');
      expect(fn.output()).toMatch(/"event":"ledger_archiver".*"records":2,"appended":0,"outside":0,"level":"info"/);
    } finally {
      await fn.stop();
    }
  });

  test('names what is outside the protocol, and tells nothing of what is in it', async () => {
    fn = await start();
    try {
      const row = { ...rowIn('confirmed'), arguments: '{"iban":"DE89"}', result: '{"secret":1}' };
      const Records = [record(row, undefined), record(row, { ...row, subject: 'somebody' }), record(undefined, rowIn('sent'))];
      expect((await fn.invoke({ Records })).error).toBeUndefined();

      expect((await recordsOf(1)).map(({ outside }) => outside)).toEqual(['the row was deleted', 'its subject was changed', undefined]);
      const output = fn.output();
      expect(output).toMatch(/"event":"ledger_outside_protocol","level":"error","pk":"bank#agent#c:call-\d+","change":"REMOVE"/);
      expect(output).not.toMatch(/DE89|secret|somebody/);
      const points = output.split('\n').flatMap((line) => datapointsOf(line, 'archiver'));
      expect(points.map(({ dimensions, name, value }) => [dimensions.Fleet, dimensions.Server, name, value])).toEqual([
        ['orders', '*', 'LedgerChangesArchived', 3],
        ['orders', '*', 'LedgerChangesOutside', 2],
      ]);
      for (const { name } of points) expect(Object.keys(METRICS)).toContain(name);
    } finally {
      await fn.stop();
    }
  });

  test('two at once make one chain', async () => {
    const functions = await Promise.all([start(), start()]);
    try {
      const batches = Array.from({ length: 8 }, () => ({ Records: [record(undefined, rowIn('sent')), record(undefined, rowIn('sent'))] }));
      const ended = await Promise.all(batches.map((batch, at) => (functions[at % 2] as StartedFunction).invoke(batch)));
      expect(ended.map(({ error }) => error)).toEqual(batches.map(() => undefined));
      const table = { pages: async function* () {}, row: async () => undefined };
      const { records, findings } = await verify(new ArchiveBucket(client, bucket), table, { patienceMs: 0, keys: keysOf() });
      expect([records, findings.filter(({ fault }) => fault !== 'differs')]).toEqual([16, []]);
    } finally {
      await Promise.all(functions.map((each) => each.stop()));
    }
  });

  test('an object that was deleted, or written over by a chain that is whole as well, is named with the version that is kept', async () => {
    fn = await start();
    try {
      for (const state of ['sent', 'confirmed', 'failed'] as const) await fn.invoke({ Records: [record(undefined, rowIn(state))] });
    } finally {
      await fn.stop();
    }
    const [[first], [last]] = await Promise.all([recordsOf(1), recordsOf(3)]);
    if (last === undefined) throw new Error('nothing was archived');
    const { previous, sequence, hash: _, ...change } = last;
    const Body = linesOf(
      chained({ sequence: sequence - 1, hash: previous }, [{ ...change, row: { ...last.row, state: 'confirmed' } as LedgerRow }]),
    );
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: segmentKey(3), Body }));
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: segmentKey(1) }));

    const archived = (await Promise.all([recordsOf(2), [first as ArchiveRecord, last]])).flat();
    const rows = (await Promise.all(archived.map((each) => openedRow(each, keysOf())))) as LedgerRow[];
    const standing = new Map(rows.map((row) => [row.pk, row]));
    const table = {
      pages: async function* () {
        yield [...standing.values()];
      },
      row: async (pk: string) => standing.get(pk),
    };
    const archive = new ArchiveBucket(client, bucket);
    const { findings } = await verify(archive, table, { patienceMs: 0, keys: keysOf() });
    expect(findings.map(({ fault, what, why }) => [fault, what, why.split(';')[0]])).toEqual([
      ['missing', segmentKey(1), 'it was deleted by somebody'],
      ['edited', segmentKey(3), 'it was written over by somebody'],
    ]);
    const [, original = ''] = /its version (\S+),/.exec(findings[1]?.why ?? '') ?? [];
    expect(await archive.read(segmentKey(3), original)).toBe(linesOf([last]));
    const remove = new DeleteObjectCommand({ Bucket: bucket, Key: segmentKey(3), VersionId: original });
    await expect(client.send(remove)).rejects.toMatchObject({ name: 'AccessDenied' });
    // What comes later goes behind what was archived.
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: segmentKey(3) }));
    fn = await start();
    try {
      expect((await fn.invoke({ Records: [record(undefined, rowIn('sent'))] })).error).toBeUndefined();
    } finally {
      await fn.stop();
    }
    expect((await recordsOf(4)).map(({ sequence, previous }) => [sequence, previous])).toEqual([[4, last.hash]]);
  });

  test('a batch whose keys are not to be had fails, and nothing of it is archived', async () => {
    fn = await start(bucket, 'none');
    try {
      expect((await fn.invoke({ Records: [record(undefined, rowIn('sent'))] })).error?.errorType).toBe('ResourceNotFoundException');
      expect(await new ArchiveBucket(client, bucket).newest()).toBe(0);
    } finally {
      await fn.stop();
    }
  });

  test('an agent whose key was destroyed has another one for what comes later', async () => {
    const row = { ...rowIn('sent'), agent: 'forgotten' };
    fn = await start();
    try {
      expect((await fn.invoke({ Records: [record(undefined, row)] })).error).toBeUndefined();
      expect(await keysOf().shred('forgotten', { by: 'privacy', reason: 'request 7' })).toBe(1);
    } finally {
      await fn.stop();
    }
    fn = await start();
    try {
      expect((await fn.invoke({ Records: [record(row, stepOf(row, 'confirmed'))] })).error).toBeUndefined();
    } finally {
      await fn.stop();
    }
    const [[first], [second]] = await Promise.all([recordsOf(1), recordsOf(2)]);
    const [gone, kept] = await Promise.all([first, second].map((each) => openedRow(each as ArchiveRecord, keysOf())));
    expect([gone?.subject, gone?.arguments, gone?.state, gone?.unread]).toEqual(['shredded', 'shredded', 'sent', 'shredded']);
    expect(kept).toMatchObject(stepOf(row, 'confirmed'));
    const pages = async function* () {
      yield [kept as LedgerRow];
    };
    const table = { pages, row: async () => undefined };
    const verdict = await verify(new ArchiveBucket(client, bucket), table, { patienceMs: 0, keys: keysOf() });
    expect(verdict).toMatchObject({ records: 2, rows: 1, shredded: 1, findings: [] });
  });

  test('a bucket that cannot be written fails the batch', async () => {
    fn = await start('nobody');
    try {
      expect((await fn.invoke({ Records: [record(undefined, rowIn('sent'))] })).error?.errorType).toBe('NoSuchBucket');
    } finally {
      await fn.stop();
    }
  });
});
