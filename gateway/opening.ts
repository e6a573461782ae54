import type { Logger } from 'pino';
import { FleetError } from '../core/errors';
import { PROTOCOL_VERSION_HEADER } from '../core/headers';
import type { Identified } from './call';
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

export interface CloseUntoldParts {
  readonly upstreams: Upstreams;
  readonly log: Logger;
}

/** Ends a session at its server that was opened and cannot be told to its agent: it would occupy a slot until it is idle. */
export async function closeUntold(
  { server, serverConfig, agentId: agent }: Pick<Identified, 'server' | 'serverConfig' | 'agentId'>,
  { upstream, cookie, revision }: OpenedSession,
  { upstreams, log }: CloseUntoldParts,
): Promise<void> {
  const session = { upstream, ...(cookie !== undefined && { cookie }) };
  const request = {
    server,
    serverConfig,
    method: 'DELETE',
    headers: { [PROTOCOL_VERSION_HEADER]: revision },
    session,
    context: { agent, server },
  };
  try {
    (await upstreams.send(request)).body.resume();
    log.info({ event: 'untold_session_closed', server, agent });
  } catch (error) {
    log.warn({ event: 'untold_session_left', server, agent, reason: (error as Error).name });
  }
}
