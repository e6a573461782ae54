import type { Logger } from 'pino';
import { FleetError } from '../core/errors';
import { sessionKey } from '../core/session-key';
import type { Authorized, Identified } from './call';
import type { Directory } from './ledger/directory';
import type { FanOut } from './ledger/fan-out';
import type { OpenedSession } from './upstream/answer';
import type { Upstreams } from './upstream/upstreams';

/** Largest message that opens a session, in bytes: its params stand in the directory, with what the session adds to them. */
export const OPENING_LIMIT_BYTES = 64 * 1024;

/**
 * Refuses what could not be recorded before a session is opened for it.
 * @param text canonical text of `initialize`
 * @throws FleetError INVALID_PARAMS
 */
export function checkOpening(text: string): void {
  const size = Buffer.byteLength(text);
  if (size > OPENING_LIMIT_BYTES) {
    throw new FleetError('INVALID_PARAMS', { reason: `initialize has ${size} bytes; the directory keeps at most ${OPENING_LIMIT_BYTES}` });
  }
}

export interface UntoldParts {
  readonly upstreams: Upstreams;
  readonly log: Logger;
}

type Opener = Pick<Identified, 'server' | 'serverConfig' | 'agentId'>;

/** Ends a session at its server whose agent will never hear of it, so that it holds no slot there. */
export function endUntold(opener: Opener, opened: Pick<OpenedSession, 'upstream' | 'cookie'>, parts: UntoldParts): Promise<void> {
  return endAtServer(opener, opened, parts, 'untold');
}

/** Ends a session at its server. @param what it is, in the log */
export async function endAtServer(
  { server, serverConfig, agentId: agent }: Opener,
  { upstream, cookie }: Pick<OpenedSession, 'upstream' | 'cookie'>,
  { upstreams, log }: UntoldParts,
  what: 'untold' | 'revoked',
): Promise<void> {
  const session = { upstream, ...(typeof cookie === 'string' && { cookie }) };
  try {
    const { body } = await upstreams.send({ server, serverConfig, method: 'DELETE', headers: {}, session, context: { agent, server } });
    body.letGo();
    log.info({ event: `${what}_session_ended`, server, agent });
  } catch (error) {
    log.warn({ event: `${what}_session_not_ended`, server, agent, reason: (error as Error).message });
  }
}

/**
 * Ends a session that stands in the directory, and whose answer did not reach its caller.
 * @param id as it was sealed for the agent
 * @param now milliseconds since the epoch
 */
export async function endUndelivered(
  opener: Opener & Pick<Authorized, 'decision'>,
  opened: OpenedSession,
  id: string,
  now: number,
  parts: UntoldParts & { readonly directory: Directory; readonly fanOut: FanOut },
): Promise<void> {
  const close = async (): Promise<void> => {
    const row = await parts.directory.close(sessionKey(id), now);
    if (row !== undefined) await parts.fanOut.leave(row, opener.decision.terms);
  };
  await close().catch((error: Error) => {
    parts.log.warn({ event: 'session_not_closed', session: sessionKey(id), server: opener.server, reason: error.message });
  });
  await endUntold(opener, opened, parts);
}
