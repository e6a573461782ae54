import { FleetError } from '../core/errors';
import type { Authorized, Routed } from './call';
import type { SealedIds } from './identity/sealed-ids';
import type { Affinity } from './upstream/affinity';
import type { Restorations } from './upstream/restore';

export interface RouteParts {
  readonly affinity: Affinity;
  readonly restorations: Restorations;
  readonly sealedIds: SealedIds;
}

/**
 * Says where a request goes: to the instance of its session, to that of its agent or task where the server wants it so,
 * or to any; a question to the ledger goes to none. A tampered, foreign or expired session id is an unknown session, which
 * tells its bearer nothing.
 */
export async function route(authorized: Authorized, parts: RouteParts): Promise<Routed> {
  const { affinity, restorations, sealedIds } = parts;
  const { sessionId, agentId, server, lane, message } = authorized;
  if (message?.era === 'modern') {
    const bond = lane === 'ask' ? undefined : await affinity.bondOf(authorized);
    return bond === undefined ? authorized : { ...authorized, bond };
  }
  if (sessionId === undefined) return authorized;
  if (lane === 'open') throw new FleetError('INVALID_REQUEST', { reason: 'initialize must not carry Mcp-Session-Id' });
  const session = sealedIds.open(sessionId, { agent: agentId, server });
  if (session === undefined)
    throw new FleetError('UNKNOWN_SESSION', { reason: 'the id is not one that this agent holds on this server; initialize again' });
  return { ...authorized, session: restorations.current(sessionId, session) };
}
