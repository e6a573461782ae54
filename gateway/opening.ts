import type { Logger } from 'pino';
import { FleetError } from '../core/errors';
import { sessionKey } from '../core/session-key';
import type { Identified } from './call';
import type { Directory } from './ledger/directory';
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
export async function endUntold(
  { server, serverConfig, agentId: agent }: Opener,
  { upstream, cookie }: Pick<OpenedSession, 'upstream' | 'cookie'>,
  { upstreams, log }: UntoldParts,
): Promise<void> {
  const session = { upstream, ...(cookie !== undefined && { cookie }) };
  try {
    const { body } = await upstreams.send({ server, serverConfig, method: 'DELETE', headers: {}, session, context: { agent, server } });
    body.letGo();
    log.info({ event: 'untold_session_ended', server, agent });
  } catch (error) {
    log.warn({ event: 'untold_session_not_ended', server, agent, reason: (error as Error).message });
  }
}

/**
 * Ends a session that stands in the directory, and whose answer did not reach its caller.
 * @param id as it was sealed for the agent
 * @param now milliseconds since the epoch
 */
export async function endUndelivered(
  opener: Opener,
  opened: OpenedSession,
  id: string,
  now: number,
  parts: UntoldParts & { readonly directory: Directory },
): Promise<void> {
  await parts.directory.close(sessionKey(id), now).catch((error: Error) => {
    parts.log.warn({ event: 'session_not_closed', session: sessionKey(id), server: opener.server, reason: error.message });
  });
  await endUntold(opener, opened, parts);
}
