import { setTimeout as delay } from 'node:timers/promises';
import { endedBy } from '../core/endings';
import { FleetError } from '../core/errors';
import { sessionKey } from '../core/session-key';
import type { LedgerRow } from '../ledger/row';
import { judge, judgingOf } from '../ledger/verdict';
import type { Claimed, Forwarded } from './call';
import { type CancelParts, cancelledId } from './cancel';
import type { Patience } from './http/patience';
import { NO_OPENING, openStreamInTime } from './http/stream-opening';
import { type AskParts, answerAsk } from './ledger/ask';
import type { Directory } from './ledger/directory';
import { endedByOthers } from './ledger/duplicate';
import type { FanOut } from './ledger/fan-out';
import { awaitEvidence, type RecoveryParts } from './ledger/own-recovery';
import { replayAnswer } from './ledger/replay';
import type { StandingOrders } from './ledger/standing-orders';
import type { OpenRequests } from './open-requests';
import { type Received, type ReceiveParts, receive, type Sending } from './receive';
import { Recovery } from './recovery';
import type { Answer } from './upstream/answer';
import { adviseReader, repeatable } from './upstream/placement';
import { placeOf } from './upstream/restore';

export type ForwardParts = AskParts & CloseParts & SendParts & CancelParts & { readonly patience: Patience };

/** Answered as the SDKs' servers answer a notification (MCP 2025-11-25, Streamable HTTP § Sending Messages). */
const TAKEN: Answer = { status: 202, headers: {} };
const ENDED: Answer = { status: 200, headers: {} };

/**
 * Sends the request on and holds the answer until it is recorded; what comes before the answer on a stream passes as soon as it is
 * judged. What the ledger has the answer to is not sent.
 */
export async function forward(claimed: Claimed, parts: ForwardParts): Promise<Forwarded> {
  const { replay, lane, unsent } = claimed;
  if (unsent !== undefined) throw unsent;
  if (replay !== undefined) return { ...claimed, answer: await replayAnswer(replay, claimed.held, parts.catalogue), upstreamMs: 0 };
  if (lane === 'ask') return { ...claimed, ...(await answerAsk(claimed, parts)), upstreamMs: 0 };
  if (lane === 'dropped') return { ...claimed, answer: TAKEN, upstreamMs: 0 };
  if (lane === 'close') return close(claimed, parts);
  const cancels = lane === 'cancel' ? cancelledId(claimed, parts) : undefined;
  if (lane === 'cancel' && cancels === undefined) return { ...claimed, answer: TAKEN, upstreamMs: 0 };
  // SDKs hang on a refused resumption, but read an error in it.
  if (claimed.resumes?.kind === 'server' && claimed.resumes.request !== undefined) claimed.exchange.reply.openStream();
  const sentAt = parts.now();
  const opening = openStreamInTime(claimed, parts);
  const open = parts.openRequests.begin(claimed);
  try {
    const recovery = Recovery.of(claimed, parts.now);
    const received = await send(
      { ...claimed, opening, recovery, ...(open !== undefined && { open }), ...(cancels !== undefined && { cancels }) },
      parts,
    );
    opening.settle();
    return { ...claimed, ...received, ...(open !== undefined && { awaited: open.awaited }), upstreamMs: parts.now() - sentAt };
  } finally {
    if (open !== undefined) parts.openRequests.end(open);
    opening.cancel();
  }
}

/** How long the end of a session waits for its claimed calls, in milliseconds. */
export const CLOSE_PATIENCE_MS = 10_000;
const CLOSE_POLL_MS = 50;

type CloseParts = ReceiveParts & { readonly directory: Directory; readonly fanOut: FanOut; readonly openRequests: OpenRequests };

/**
 * Ends a session: first in the directory, so that nothing can open it again, then, when its claimed calls have ended, at the instance
 * that the directory says has it: another replica may have opened it again there. Whatever that one says, it has ended.
 */
