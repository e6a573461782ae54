import type { Logger } from 'pino';
import { derivedUpstreamId } from '../core/upstream-id';
import type { Claimed } from './call';
import type { OpenRequests } from './open-requests';

/** How long a cancelled request may still be answered, in milliseconds: a read, and a call that may have changed something. */
export const CANCEL_PATIENCE_MS = { read: 1_000, call: 10_000 };

export interface CancelParts {
  readonly openRequests: OpenRequests;
  readonly log: Logger;
}

/**
 * What a cancellation is to its server: the id of the request that it names there, or nothing. SDKs cancel by themselves after a minute,
 * and MCP lets a receiver ignore it: a claimed call goes on and its answer settles its row, unless its tool is declared `cancellable`.
 * A request of another replica is known by the id that is derived from the agent's; claimed calls have none that is.
 */
export function cancelledId({ message, sessionId, server, agentId }: Claimed, { openRequests, log }: CancelParts): number | undefined {
  const requestId = message?.kind === 'notification' ? message.params.requestId : undefined;
  const named = typeof requestId === 'string' || Number.isInteger(requestId) ? JSON.stringify(requestId) : undefined;
  // Without a session two clients of one agent may use one id.
  if (named === undefined || sessionId === undefined) return undefined;
  const open = openRequests.find(sessionId, named);
  if (open === undefined) return derivedUpstreamId(sessionId, named);
  if (!open.cancellable) {
    log.info({ event: 'cancellation_noted', server, agent: agentId, callId: open.claim?.callId });
    return undefined;
  }
  const patience = open.claim === undefined ? CANCEL_PATIENCE_MS.read : CANCEL_PATIENCE_MS.call;
  setTimeout(() => open.cancelled.end(), patience).unref();
  return open.awaited.upstreamId;
}
