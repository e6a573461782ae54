import type { LedgerRow } from '../../ledger/row';
import type { Claimed } from '../call';
import { type EventIdParts, sealCallEvents } from './event-ids';
import type { Patience } from './patience';

/** What a client should wait before it resumes, in milliseconds (SSE `retry`). */
const RETRY_MS = 500;

export interface StreamOpeningParts extends EventIdParts {
  readonly patience: Patience;
}

export interface StreamOpening {
  /** Opens the stream at once where it must be primed, and stops the timer. */
  settle(): void;
  /** Stops the timer. */
  cancel(): void;
}

/** Of what is answered only when its answer is there. */
export const NO_OPENING: StreamOpening = { settle: () => undefined, cancel: () => undefined };

/**
 * Begins the reply to a request while its answer is awaited. In the legacy era a claimed call is primed with an event id
 * of ours: a client that loses the stream comes back with it on any replica, and the ledger has the answer
 * (MCP 2025-11-25, Streamable HTTP § Resumability). Modern streams cannot be resumed.
 */
export function openStreamInTime(claimed: Claimed, parts: StreamOpeningParts): StreamOpening {
  const { primeAfterMs, streamAfterMs } = parts.patience;
  const { exchange, claim, message, lane } = claimed;
  if (message?.kind !== 'request' || lane === 'open') return NO_OPENING;
  const primes = claim !== undefined && message.era === 'legacy';
  const open = (): void => {
    if (primes) primeStream(claimed, claim, parts);
    else exchange.reply.openStream();
  };
  // Where a lost session is opened again no instance's 404 is waited for: a stream that is primed before the call leaves can be cut anywhere.
  if (primes && claimed.serverConfig.onLoss === 'restart') open();
  const timer = setTimeout(open, primes ? primeAfterMs : streamAfterMs);
  const cancel = (): void => clearTimeout(timer);
  return {
    settle: () => {
      cancel();
      if (primes) primeStream(claimed, claim, parts);
    },
    cancel,
  };
}

/** Opens the stream with an empty event whose id says where the answer will be. */
function primeStream(claimed: Claimed, row: LedgerRow, parts: EventIdParts): void {
  const { reply, requestId } = claimed.exchange;
  if (reply.streaming || !reply.resumable || requestId === null) return;
  const ids = sealCallEvents({ row: rowName(row), requestId }, claimed, parts);
  if (ids !== undefined) reply.prime(ids.first, ids.last, RETRY_MS);
}

/** The part of a row's key behind server and agent. */
function rowName({ pk, server, agent }: LedgerRow): string {
  return pk.slice(server.length + agent.length + 2);
}
