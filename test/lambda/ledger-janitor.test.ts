import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JANITOR_CONFIG_VARIABLE } from '../../core/fleet-config';
import { METRICS } from '../../core/metrics';
import { endAbandoned, endingOf } from '../../lambda/abandoned-claims';
import { LedgerTable } from '../../ledger/ledger-table';
import { CONDITIONS } from '../../ledger/protocol';
import type { LedgerRow } from '../../ledger/row';
import { sdkTable } from '../../ledger/table/sdk-table';
import { UnsettledIndex } from '../../ledger/unsettled-index';
import { datapointsOf } from '../../local/logs/emf';
import { claimedRow, rowInShard, startLedger, TABLE } from './ledger-rows';
import { bundleFunction, type StartedFunction, startFunction } from './runtime-api';

type Table = Awaited<ReturnType<typeof startLedger>>;

let table: Table;
let gateway: ReturnType<Table['gateway']>;

beforeAll(async () => {
  table = await startLedger();
  gateway = table.gateway();
});
afterAll(() => table.stop());

const UNBOUNDED = { now: Date.now, stopAt: Number.POSITIVE_INFINITY, rows: 10_000 };
const janitor = () => ({ table: new LedgerTable(sdkTable(table.client), TABLE), index: new UnsettledIndex(table.client, TABLE) });
const stateOf = async ({ pk }: LedgerRow) => (await gateway.read(pk))?.state;

/** A call whose gateway died after it had marked it as sent. */
async function sentRow(server: string, change: Partial<LedgerRow> = {}): Promise<LedgerRow> {
  const row = claimedRow(server, change);
  await gateway.claim(row);
  await gateway.advance(row, 'sent', { sentAt: row.claimedAt + 3 });
  return row;
}

describe('the deployed function', () => {
  const servers = ['bank', 'quiet'];
  let taskRoot: string;
  let fn: StartedFunction;

  const start = (ledgerTable = TABLE) =>
    startFunction(taskRoot, {
      [JANITOR_CONFIG_VARIABLE]: JSON.stringify({ fleet: 'orders', ledgerTable, servers }),
      AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    });

  beforeAll(async () => {
    taskRoot = bundleFunction('ledger-janitor');
    fn = await start();
  });
  afterAll(() => fn.stop());

  test('ends what was sent as unknown and what was not as not executed, says why, and counts', async () => {
    const sent = await sentRow('bank');
    const claimed = claimedRow('bank');
    const living = claimedRow('bank', { leaseUntil: Date.now() + 60_000 });
    for (const row of [claimed, living]) await gateway.claim(row);

    expect((await fn.invoke({})).error).toBeUndefined();

    const unknown = await gateway.read(sent.pk);
    expect(unknown).toMatchObject({ state: 'unknown', unsettled: 'bank#unknown', reason: 'its gateway died and nobody has asked since' });
    expect(unknown?.history?.map(({ state, by }) => [state, by])).toEqual([
      ['claimed', 'replica'],
      ['sent', 'replica'],
      ['unknown', 'janitor'],
    ]);
    expect(unknown?.history?.at(-1)).toMatchObject({ at: unknown?.settledAt, because: 'its gateway died and nobody has asked since' });

    const ended = await gateway.read(claimed.pk);
    expect(ended).toMatchObject({ state: 'not_executed', reason: 'its gateway died before it was sent', settledAt: expect.any(Number) });
    expect(ended).not.toHaveProperty('unsettled');
    expect(await stateOf(living)).toBe('claimed');

    const points = fn
      .output()
      .split('\n')
      .flatMap((line) => datapointsOf(line, 'janitor'))
      .map(({ namespace, dimensions, name, value }) => [namespace, dimensions.Fleet, dimensions.Server, name, value]);
    expect(points.sort()).toEqual([
      ['McpFleet', 'orders', 'bank', 'ClaimsAbandoned', 2],
      ['McpFleet', 'orders', 'bank', 'OutcomeUnknown', 1],
      ['McpFleet', 'orders', 'bank', 'UnknownOutcomes', 1],
      ['McpFleet', 'orders', 'quiet', 'ClaimsAbandoned', 0],
      ['McpFleet', 'orders', 'quiet', 'OutcomeUnknown', 0],
      ['McpFleet', 'orders', 'quiet', 'UnknownOutcomes', 0],
    ]);
    for (const [, , , name] of points) expect(Object.keys(METRICS)).toContain(name);
    expect(fn.output()).toMatch(/"event":"ledger_janitor".*"servers":2,"notExecuted":1,"unknown":1,"standing":1,"level":"info"/);
  });

  test('does nothing more the second time, however often it runs at once', async () => {
    const sent = await sentRow('bank');
    const another = await start();
    try {
      await Promise.all([fn.invoke({}), another.invoke({}), fn.invoke({})]);
      const row = await gateway.read(sent.pk);
      await fn.invoke({});
      expect(await gateway.read(sent.pk)).toEqual(row);
      expect(row?.history?.filter(({ state }) => state === 'unknown')).toHaveLength(1);
    } finally {
      await another.stop();
    }
  });

  test('a table that cannot be read fails the invocation, with the servers and the reason', async () => {
    const broken = await start('no-such-table');
    try {
      const { error } = await broken.invoke({});
      expect(error?.errorMessage).toMatch(/^The claims of 2 servers could not be looked after: bank: .*quiet: /);
      expect(broken.output()).not.toContain('UnknownOutcomes');
    } finally {
      await broken.stop();
    }
  });
});

