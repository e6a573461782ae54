import type { Logger } from 'pino';
import { FleetError } from '../core/errors';
import { KEY_META } from '../core/meta';
import { methodRule } from '../core/methods';
import type { LedgerRow } from '../ledger/row';
import type { Claimed, Routed, ToolCall } from './call';
import { type CallLimitParts, spendCall } from './ledger/call-limits';
import { awaitDuplicate, type DuplicateParts, endedByOthers } from './ledger/duplicate';
import { type FenceParts, passFence } from './ledger/fenced-call';
import type { Fence } from './ledger/fences';
import { forgottenRow } from './ledger/forgotten';
import { newRow, type RowParts } from './ledger/new-row';
import { type ResumeParts, resume } from './ledger/resume';
import type { Metrics } from './metrics';

export type ClaimParts = FencedParts & DuplicateParts & ResumeParts & RowParts;

type FencedParts = FenceParts & CallLimitParts & { readonly metrics: Metrics; readonly log: Logger };

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
  if (toolCall === undefined) {
    refuseFrozen(routed, parts);
    return routed;
  }
  if (toolCall.policy.effect === 'read_only') {
    await spendCall({ ...routed, toolCall }, parts);
    return routed;
  }
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
  const refusal = parts.orders.refusalOf(row);
  if (refusal !== undefined) return answerFrozen({ ...routed, toolCall }, row, refusal, parts);
  const call = { ...routed, toolCall };
  return spent(await (toolCall.idempotencyKey === undefined ? claimFenced(routed, row, parts) : claimKey(call, row, parts)), parts);
}

/** What changes something and is no call of a tool has no row; a freeze stops it all the same. @throws FleetError FROZEN, LEDGER_UNAVAILABLE */
function refuseFrozen({ message, server, serverConfig }: Routed, { orders }: Pick<ClaimParts, 'orders'>): void {
  if (message === undefined || message.kind === 'response') return;
  const { method, era } = message;
  const refusal = methodRule(method, era, serverConfig)?.effect === 'once' ? orders.refusalOf({ server, tool: method }) : undefined;
  if (refusal !== undefined) throw refusal;
}

/** A claim that is about to be sent is counted; one that is one too many is taken back. */
async function spent(claimed: Claimed, parts: ClaimParts): Promise<Claimed> {
  const { toolCall, claim, replay, unsent } = claimed;
  if (toolCall === undefined || claim === undefined || replay !== undefined || unsent !== undefined) return claimed;
  try {
    await spendCall({ ...claimed, toolCall }, parts);
    return claimed;
  } catch (error) {
    return { ...claimed, unsent: error as Error };
  }
}

/** Nothing new begins; what repeats an earlier call is answered by that one as ever. @throws FleetError that refusal */
async function answerFrozen(
  routed: Routed & { toolCall: ToolCall },
  row: LedgerRow,
  refusal: FleetError,
  parts: ClaimParts,
): Promise<Claimed> {
  if (row.idempotencyKey !== undefined) {
    const standing = await parts.ledger.read(row.pk);
    if (standing === undefined) throw refusal;
    return joinStanding(standing, routed, row, parts);
  }
  const answering = await passFence(row, await parts.fences.read(row), parts);
  if (answering === 'ours') throw refusal;
  return { ...answeredBy(answering, routed, parts.metrics), fenced: answering };
}

/** Who is the first with a key has nothing to wait for: its row says `sent` from the beginning. Who is not may have to wait for long. */
async function claimKey(routed: Routed & { toolCall: ToolCall }, row: LedgerRow, parts: ClaimParts): Promise<Claimed> {
  const epoch = parts.orders.forgottenIn(row);
  if (epoch !== undefined) {
    const forgotten = forgottenRow(row, epoch);
    return joinStanding((await parts.ledger.claim(forgotten)) ?? forgotten, routed, row, parts);
  }
  const first: LedgerRow = { ...row, state: 'sent', sentAt: parts.now() };
  let standing: LedgerRow | undefined;
  try {
    standing = await parts.ledger.claim(first);
  } catch (error) {
    return { ...routed, claim: first, unsent: error as Error };
  }
  return standing === undefined ? { ...routed, claim: first } : joinStanding(standing, routed, row, parts);
}

/** Who finds the key taken gets that call's outcome, or its place. */
async function joinStanding(
  standing: LedgerRow,
  routed: Routed & { toolCall: ToolCall },
  row: LedgerRow,
  parts: ClaimParts,
): Promise<Claimed> {
  routed.seat?.settle();
  const found = await awaitDuplicate(standing, row, routed.toolCall, parts);
  return 'claim' in found ? { ...routed, ...found } : answeredBy(found.replay, routed, parts.metrics);
}

/**
 * A call without a key may be the retry of one whose outcome its caller never learnt: then that one answers. Mostly there is none, so
 * that the row says `sent` from the beginning and is written while the fence is raised.
 */
async function claimFenced(routed: Routed, row: LedgerRow, parts: FencedParts): Promise<Claimed> {
  const claim: LedgerRow = { ...row, state: 'sent', sentAt: parts.now() };
  parts.openCallers.add(claim.pk, routed.exchange.gone);
  try {
    const answering = await passFence(claim, await begin(claim, parts), parts);
    // Its caller may have waited here for long: a call that nobody waits for any more is not begun.
    if (answering === 'ours' && routed.exchange.gone.over) throw callerLeft(claim);
    if (answering === 'ours') {
      noteDeparture(claim, routed, parts);
      return { ...routed, claim, fenced: claim };
    }
    return { ...answeredBy(answering, routed, parts.metrics), claim, fenced: answering };
  } catch (error) {
    return { ...routed, claim, unsent: error as Error };
  }
}

/** Both writes at once. Neither is left under way when one has failed: what ends the call must not be overtaken by it. */
async function begin(claim: LedgerRow, { ledger, fences, now }: FencedParts): Promise<Fence> {
  const [fence, written] = await Promise.allSettled([fences.raise(claim, now()), ledger.begin(claim)]);
  if (written.status === 'rejected') throw written.reason;
  if (fence.status === 'rejected') throw fence.reason;
  if (!written.value) throw endedByOthers(claim);
  return fence.value;
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

function answeredBy(replay: LedgerRow, routed: Routed, metrics: Metrics): Claimed {
  metrics.count(routed.server, 'ReplaysServed');
  return { ...routed, replay };
}
