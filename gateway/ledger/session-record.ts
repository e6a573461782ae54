import type { Logger } from 'pino';
import type { AgentTerms } from '../../core/agent-terms';
import { FleetError } from '../../core/errors';
import { SESSION_HEADER } from '../../core/headers';
import type { RequestMessage } from '../../core/message';
import { SEALED_ID_LIMIT, SESSION_LIFETIME_SECONDS, type SealedSession, sealSession } from '../../core/sealed-session';
import { sessionKey } from '../../core/session-key';
import type { Forwarded } from '../call';
import type { SealKeys } from '../identity/seal-keys';
import type { Answer } from '../upstream/answer';
import type { Directory, DirectoryRow } from './directory';
import type { FanOut } from './fan-out';

export interface SessionStateParts {
  readonly directory: Directory;
  readonly log: Logger;
}

export interface SessionParts extends SessionStateParts {
  readonly fanOut: FanOut;
  readonly sealKeys: SealKeys;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Seals the session that initialize opened and lists it in the directory; the agent gets the sealed id only. */
export async function recordOpening(forwarded: Forwarded, answer: Answer, parts: SessionParts): Promise<Forwarded> {
  const { opened, instance } = answer;
  if (opened === undefined) return forwarded;
  const { agent, agentId, server, task, message, decision } = forwarded;
  const now = parts.now();
  const session: SealedSession = { ...opened, generation: 0, issuedAt: Math.floor(now / 1000) };
  const id = sealSession(session, { agent: agentId, server }, parts.sealKeys.all[0]);
  if (id.length > SEALED_ID_LIMIT) {
    throw new FleetError('NOT_DELIVERED', {
      reason: `the server's session id is too long to be sealed (${opened.upstream.length} characters)`,
    });
  }
  const row: DirectoryRow = {
    session: sessionKey(id),
    agent: agentId,
    ...agent,
    server,
    ...(task !== undefined && { task }),
    ...(instance !== undefined && { instance }),
    initialize: JSON.stringify((message as RequestMessage).params),
    revision: opened.revision,
    generation: session.generation,
    upstream: opened.upstream,
    ...(opened.cookie !== undefined && { cookie: opened.cookie }),
    openedAt: now,
    expiresAt: session.issuedAt + SESSION_LIFETIME_SECONDS,
  };
  await parts.directory.open(row);
  await countIn(row, decision.terms, parts);
  parts.log.info({ event: 'session_opened', session: sessionKey(id), server, agent: agentId, instance, revision: opened.revision });
  return { ...forwarded, answer: { ...answer, headers: { ...answer.headers, [SESSION_HEADER]: id } } };
}

/** A session that is one too many is not opened. */
async function countIn(row: DirectoryRow, terms: AgentTerms | undefined, { fanOut, directory, now }: SessionParts): Promise<void> {
  try {
    await fanOut.enter(row, terms);
  } catch (error) {
    await directory.refuse(row.session, now());
    throw error;
  }
}

const RESTORED_METHODS = ['logging/setLevel', 'resources/subscribe', 'resources/unsubscribe'];

/** Notes what a restoration would have to say again: the log level and the subscriptions of the session. */
export async function recordSessionState(
  { sessionId, message, server }: Forwarded,
  answer: Answer,
  parts: SessionStateParts,
): Promise<void> {
  if (sessionId === undefined || message?.kind !== 'request' || !RESTORED_METHODS.includes(message.method)) return;
  if (answer.response?.member !== 'result') return;
  const session = sessionKey(sessionId);
  const { level, uri } = message.params;
  try {
    if (message.method === 'logging/setLevel') await parts.directory.setLogLevel(session, String(level));
    if (message.method === 'resources/subscribe') await parts.directory.subscribe(session, String(uri));
    if (message.method === 'resources/unsubscribe') await parts.directory.unsubscribe(session, String(uri));
  } catch (error) {
    parts.log.warn({ event: 'session_state_not_recorded', session, server, reason: (error as Error).name });
  }
}
