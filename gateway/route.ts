import { FleetError } from '../core/errors';
import { openSession } from '../core/sealed-session';
import type { Authorized, Routed } from './call';
import type { Gateway } from './gateway';

/** Opens the session id. A tampered, foreign or expired one is an unknown session, which tells its bearer nothing. */
export function route(authorized: Authorized, gateway: Gateway): Routed {
  const { sessionId, agentId, server, lane } = authorized;
  if (sessionId === undefined) return authorized;
  if (lane === 'open') throw new FleetError('INVALID_REQUEST', { reason: 'initialize must not carry Mcp-Session-Id' });
  const session = openSession(sessionId, { agent: agentId, server }, gateway.sealKeys.all, gateway.now() / 1000);
  if (session === undefined)
    throw new FleetError('UNKNOWN_SESSION', { reason: 'the id is not one that this agent holds on this server; initialize again' });
  return { ...authorized, session: gateway.restorations.current(sessionId, session) };
}
