import type { Logger } from 'pino';
import { FleetError } from '../../core/errors';
import { markError, stampResult } from '../../core/stamp';
import { LOOKING } from '../../ledger/evidence';
import { resultOf } from '../../ledger/kept-text';
import type { Ledger } from '../../ledger/ledger';
import { isSettled, type LedgerRow, ledgerKey } from '../../ledger/row';
import type { Identified } from '../call';
import type { OutcomeWatch } from './outcome-watch';

export interface ReportParts {
  readonly ledger: Ledger;
  readonly outcomes: OutcomeWatch;
  readonly log: Logger;
}

type Asker = Pick<Identified, 'server' | 'agentId'>;

/** What became of a call, for the agent who made it. */
export interface OutcomeReport {
  /** JSON text of who called what, and its outcome, or its state while there is none. */
  readonly facts: string;
  /** The facts, and the result or error as the server wrote it: numbers that JavaScript cannot hold stay what they are. */
  readonly whole: string;
}

/**
 * Finds a call, brings its row up to date and describes it. Executes nothing: where the outcome is still open its instance
 * is asked, and the read that the operator has declared.
 * @param key idempotency key or call id
 * @throws FleetError UNKNOWN_CALL, LEDGER_UNAVAILABLE
 */
export async function reportOutcome(asker: Asker, key: string, { ledger, outcomes, log }: ReportParts): Promise<OutcomeReport> {
  const row = await bringUpToDate(await findRow(asker, key, ledger), outcomes);
  log.info({ event: 'outcome_asked', callId: row.callId, server: row.server, agent: row.agent, state: row.state });
  return describe(row);
}

/** The row's key begins with the agent who asks: no key leads to a row of another one. */
async function findRow({ server, agentId }: Asker, key: string, ledger: Ledger): Promise<LedgerRow> {
  for (const name of [`k:${key}`, `c:${key}`]) {
    const row = await ledger.read(ledgerKey(server, agentId, name));
    if (row !== undefined) return row;
  }
  throw new FleetError('UNKNOWN_CALL', { reason: `neither an idempotency key nor a call id on "${server}"` });
}

/** Evidence may have turned up since; a row whose gateway died has nobody else to settle it. */
async function bringUpToDate(row: LedgerRow, outcomes: OutcomeWatch): Promise<LedgerRow> {
  if (row.state === 'unknown') return outcomes.reconsider(row, LOOKING);
  return isSettled(row.state) ? row : outcomes.lookAgain(row);
}

async function describe(row: LedgerRow): Promise<OutcomeReport> {
  const { callId, idempotencyKey, server, tool, state, settledAt, resolvedAt, resolutionReason, reason } = row;
  const facts = JSON.stringify({
    callId,
    idempotencyKey,
    server,
    tool,
    ...(isSettled(state) ? { outcome: state } : { state }),
    settledAt: resolvedAt ?? settledAt,
    reason: resolutionReason ?? reason,
  });
  const kept = await resultOf(row);
  const shown = kept === undefined ? '' : row.resultIsError === true ? `,"error":${markError(kept)}` : `,"result":${stampResult(kept)}`;
  return { facts, whole: `${facts.slice(0, -1)}${shown}}` };
}
