import { eventOf, type RowStep } from '../ledger/expressions';
import type { LedgerTable } from '../ledger/ledger-table';
import { CONDITIONS } from '../ledger/protocol';
import { type LedgerRow, type LedgerState, OPEN_SHARDS, openPartition } from '../ledger/row';
import type { UnsettledIndex } from '../ledger/unsettled-index';

/** How it signs in a row's history. */
const JANITOR = 'janitor';

/** How far one run goes; what is left is the next run's. */
export interface RunBounds {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** When it stops, in milliseconds since the epoch. */
  readonly stopAt: number;
  /** Most rows of one server that it looks at. */
  readonly rows: number;
}

/** The ledger, as far as the janitor touches it: single rows and the index, updates, no put and no delete. */
export interface SweptLedger {
  readonly table: Pick<LedgerTable, 'read' | 'update'>;
  readonly index: Pick<UnsettledIndex, 'leaseEnded'>;
}

/** How many claims of a server were ended, by their outcome. */
export interface Ended {
  readonly notExecuted: number;
  readonly unknown: number;
}

/** Ends the claims of a server whose owners have left them: their lease is over, and nobody has asked for them since. */
export async function endAbandoned(server: string, ledger: SweptLedger, { now, stopAt, rows }: RunBounds): Promise<Ended> {
  const ended = { notExecuted: 0, unknown: 0 };
  let looked = 0;
  for (const shard of shardsAt(now())) {
    for await (const pk of ledger.index.leaseEnded(openPartition(server, shard), now())) {
      if (looked++ === rows || now() >= stopAt) return ended;
      const outcome = await end(pk, ledger, now());
      if (outcome === 'not_executed') ended.notExecuted++;
      if (outcome === 'unknown') ended.unknown++;
    }
  }
  return ended;
}

/** Another shard comes first in every minute, so that none is kept waiting where one run cannot end them all. */
function shardsAt(now: number): readonly number[] {
  const first = Math.floor(now / 60_000);
  return Array.from({ length: OPEN_SHARDS }, (_, index) => (first + index) % OPEN_SHARDS);
}

/** Ends one claim; undefined when there was nothing to end, or somebody else came first, its owner perhaps. */
async function end(pk: string, { table }: SweptLedger, now: number): Promise<LedgerState | undefined> {
  const row = await table.read(pk);
  const step = row === undefined ? undefined : endingOf(row, now);
  if (row === undefined || step === undefined) return undefined;
  return (await table.update(row, step)) ? step.event.state : undefined;
}

/**
 * What becomes of a row whose lease has ended; undefined where it has not, or the row is settled. Where nothing was sent
 * nothing happened, and an owner that is only slow cannot send any more. Where something was, nobody here can tell.
 */
export function endingOf(row: LedgerRow, now: number): RowStep | undefined {
  if (row.leaseUntil >= now) return undefined;
  if (row.state === 'claimed') return ending('not_executed', CONDITIONS.endUnsent(row), 'its gateway died before it was sent', now);
  if (row.state === 'sent') {
    return ending('unknown', CONDITIONS.advance(row, 'unknown'), 'its gateway died and nobody has asked since', now);
  }
  return undefined;
}

function ending(state: LedgerState, condition: RowStep['condition'], reason: string, now: number): RowStep {
  return { condition, event: eventOf(state, JANITOR, now, reason), changes: { settledAt: now, reason } };
}
