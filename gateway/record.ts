import type { Logger } from 'pino';
import { FleetError } from '../core/errors';
import type { Outcome } from '../core/outcome';
import type { Ledger, Settlement } from '../ledger/ledger';
import type { LedgerRow } from '../ledger/row';
import type { Verdict } from '../ledger/verdict';
import type { Claimed, Forwarded, Identified, ToolCall } from './call';
import type { Fences } from './ledger/fences';
import type { LateWrites } from './ledger/late-writes';
import { newRow, type RowParts } from './ledger/new-row';
import type { OpenTasks } from './ledger/open-tasks';
import { writeVerdict } from './ledger/outcome-watch';
import { recordOpening, recordSessionState, type SessionParts } from './ledger/session-record';
import type { Metrics } from './metrics';
import { endUntold, type UntoldParts } from './opening';
import type { Answer } from './upstream/answer';

/** What writes the outcomes of calls. */
export interface OutcomeParts extends RowParts {
  readonly openTasks: OpenTasks;
  readonly ledger: Ledger;
  readonly fences: Fences;
  readonly lateWrites: LateWrites;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export type RecordParts = OutcomeParts & SessionParts & UntoldParts;

/**
 * Makes the outcome durable before anyone sees the result. A claimed call is settled under its fence, a read is written
 * whole, and a session is listed in the directory.
 * @throws FleetError LEDGER_UNAVAILABLE, but never for a write: its real result is not thrown away
 */
export async function record(forwarded: Forwarded, parts: RecordParts): Promise<Forwarded> {
  const { lane, answer } = forwarded;
  if (answer === undefined) return forwarded;
  if (lane === 'open') return recordOpened(forwarded, answer, parts);
  if (lane === 'relay') await recordRelayed(forwarded, answer, parts);
  if (isCall(forwarded)) await recordCall(forwarded, parts);
  return forwarded;
}

/** A session that cannot be listed cannot be told either. */
async function recordOpened(forwarded: Forwarded, answer: Answer, parts: RecordParts): Promise<Forwarded> {
  try {
    return await recordOpening(forwarded, answer, parts);
  } catch (error) {
    if (answer.opened !== undefined) await endUntold(forwarded, answer.opened, parts);
    throw error;
  }
}

/** What a request that is no call leaves behind: the state of its session, and the end of a call that went on as a task. */
async function recordRelayed(forwarded: Forwarded, answer: Answer, parts: RecordParts): Promise<void> {
  await recordSessionState(forwarded, answer, parts);
  const { message } = forwarded;
  if (message?.kind !== 'request' || !message.method.startsWith('tasks/') || answer.response === undefined) return;
  const { method, params } = message;
  await parts.openTasks.hear(forwarded, { method, taskId: params.taskId, response: answer.response });
}

async function recordCall(call: RecordableCall, parts: OutcomeParts): Promise<void> {
  const { claim, replay, verdict } = call;
  if (replay !== undefined) return recordReplay(call, replay, parts);
  if (verdict === undefined) return;
  const { outcome, settlement, openTask } = verdict;
  count(call.server, openTask === undefined ? outcome : undefined, parts.metrics);
  if (claim !== undefined) return settleClaim(claim, verdict, parts);
  const row = await newRow(call, parts, 'callId');
  if (openTask === undefined) return parts.ledger.append({ ...row, ...settlement, state: outcome });
  const opening = parts.openTasks.opening(openTask, settlement.result ?? '');
  await parts.ledger.append({ ...row, ...settlement, ...opening, state: 'sent' });
  await parts.openTasks.note(row, openTask, opening.leaseUntil ?? 0);
}

/** Said in the history of a row that could not be written in time. */
const LATE = 'written late: the table took no writes';

type RecordableCall = Forwarded & { toolCall: ToolCall };

function isCall(forwarded: Forwarded): forwarded is RecordableCall {
  return forwarded.toolCall !== undefined;
}

/** A replay executed nothing, but who asked again is part of the audit. */
async function recordReplay(call: RecordableCall, replay: LedgerRow, parts: OutcomeParts): Promise<void> {
  const row = {
    ...(await newRow(call, parts, 'callId')),
    settledAt: parts.now(),
    state: 'not_executed',
    reason: `REPLAYED: ${replay.callId}`,
  } as const;
  await append(row, parts).catch((error: Error) => {
    parts.metrics.count(call.server, 'LedgerFailures');
    parts.log.error({ event: 'replay_not_recorded', callId: row.callId, reason: error.message });
  });
}

/** Characters of a reason that a row keeps. */
const REASON_LIMIT = 1_000;

/** What a caller is told when a stage could not go on, and which row says the same. */
export async function recordRefusal(error: unknown, reached: Identified | Claimed | undefined, parts: OutcomeParts): Promise<FleetError> {
  const refusal = FleetError.is(error) ? error : unexpected(error, reached, parts.log);
  if (reached?.toolCall === undefined) return refusal;
  const { toolCall, server } = reached;
  const settlement: Settlement = { settledAt: parts.now(), reason: `${refusal.kind}: ${refusal.detail.reason}`.slice(0, REASON_LIMIT) };
  const { claim, unheard } = 'claim' in reached ? reached : {};
  // Without a claim nothing of a write was sent, whatever is known of the earlier call that it repeats.
  const state = claim === undefined && toolCall.policy.effect === 'state_changing' ? 'not_executed' : refusal.outcome;
  count(server, state, parts.metrics);
  try {
    if (claim !== undefined && unheard !== undefined) await retract(claim, settlement, parts);
    else if (claim !== undefined) await settleRefused(claim, state, settlement, parts);
    else await append({ ...(await newRow({ ...reached, toolCall }, parts, 'callId')), ...settlement, state }, parts);
  } catch (failure) {
    parts.metrics.count(server, 'LedgerFailures');
    parts.log.error({ event: 'refusal_not_recorded', server, callId: toolCall.callId, reason: (failure as Error).message });
  }
  return named(refusal, toolCall);
}

/** @throws FleetError LEDGER_UNAVAILABLE; the row is written as soon as the table takes it */
async function append(row: LedgerRow, parts: OutcomeParts): Promise<void> {
  await parts.ledger.append(row).catch((error: Error) => {
    parts.lateWrites.keep(row, () => parts.ledger.append(row));
    throw error;
  });
}

/** @throws FleetError LEDGER_UNAVAILABLE; done as soon as the table takes it, whatever has become of the claim's own write */
async function retract(claim: LedgerRow, settlement: Settlement, { ledger, lateWrites }: OutcomeParts): Promise<void> {
  const write = () => ledger.retract(claim, settlement);
  await write().catch((error: Error) => {
    lateWrites.keep(claim, write);
    throw error;
  });
}

/** Without a key it is the fence that knows a retry: it stays up for an unknown outcome and falls when nothing was executed. */
async function settleRefused(claim: LedgerRow, state: Outcome, settlement: Settlement, parts: OutcomeParts): Promise<void> {
  await settleClaim(claim, { outcome: state, settlement }, parts);
  if (claim.idempotencyKey !== undefined) return;
  if (state === 'unknown') await parts.fences.leaveUnresolved(claim);
  else await parts.fences.lower(claim);
}

async function settleClaim(claim: LedgerRow, verdict: Verdict, parts: OutcomeParts): Promise<void> {
  const { outcome, settlement } = verdict;
  try {
    if (await writeVerdict(claim, verdict, parts)) return;
    parts.log.error({ event: 'claim_not_ours', callId: claim.callId, outcome });
  } catch (error) {
    parts.log.error({ event: 'claim_not_settled', callId: claim.callId, outcome, reason: (error as Error).message });
    parts.lateWrites.keep({ ...claim, ...settlement }, () => writeVerdict(claim, verdict, parts, LATE));
  }
  parts.metrics.count(claim.server, 'LedgerFailures');
}

/** A fault of ours. Behind a claim nobody can tell how far the call got. */
function unexpected(error: unknown, reached: Identified | Claimed | undefined, log: Logger): FleetError {
  log.error({ event: 'internal_error', reason: (error as Error).stack ?? String(error) });
  const sent = reached !== undefined && 'claim' in reached && reached.claim !== undefined;
  return sent
    ? new FleetError('OUTCOME_UNKNOWN', { reason: 'the gateway failed' })
    : new FleetError('INTERNAL', { reason: 'see the log of the gateway' });
}

function named(refusal: FleetError, { callId, idempotencyKey }: ToolCall): FleetError {
  return new FleetError(refusal.kind, { callId, ...(idempotencyKey !== undefined && { idempotencyKey }), ...refusal.detail });
}

/** @param outcome absent while it is still to come */
function count(server: string, outcome: Outcome | undefined, metrics: Metrics): void {
  const byOutcome = {
    confirmed: 'CallsConfirmed',
    failed: 'CallsFailed',
    not_executed: 'CallsNotExecuted',
    unknown: 'OutcomeUnknown',
  } as const;
  metrics.count(server, 'Calls');
  if (outcome !== undefined && outcome !== 'input_required') metrics.count(server, byOutcome[outcome]);
}
