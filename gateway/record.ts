import type { Logger } from 'pino';
import { FleetError } from '../core/errors';
import type { Outcome } from '../core/outcome';
import type { Ledger, Settlement } from '../ledger/ledger';
import type { LedgerRow } from '../ledger/row';
import type { Verdict } from '../ledger/verdict';
import type { Claimed, Forwarded, ToolCall } from './call';
import type { Caller } from './identity/caller';
import { denialRow, isDenial } from './ledger/denial-row';
import type { Fences } from './ledger/fences';
import type { LateWrites } from './ledger/late-writes';
import { newRow, type RowParts } from './ledger/new-row';
import type { OpenTasks } from './ledger/open-tasks';
import { writeVerdict } from './ledger/outcome-watch';
import { withOwnTasks } from './ledger/own-tasks';
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
  if (lane === 'relay' || lane === 'call') await recordSessionState(forwarded, answer, parts);
  if (lane === 'relay') await recordTask(forwarded, answer, parts);
  if (lane === 'list') return withOwnTasks(forwarded, parts);
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

/** What is heard of a task settles the call that went on as it. */
async function recordTask(forwarded: Forwarded, answer: Answer, parts: RecordParts): Promise<void> {
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
  const { claim, toolCall, server } = call;
  const settledAt = parts.now();
  const written =
    claim === undefined
      ? newRow(call, parts, 'callId').then((row) =>
          append({ ...row, settledAt, state: 'not_executed', reason: `REPLAYED: ${replay.callId}` }, parts),
        )
      : retract(claim, { settledAt, reason: `FENCED: ${replay.callId}` }, parts);
  await written.catch((error: Error) => {
    parts.metrics.count(server, 'LedgerFailures');
    parts.log.error({ event: 'replay_not_recorded', callId: toolCall.callId, reason: error.message });
  });
}

/** Characters of a reason that a row keeps. */
const REASON_LIMIT = 1_000;

/** How far a request came: at least to who asks what server. */
export type Reached = Caller & Partial<Pick<Claimed, 'toolCall' | 'message' | 'task' | 'sessionId' | 'claim' | 'unsent' | 'replay'>>;

/** What a caller is told when a stage could not go on, and which row says the same. */
export async function recordRefusal(error: unknown, reached: Reached | undefined, parts: OutcomeParts): Promise<FleetError> {
  const refusal = FleetError.is(error) ? error : unexpected(error, reached, parts.log);
  if (reached === undefined) return refusal;
  const settlement: Settlement = { settledAt: parts.now(), reason: `${refusal.kind}: ${refusal.detail.reason}`.slice(0, REASON_LIMIT) };
  if (reached.toolCall === undefined) {
    if (isDenial(refusal)) await recordDenial(denialRow(reached, settlement.reason ?? '', parts), parts);
    return refusal;
  }
  const { toolCall, server } = reached;
  const { claim } = reached;
  // Nothing of it was sent, whatever is known of the earlier call that it repeats.
  const state = !wasSent(reached) && toolCall.policy.effect === 'state_changing' ? 'not_executed' : refusal.outcome;
  count(server, state, parts.metrics);
  try {
    if (claim !== undefined && wasSent(reached)) await settleRefused(claim, state, settlement, parts);
    else if (claim !== undefined) await retract(claim, settlement, parts);
    else await append({ ...(await newRow({ ...reached, toolCall }, parts, 'callId')), ...settlement, state }, parts);
  } catch (failure) {
    notRecorded(server, toolCall.callId, failure as Error, parts);
  }
  return named(refusal, toolCall);
}

/** A request that called no tool is refused all the same where its row cannot be written now; it is written late. */
async function recordDenial(row: LedgerRow, parts: OutcomeParts): Promise<void> {
  await append(row, parts).catch((failure: Error) => notRecorded(row.server, row.callId, failure, parts));
}

function notRecorded(server: string, callId: string, failure: Error, { metrics, log }: OutcomeParts): void {
  metrics.count(server, 'LedgerFailures');
  log.error({ event: 'refusal_not_recorded', server, callId, reason: failure.message });
}

/** Whether something of a claimed call may have been sent. */
function wasSent({ claim, unsent, replay }: Reached): boolean {
  return claim !== undefined && unsent === undefined && replay === undefined;
}

/** @throws FleetError LEDGER_UNAVAILABLE; the row is written as soon as the table takes it */
async function append(row: LedgerRow, parts: OutcomeParts): Promise<void> {
  await parts.ledger.append(row).catch((error: Error) => {
    parts.lateWrites.keep(row, () => parts.ledger.append(row));
    throw error;
  });
}

/** @throws FleetError LEDGER_UNAVAILABLE; done as soon as the table takes it, whatever has become of the claim's own write */
async function retract(claim: LedgerRow, settlement: Settlement, { ledger, fences, lateWrites }: OutcomeParts): Promise<void> {
  const write = () => ledger.retract(claim, settlement);
  await write().catch((error: Error) => {
    lateWrites.keep(claim, write);
    throw error;
  });
  if (claim.idempotencyKey === undefined) await fences.lower(claim);
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
function unexpected(error: unknown, reached: Reached | undefined, log: Logger): FleetError {
  log.error({ event: 'internal_error', reason: (error as Error).stack ?? String(error) });
  return reached !== undefined && wasSent(reached)
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
