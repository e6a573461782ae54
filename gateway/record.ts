import { FleetError } from '../core/errors';
import type { LedgerRow, Outcome } from '../core/ledger';
import type { Claimed, Forwarded, Identified, ToolCall } from './call';
import type { Gateway } from './gateway';
import type { Settlement } from './ledger/ledger';
import { newRow } from './ledger/row';
import { recordOpening, recordSessionState } from './ledger/session-record';

/**
 * Makes the outcome durable before anyone sees the result. A claimed call is settled under its fence, a read is written
 * whole, and a session is listed in the directory.
 * @throws FleetError LEDGER_UNAVAILABLE, but never for a write: its real result is not thrown away
 */
export async function record(forwarded: Forwarded, gateway: Gateway): Promise<Forwarded> {
  const { lane, answer, toolCall } = forwarded;
  if (answer === undefined) return forwarded;
  if (lane === 'open') return recordOpening(forwarded, answer, gateway);
  if (lane === 'relay') await recordSessionState(forwarded, answer, gateway);
  if (toolCall !== undefined) await recordCall({ ...forwarded, toolCall }, gateway);
  return forwarded;
}

async function recordCall(call: RecordableCall, gateway: Gateway): Promise<void> {
  const { claim, replay, verdict } = call;
  if (replay !== undefined) return recordReplay(call, replay, gateway);
  if (verdict === undefined) return;
  const { outcome, settlement } = verdict;
  count(call.server, outcome, gateway);
  if (claim !== undefined) return settleClaim(claim, outcome, settlement, gateway);
  await gateway.ledger.append({ ...newRow(call, gateway, 'callId'), ...settlement, state: outcome });
}

/** Said in the history of a row that could not be written in time. */
const LATE = 'written late: the table took no writes';

type RecordableCall = Forwarded & { toolCall: ToolCall };

/** A replay executed nothing, but who asked again is part of the audit. */
async function recordReplay(call: RecordableCall, replay: LedgerRow, gateway: Gateway): Promise<void> {
  const row = {
    ...newRow(call, gateway, 'callId'),
    settledAt: gateway.now(),
    state: 'not_executed',
    reason: `REPLAYED: ${replay.callId}`,
  } as const;
  await append(row, gateway).catch((error: Error) => {
    gateway.metrics.count(call.server, 'LedgerFailures');
    gateway.log.error({ event: 'replay_not_recorded', callId: row.callId, reason: error.message });
  });
}

/** What a caller is told when a stage could not go on, and which row says the same. */
export async function recordRefusal(error: unknown, reached: Identified | Claimed | undefined, gateway: Gateway): Promise<FleetError> {
  const refusal = FleetError.is(error) ? error : unexpected(error, reached, gateway);
  if (reached?.toolCall === undefined) return refusal;
  const { toolCall, server } = reached;
  const settlement: Settlement = { settledAt: gateway.now(), reason: `${refusal.kind}: ${refusal.detail.reason}` };
  const claim = 'claim' in reached ? reached.claim : undefined;
  // Without a claim nothing of a write was sent, whatever is known of the earlier call that it repeats.
  const state = claim === undefined && toolCall.policy.effect === 'state_changing' ? 'not_executed' : refusal.outcome;
  count(server, state, gateway);
  try {
    if (claim !== undefined) await settleRefused(claim, state, settlement, gateway);
    else await append({ ...newRow({ ...reached, toolCall }, gateway, 'callId'), ...settlement, state }, gateway);
  } catch (failure) {
    gateway.metrics.count(server, 'LedgerFailures');
    gateway.log.error({ event: 'refusal_not_recorded', server, callId: toolCall.callId, reason: (failure as Error).message });
  }
  return named(refusal, toolCall);
}

/** @throws FleetError LEDGER_UNAVAILABLE; the row is written as soon as the table takes it */
async function append(row: LedgerRow, gateway: Gateway): Promise<void> {
  await gateway.ledger.append(row).catch((error: Error) => {
    gateway.lateWrites.keep(row.callId, () => gateway.ledger.append(row));
    throw error;
  });
}

/** Without a key it is the fence that knows a retry: it stays up for an unknown outcome and falls when nothing was executed. */
async function settleRefused(claim: LedgerRow, state: Outcome, settlement: Settlement, gateway: Gateway): Promise<void> {
  await settleClaim(claim, state, settlement, gateway);
  if (claim.idempotencyKey !== undefined) return;
  if (state === 'unknown') await gateway.fences.leaveUnresolved(claim);
  else await gateway.fences.lower(claim);
}

async function settleClaim(claim: LedgerRow, outcome: Outcome, settlement: Settlement, gateway: Gateway): Promise<void> {
  try {
    if (await gateway.ledger.advance(claim, outcome, settlement)) return;
    gateway.log.error({ event: 'claim_not_ours', callId: claim.callId, outcome });
  } catch (error) {
    gateway.log.error({ event: 'claim_not_settled', callId: claim.callId, outcome, reason: (error as Error).message });
    gateway.lateWrites.keep(claim.callId, () => gateway.ledger.advance(claim, outcome, settlement, LATE));
  }
  gateway.metrics.count(claim.server, 'LedgerFailures');
}

/** A fault of ours. Behind a claim nobody can tell how far the call got. */
function unexpected(error: unknown, reached: Identified | Claimed | undefined, gateway: Gateway): FleetError {
  gateway.log.error({ event: 'internal_error', reason: (error as Error).stack ?? String(error) });
  const sent = reached !== undefined && 'claim' in reached && reached.claim !== undefined;
  return sent
    ? new FleetError('OUTCOME_UNKNOWN', { reason: 'the gateway failed' })
    : new FleetError('INTERNAL', { reason: 'see the log of the gateway' });
}

function named(refusal: FleetError, { callId, idempotencyKey }: ToolCall): FleetError {
  return new FleetError(refusal.kind, { callId, ...(idempotencyKey !== undefined && { idempotencyKey }), ...refusal.detail });
}

function count(server: string, outcome: Outcome, gateway: Gateway): void {
  const byOutcome = {
    confirmed: 'CallsConfirmed',
    failed: 'CallsFailed',
    not_executed: 'CallsNotExecuted',
    unknown: 'OutcomeUnknown',
  } as const;
  gateway.metrics.count(server, 'Calls');
  gateway.metrics.count(server, byOutcome[outcome]);
}
