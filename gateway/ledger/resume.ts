import { FleetError } from '../../core/errors';
import type { CallEvent } from '../../core/sealed-event';
import { ALL_WAYS } from '../../ledger/evidence';
import type { Ledger } from '../../ledger/ledger';
import { isSettled, type LedgerRow, ledgerKey } from '../../ledger/row';
import type { Routed } from '../call';
import { type EventIdParts, sealCallEvents } from '../http/event-ids';
import type { OutcomeWatch } from './outcome-watch';

export interface ResumeParts extends EventIdParts {
  readonly ledger: Ledger;
  readonly outcomes: OutcomeWatch;
}

/**
 * Gives the outcome of a call to an agent that lost the stream of it, whichever replica it comes to: the ledger has the
 * answer as soon as anyone has. The agent's new stream stands open, and is primed again, until then.
 * @throws FleetError OUTCOME_UNKNOWN, as an event under the id of the call that was lost; UNKNOWN_SESSION likewise when there is no such call
 */
export async function resume(routed: Routed, event: CallEvent, { ledger, outcomes, sealKeys }: ResumeParts): Promise<LedgerRow> {
  const { server, agentId, exchange } = routed;
  // First of all the stream: SDKs hang on a refused resumption, but read an error in it.
  const ids = sealCallEvents(event, routed, { sealKeys });
  if (ids !== undefined) exchange.reply.prime(ids.first, ids.last);
  let row = await ledger.read(ledgerKey(server, agentId, event.row));
  if (row === undefined) throw new FleetError('UNKNOWN_SESSION', { reason: 'Last-Event-ID names no call of this agent' });
  while (!isSettled(row.state) && row.openTask === undefined) {
    if (exchange.gone.over) throw new FleetError('IN_PROGRESS', { reason: 'the agent left again', callId: row.callId });
    row = await outcomes.lookAgain(row);
  }
  if (row.state === 'unknown') row = await outcomes.reconsider(row, ALL_WAYS, () => !exchange.gone.over);
  if (row.openTask !== undefined && !isSettled(row.state)) return row;
  if (row.state === 'confirmed' || row.state === 'failed' || row.state === 'input_required') return row;
  const detail = { callId: row.callId, ...(row.idempotencyKey !== undefined && { idempotencyKey: row.idempotencyKey }) };
  if (row.state === 'unknown') throw new FleetError('OUTCOME_UNKNOWN', { reason: row.reason ?? 'its answer was lost', ...detail });
  throw new FleetError('NOT_DELIVERED', { reason: row.reason ?? 'it was not sent', ...detail });
}
