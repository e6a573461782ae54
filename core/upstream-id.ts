import { hash, randomInt } from 'node:crypto';

/** Ids are whole numbers below 2^31: every server's integers hold them. */
const ID_LIMIT = 2 ** 31 - 1;

/**
 * The id under which a request of an agent goes to its server. No id of an agent's ever does: two parsers could take it for two ids,
 * and two requests of a session may carry the same one. Derived, so that any replica knows which request a cancellation means.
 * @param session the session id that the agent holds
 * @param requestId JSON text of the id that the agent gave: `7` and `"7"` are two
 */
export function derivedUpstreamId(session: string, requestId: string): number {
  return Number.parseInt(hash('sha256', `${session}\0${requestId}`).slice(0, 8), 16) % ID_LIMIT;
}

/** For a request that nobody will name again, or whose derived id is taken. */
export function freshUpstreamId(): number {
  return randomInt(ID_LIMIT);
}

/** The progress token that a server gets: it names the agent's own, so that progress finds its way on any stream of any replica. */
export function upstreamProgressToken(upstreamId: number, token: string | number): string {
  return `${upstreamId}.${Buffer.from(JSON.stringify(token)).toString('base64url')}`;
}

/**
 * JSON text of the agent's token that a server's progress names; undefined for a token that was never given.
 * @param upstreamId of the request on whose stream it came; absent on one that is no request's
 */
export function agentProgressToken(token: unknown, upstreamId?: number): string | undefined {
  const [, id, encoded] = (typeof token === 'string' ? /^(\d+)\.([\w-]+)$/.exec(token) : null) ?? [];
  if (encoded === undefined || (upstreamId !== undefined && id !== String(upstreamId))) return undefined;
  try {
    const named = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as unknown;
    return typeof named === 'string' || Number.isFinite(named) ? JSON.stringify(named) : undefined;
  } catch {
    return undefined;
  }
}
