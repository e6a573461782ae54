import { FleetError } from '../core/errors';
import type { LedgerRow } from '../core/ledger';
import { KEY_META } from '../core/meta';
import type { Claimed, Routed } from './call';
import type { Gateway } from './gateway';
import { awaitDuplicate } from './ledger/duplicate';
import { passFence } from './ledger/fenced-call';
import { resume } from './ledger/resume';
import { newRow } from './ledger/row';

/**
 * Writes a state-changing call down before a byte of it is sent; who finds the key taken gets that call's outcome instead.
 * Reads are not claimed: their row is written with their result.
 */
export async function claim(routed: Routed, gateway: Gateway): Promise<Claimed> {
  const { toolCall, resumes } = routed;
  if (resumes !== undefined) {
    const replay = await resume(routed, resumes, gateway);
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
  const row = newRow({ ...routed, toolCall }, gateway, 'idempotencyKey');
  if (toolCall.idempotencyKey === undefined) return claimFenced(routed, row, gateway);
  const standing = await gateway.ledger.claim(row);
  if (standing === undefined) return { ...routed, claim: row };
  const owned = await awaitDuplicate(standing, row, gateway);
  return owned === 'ours' ? { ...routed, claim: row } : answeredBy(owned, routed, gateway);
}

/** A call without a key may be the retry of one whose outcome its caller never learnt: then that one answers. */
async function claimFenced(routed: Routed, row: LedgerRow, gateway: Gateway): Promise<Claimed> {
  // Not by claim(): a copy of that write which arrives late would bring back a claim that another has ended.
  await gateway.ledger.append(row);
  gateway.openCallers.add(row.pk, routed.exchange.gone);
  try {
    const answering = await passFence(row, gateway);
    // Its caller may have waited here for long: a call that nobody waits for any more is not begun.
    if (answering === 'ours' && routed.exchange.gone.aborted) throw callerLeft(row);
    if (answering === 'ours') {
      noteDeparture(row, routed, gateway);
      return { ...routed, claim: row, fenced: row };
    }
    await release(row, `FENCED: ${answering.callId}`, gateway);
    return { ...answeredBy(answering, routed, gateway), fenced: answering };
  } catch (error) {
    await release(row, (error as Error).message, gateway);
    throw error;
  }
}

function callerLeft({ callId }: LedgerRow): FleetError {
  return new FleetError('NOT_DELIVERED', { reason: 'its caller left before it was sent', callId });
}

/** A caller that leaves while its call runs makes the next identical one its retry. */
function noteDeparture(row: LedgerRow, { exchange }: Routed, gateway: Gateway): void {
  const note = async (): Promise<void> => {
    if (!(await exchange.reply.delivered())) await gateway.fences.leaveUnresolved(row);
  };
  const noted = (): void => {
    gateway.openCallers.track(
      note().catch((error: Error) => gateway.log.warn({ event: 'departure_not_noted', callId: row.callId, reason: error.message })),
    );
  };
  if (exchange.gone.aborted) noted();
  else exchange.gone.addEventListener('abort', noted, { once: true });
}

/** Ends a claim of which nothing was sent. */
async function release(row: LedgerRow, reason: string, gateway: Gateway): Promise<void> {
  await gateway.ledger.advance(row, 'not_executed', { settledAt: gateway.now(), reason });
  await gateway.fences.lower(row);
}

function answeredBy(replay: LedgerRow, routed: Routed, gateway: Gateway): Claimed {
  gateway.metrics.count(routed.server, 'ReplaysServed');
  return { ...routed, replay };
}