async function close(claimed: Claimed, parts: CloseParts): Promise<Forwarded> {
  const { sessionId, session } = claimed;
  const row = sessionId === undefined ? undefined : await parts.directory.close(sessionKey(sessionId), parts.now());
  if (row !== undefined) await parts.fanOut.leave(row, claimed.decision.terms);
  const placed = row !== undefined && session !== undefined ? { ...claimed, session: placeOf(row, session) } : claimed;
  const until = parts.now() + CLOSE_PATIENCE_MS;
  while (sessionId !== undefined && parts.openRequests.hasClaimed(sessionId) && parts.now() < until) await delay(CLOSE_POLL_MS);
  try {
    await receiveRepeatable({ ...placed, recovery: Recovery.of(claimed, parts.now), opening: NO_OPENING }, parts);
  } catch (error) {
    if (row === undefined) throw error;
    parts.log.info({
      event: 'session_not_ended_at_server',
      server: claimed.server,
      reason: FleetError.is(error) ? error.detail.reason : String(error),
    });
  }
  return { ...claimed, answer: ENDED, upstreamMs: 0 };
}

type SendParts = ReceiveParts & RecoveryParts & { readonly openRequests: OpenRequests; readonly orders: Pick<StandingOrders, 'refusalOf'> };

/** Sends a claimed call, and finds out what became of it when its answer is lost. */
async function send(call: Sending, parts: SendParts): Promise<Received> {
  if (call.claim === undefined) return receiveRepeatable(call, parts);
  const sent = { ...call, claim: await markSent(call.claim, parts) };
  // It may have waited since it was claimed, and the freeze came meanwhile.
  const refusal = parts.orders.refusalOf(sent.claim);
  if (refusal !== undefined) throw refusal;
  return receive(sent, parts).catch((error) => recover(sent, error, parts));
}

/** Marks a claim as sent that has waited; one that had nothing to wait for was written so. */
async function markSent(claim: LedgerRow, { ledger, now }: SendParts): Promise<LedgerRow> {
  if (claim.state === 'sent') return claim;
  const sentAt = now();
  if (!(await ledger.advance(claim, 'sent', { sentAt }))) throw endedByOthers(claim);
  return { ...claim, state: 'sent', sentAt };
}

/** What may be said twice is said again where its answer was lost, as long as the agent has seen nothing of it. */
async function receiveRepeatable(call: Sending, parts: ReceiveParts): Promise<Received> {
  for (let lost = false; ; lost = true) {
    try {
      return await receive(call, parts);
    } catch (error) {
      if (!FleetError.is(error) || error.kind !== 'OUTCOME_UNKNOWN' || !repeatable(call, error))
        throw adviseReader(lost ? uncertain(error) : error, call);
      call.recovery.note('sent', error.detail.reason);
      if (!(await call.recovery.pause())) throw adviseReader(call.recovery.spent(error), call);
    }
  }
}

/** A refusal of the second attempt says nothing of the first. */
function uncertain(error: unknown): unknown {
  return FleetError.is(error) && error.outcome === 'not_executed'
    ? new FleetError(error.kind, { ...error.detail, outcome: 'unknown' })
    : error;
}

/** A claimed call whose answer was lost is settled by evidence. Whether one that did not happen is to be sent again, its agent decides. */
async function recover(call: Sending & { readonly claim: LedgerRow }, error: unknown, parts: SendParts): Promise<Received> {
  if (!FleetError.is(error) || error.kind !== 'OUTCOME_UNKNOWN') throw error;
  const { claim, recovery } = call;
  recovery.note('sent', error.detail.reason);
  const finding = await awaitEvidence(claim, recovery, error, parts);
  if (finding.kind === 'answer') {
    parts.log.info({ event: 'answer_recovered', callId: claim.callId, server: claim.server, by: finding.by });
    const answer = { status: 200, headers: {}, ...finding.answer };
    return { answer, verdict: await judge(finding.answer, judgingOf(claim, parts.config), parts.now()) };
  }
  throw recovery.spent(endedBy('not_landed', finding.because, { callId: claim.callId }));
}
