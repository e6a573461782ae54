import type { Logger } from 'pino';
import { FleetError } from '../core/errors';
import { KEY_META } from '../core/meta';
import type { LedgerRow } from '../ledger/row';
import type { Claimed, Routed, ToolCall } from './call';
import { awaitDuplicate, type DuplicateParts } from './ledger/duplicate';
import { type FenceParts, passFence } from './ledger/fenced-call';
import { newRow, type RowParts } from './ledger/new-row';
import { type ResumeParts, resume } from './ledger/resume';
import type { Metrics } from './metrics';

export type ClaimParts = FencedParts & DuplicateParts & ResumeParts & RowParts;

type FencedParts = FenceParts & { readonly metrics: Metrics; readonly log: Logger };

/**
 * Writes a state-changing call down before a byte of it is sent; who finds the key taken gets that call's outcome instead.
 * Reads are not claimed: their row is written with their result.
 */
export async function claim(routed: Routed, parts: ClaimParts): Promise<Claimed> {
  const { toolCall, resumes } = routed;
  if (resumes?.kind === 'call') {
    const replay = await resume(routed, resumes, parts);
    return { ...routed, replay, ...(replay.idempotencyKey === undefined && { fenced: replay }) };
  }
  if (toolCall === undefined || toolCall.policy.effect === 'read_only') return routed;
  if (toolCall.policy.key === 'required' && toolCall.idempotencyKey === undefined) {
    const { keyArgument } = toolCall.policy;
    const places = [
      `_meta["${KEY_META}"]`,
      'the header Idempotency-Key',
      ...(keyArgument === undefined ? [] : [`the argument "${keyArgument}"`]),
    ];
    throw new FleetError('KEY_REQUIRED', {
      reason: `"${toolCall.tool}" runs only with a key: send it in ${places.join(', or ')}`,
      callId: toolCall.callId,
    });
  }
  const row = await newRow({ ...routed, toolCall }, parts, 'idempotencyKey');
  return toolCall.idempotencyKey === undefined ? claimFenced(routed, row, parts) : claimKey({ ...routed, toolCall }, row, parts);
}

/** Who is the first with a key has nothing to wait for: its row says `sent` from the beginning. Who is not may have to wait for long. */
async function claimKey(routed: Routed & { toolCall: ToolCall }, row: LedgerRow, parts: ClaimParts): Promise<Claimed> {
  const first: LedgerRow = { ...row, state: 'sent', sentAt: parts.now() };
  let standing: LedgerRow | undefined;
  try {
    standing = await parts.ledger.claim(first);
  } catch (error) {
    if (!FleetError.is(error)) throw error;
    return { ...routed, claim: first, unheard: error };
  }
  if (standing === undefined) return { ...routed, claim: first };
  const found = await awaitDuplicate(standing, row, routed.toolCall, parts);
  return 'claim' in found ? { ...routed, ...found } : answeredBy(found.replay, routed, parts.metrics);
}

/** A call without a key may be the retry of one whose outcome its caller never learnt: then that one answers. */
async function claimFenced(routed: Routed, row: LedgerRow, parts: FencedParts): Promise<Claimed> {
  // Not by claim(): a copy of that write which arrives late would bring back a claim that another has ended.
  await parts.ledger.append(row);
  parts.openCallers.add(row.pk, routed.exchange.gone);
  try {
    const answering = await passFence(row, parts);
    // Its caller may have waited here for long: a call that nobody waits for any more is not begun.
    if (answering === 'ours' && routed.exchange.gone.over) throw callerLeft(row);
    if (answering === 'ours') {
      noteDeparture(row, routed, parts);
      return { ...routed, claim: row, fenced: row };
    }
    await release(row, `FENCED: ${answering.callId}`, parts);
    return { ...answeredBy(answering, routed, parts.metrics), fenced: answering };
  } catch (error) {
    await release(row, (error as Error).message, parts);
    throw error;
  }
}

function callerLeft({ callId }: LedgerRow): FleetError {
  return new FleetError('NOT_DELIVERED', { reason: 'its caller left before it was sent', callId });
}

/** A caller that leaves while its call runs makes the next identical one its retry. */
function noteDeparture(row: LedgerRow, { exchange }: Routed, { fences, openCallers, log }: FencedParts): void {
  const note = async (): Promise<void> => {
    if (!(await exchange.reply.delivered())) await fences.leaveUnresolved(row);
  };
  const noted = (): void => {
    openCallers.track(
      note().catch((error: Error) => log.warn({ event: 'departure_not_noted', callId: row.callId, reason: error.message })),
    );
  };
  exchange.gone.whenOver(noted);
}

/** Ends a claim of which nothing was sent. */
async function release(row: LedgerRow, reason: string, { ledger, fences, now }: FencedParts): Promise<void> {
  await ledger.advance(row, 'not_executed', { settledAt: now(), reason });
  await fences.lower(row);
}

function answeredBy(replay: LedgerRow, routed: Routed, metrics: Metrics): Claimed {
  metrics.count(routed.server, 'ReplaysServed');
  return { ...routed, replay };
}
