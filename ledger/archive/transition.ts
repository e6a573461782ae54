/** Whether a change of a row is one that the ledger's protocol knows. What is not was done by somebody who is no part of it. */

import { isDeepStrictEqual } from 'node:util';
import { CONDITIONS, permits, RESOLUTIONS, type WriteCondition } from '../protocol';
import type { LedgerRow, LedgerState } from '../row';

/** What of a row is said once, when it is claimed. */
const FIXED = [
  ...(['pk', 'callId', 'idempotencyKey', 'server', 'agent', 'issuer', 'subject', 'task', 'session', 'tool'] as const),
  ...(['argumentsDigest', 'arguments', 'argumentsEncoding', 'stateChanging', 'owner', 'claimedAt', 'keyExpiresAt'] as const),
];

/** Why a change is outside the protocol, as a sentence; undefined where it is inside. @param at milliseconds since the epoch */
export function problemOfChange(before: LedgerRow | undefined, after: LedgerRow | undefined, at: number): string | undefined {
  if (after === undefined) return 'the row was deleted';
  if (!isCall(after)) return before !== undefined && isCall(before) ? 'a call became something else' : undefined;
  if (before === undefined) return undefined;
  if (!isCall(before)) return 'a call took the place of something else';
  return after.fence === before.fence ? problemOfStep(before, after) : problemOfClaim(before, after, at);
}

/** A step of one call: to a state that follows, one event more, and nothing else of what was said before. */
function problemOfStep(before: LedgerRow, after: LedgerRow): string | undefined {
  const changed = FIXED.find((name) => !isDeepStrictEqual(before[name], after[name]));
  if (changed !== undefined) return `its ${changed} was changed`;
  if (!follows(before, after.state)) return `it went from ${before.state} to ${after.state}`;
  const { history = [] } = before;
  const { history: now = [] } = after;
  if (now.length !== history.length + 1 || !isDeepStrictEqual(now.slice(0, -1), history)) return 'its history was rewritten';
  return now.at(-1)?.state === after.state ? undefined : 'its history says another state';
}

/** Another call takes over a key. */
function problemOfClaim(before: LedgerRow, after: LedgerRow, at: number): string | undefined {
  const { pk, callId, history = [] } = after;
  const ways = [CONDITIONS.reclaim(before), CONDITIONS.goOn(before), CONDITIONS.reclaimExpired(before, at + CLOCK_SKEW_MS)];
  if (pk !== before.pk || callId === before.callId) return 'its fence was changed';
  if (!ways.some((condition) => permits(condition, before))) return `its place was taken while it was ${before.state}`;
  return history.length > 1 ? 'it began with a history' : undefined;
}

/** A stream tells the time of a change by the second, and clocks differ. */
const CLOCK_SKEW_MS = 10_000;

/** The writes under one fence that lead to a state. */
function waysInto(before: LedgerRow, next: LedgerState): readonly WriteCondition[] {
  return [
    CONDITIONS.advance(before, next),
    ...(next === 'sent' ? [CONDITIONS.keepOpen(before)] : []),
    ...(next === 'not_executed' ? [CONDITIONS.retract(before), CONDITIONS.notLanded(before), CONDITIONS.endUnsent(before)] : []),
    ...((RESOLUTIONS as readonly LedgerState[]).includes(next) ? [CONDITIONS.resolve(before)] : []),
  ];
}

function follows(before: LedgerRow, next: LedgerState): boolean {
  return waysInto(before, next).some((condition) => permits(condition, before));
}

/** The table may hold what is no call; that is archived as it is, and not judged. */
function isCall(row: object): boolean {
  return 'callId' in row && 'state' in row && 'fence' in row;
}
