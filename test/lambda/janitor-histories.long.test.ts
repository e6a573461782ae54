import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { endAbandoned } from '../../lambda/abandoned-claims';
import { LedgerTable } from '../../ledger/ledger-table';
import { CONDITIONS, statesBefore } from '../../ledger/protocol';
import { isSettled, type LedgerRow, type LedgerState } from '../../ledger/row';
import { sdkTable } from '../../ledger/table/sdk-table';
import { UnsettledIndex } from '../../ledger/unsettled-index';
import { claimedRow, startLedger, TABLE } from './ledger-rows';

let table: Awaited<ReturnType<typeof startLedger>>;

beforeAll(async () => {
  table = await startLedger();
});
afterAll(() => table.stop());

const UNBOUNDED = { now: Date.now, stopAt: Number.POSITIVE_INFINITY, rows: 10_000 };
const janitor = () => ({ table: new LedgerTable(sdkTable(table.client), TABLE), index: new UnsettledIndex(table.client, TABLE) });

describe('whatever order gateways and janitors come in', () => {
  const BATCHES = 5;
  const ROWS = 8;

  /** Lets others come between its look and its write. */
  class Interrupted extends LedgerTable {
    constructor(private readonly interlude: (pk: string) => Promise<unknown>) {
      super(sdkTable(table.client), TABLE);
    }

    override async read(pk: string) {
      const row = await super.read(pk);
      await this.interlude(pk);
      return row;
    }
  }

  test(`no row ever takes a step that the protocol forbids (${BATCHES * ROWS} random histories)`, async () => {
    const random = seeded(20261126);
    for (let batch = 0; batch < BATCHES; batch++) {
      let clock = 1_000_000;
      const owner = table.gateway(() => clock);
      const rows = Array.from({ length: ROWS }, () => claimedRow('random', { claimedAt: clock, leaseUntil: clock + 10 }));
      await Promise.all(rows.map((row) => owner.claim(row)));
      const moves: readonly ((row: LedgerRow) => Promise<unknown>)[] = [
        (row) => owner.advance(row, 'sent', { sentAt: clock }),
        (row) => owner.advance(row, 'confirmed', { settledAt: clock, result: '{}' }),
        (row) => owner.advance(row, 'not_executed', { settledAt: clock }),
        (row) => owner.advance(row, 'unknown', { settledAt: clock, reason: 'its answer was lost' }),
        (row) => owner.endUnsent(row, { settledAt: clock }),
      ];
      const move = async (row: LedgerRow) => moves[Math.floor(random() ** 2 * moves.length * 1.5)]?.(row);
      const interlude = async (pk: string) => move(rows.find((row) => row.pk === pk) as LedgerRow);
      const sweep = () => endAbandoned('random', { ...janitor(), table: new Interrupted(interlude) }, { ...UNBOUNDED, now: () => clock });
      for (let round = 0; round < 2; round++) {
        clock += Math.floor(random() * 20);
        await Promise.all([sweep(), sweep(), ...rows.map(move)]);
      }
      clock += 20;
      await endAbandoned('random', janitor(), { ...UNBOUNDED, now: () => clock });
      for (const row of rows) {
        const ended = (await owner.read(row.pk)) as LedgerRow;
        expect(forbiddenSteps(ended)).toEqual([]);
        expect(isSettled(ended.state)).toBe(true);
        expect(ended.unsettled).toBe(ended.state === 'unknown' ? 'random#unknown' : undefined);
      }
    }
  });
});

/** Steps of a row's history that no write may take, those of the janitor by the stricter conditions that it goes by. */
function forbiddenSteps({ history = [], state, fence }: LedgerRow): readonly string[] {
  const steps = history.slice(1).map((event, index) => ({ event, from: history[index]?.state as LedgerState }));
  const wrong = steps.filter(({ event, from }) => {
    const byJanitor = event.state === 'unknown' ? CONDITIONS.advance({ fence }, 'unknown') : CONDITIONS.endUnsent({ fence });
    return !(event.by === 'janitor' ? byJanitor.states : statesBefore(event.state)).includes(from);
  });
  return [
    ...wrong.map(({ event, from }) => `${event.by}: ${from} to ${event.state}`),
    ...(history.at(-1)?.state === state ? [] : [`the row is ${state}, its history ends in ${history.at(-1)?.state}`]),
  ];
}

/** Mulberry32: the same histories in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