describe('the end of an abandoned claim', () => {
  test('an owner that sends, or settles, between the look and the write wins', async () => {
    const [claimed, sent] = [claimedRow('races'), await sentRow('races')];
    await gateway.claim(claimed);
    /** Reads, and lets the owner move on before anything is written. */
    class Overtaken extends LedgerTable {
      override async read(pk: string) {
        const row = await super.read(pk);
        if (pk === claimed.pk) await gateway.advance(claimed, 'sent', {});
        else await gateway.advance(sent, 'confirmed', { result: '{}' });
        return row;
      }
    }
    const ended = await endAbandoned('races', { ...janitor(), table: new Overtaken(sdkTable(table.client), TABLE) }, UNBOUNDED);
    expect([ended, await stateOf(claimed), await stateOf(sent)]).toEqual([{ notExecuted: 0, unknown: 0 }, 'sent', 'confirmed']);
  });

  test('an owner that is late cannot send any more, and its late answer still settles what is unknown', async () => {
    const [claimed, sent] = [claimedRow('late'), await sentRow('late')];
    await gateway.claim(claimed);
    expect(await endAbandoned('late', janitor(), UNBOUNDED)).toEqual({ notExecuted: 1, unknown: 1 });
    expect(await gateway.advance(claimed, 'sent', {})).toBe(false);
    expect(await gateway.advance(sent, 'confirmed', { result: '{}' })).toBe(true);
    expect(await stateOf(sent)).toBe('confirmed');
  });

  test('a key whose claim it ended is free, and the row that takes it over is a new one with a lease of its own', async () => {
    const first = claimedRow('keys', { pk: 'keys#agent#k:order-17', idempotencyKey: 'order-17' });
    await gateway.claim(first);
    await endAbandoned('keys', janitor(), UNBOUNDED);
    const standing = (await gateway.read(first.pk)) as LedgerRow;
    const second = { ...first, callId: 'second', fence: 'second', leaseUntil: Date.now() + 60_000 };
    expect(await gateway.reclaim(second, standing, CONDITIONS.reclaim(standing))).toBeUndefined();
    expect(await endAbandoned('keys', janitor(), UNBOUNDED)).toEqual({ notExecuted: 0, unknown: 0 });
    expect(await stateOf(second)).toBe('claimed');
  });

  test('what is unknown or settled is never touched, nor what still has its lease', () => {
    const now = Date.now();
    for (const state of ['confirmed', 'failed', 'not_executed', 'unknown'] as const) {
      expect(endingOf(claimedRow('any', { state }), now)).toBeUndefined();
    }
    for (const state of ['claimed', 'sent'] as const) {
      expect(endingOf(claimedRow('any', { state, leaseUntil: now }), now)).toBeUndefined();
      expect(endingOf(claimedRow('any', { state, leaseUntil: now - 1 }), now)).toBeDefined();
    }
  });

  test('a stale entry of the index does no harm: the row itself decides', async () => {
    const row = await sentRow('stale');
    /** An index that has not heard yet. */
    class Lagging extends UnsettledIndex {
      override async *leaseEnded() {
        yield row.pk;
        yield 'stale#agent#c:gone';
      }
    }
    await gateway.advance(row, 'failed', {});
    expect(await endAbandoned('stale', { ...janitor(), index: new Lagging(table.client, TABLE) }, UNBOUNDED)).toEqual({
      notExecuted: 0,
      unknown: 0,
    });
  });

  test('many are ended over several pages of one shard and over all shards', async () => {
    const many = Array.from({ length: 230 }, (_, i) => (i < 210 ? rowInShard('many', 3) : claimedRow('many')));
    for (let at = 0; at < many.length; at += 30) await Promise.all(many.slice(at, at + 30).map((row) => gateway.claim(row)));
    expect(await endAbandoned('many', janitor(), UNBOUNDED)).toEqual({ notExecuted: 230, unknown: 0 });
    expect(await endAbandoned('many', janitor(), UNBOUNDED)).toEqual({ notExecuted: 0, unknown: 0 });
  });

  test('a run stops at its bounds, and the next ones do the rest', async () => {
    for (let i = 0; i < 25; i++) await gateway.claim(claimedRow('bounded'));
    const bounded = (rows: number) => endAbandoned('bounded', janitor(), { ...UNBOUNDED, rows });
    expect(await endAbandoned('bounded', janitor(), { ...UNBOUNDED, stopAt: Date.now() })).toEqual({ notExecuted: 0, unknown: 0 });
    const runs = [await bounded(10), await bounded(10), await bounded(10), await bounded(10)];
    expect(runs.map(({ notExecuted }) => notExecuted)).toEqual([10, 10, 5, 0]);
  });

  test('reads stand in no index: one whose answer was lost is not among the unknown', async () => {
    await gateway.append(claimedRow('reads', { state: 'unknown', stateChanging: false }));
    await gateway.append(claimedRow('reads', { state: 'unknown' }));
    expect(await janitor().index.countUnknown('reads')).toBe(1);
  });
});
