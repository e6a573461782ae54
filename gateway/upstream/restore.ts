import { FleetError } from '../../core/errors';
import type { SealedSession } from '../../core/sealed-session';
import { sessionKey } from '../../core/session-key';
import type { Routed } from '../call';
import type { Gateway } from '../gateway';
import type { DirectoryRow } from '../ledger/directory';
import { OwnSession } from './own-session';

const REMEMBERED_SESSIONS = 10_000;

/** A session and what its agent knows of it. */
export interface KnownSession extends SealedSession {
  /** Generation that the agent has been told of: one that is lower than the session's has a restoration to tell. */
  readonly told: number;
}

/** What this replica knows of sessions that have moved since their id was sealed. */
export class Restorations {
  private readonly moved = new Map<string, KnownSession>();
  private readonly underWay = new Map<string, Promise<KnownSession>>();

  /** Where a session is now, as far as this replica knows. */
  current(sessionId: string, sealed: SealedSession): KnownSession {
    return this.moved.get(sessionKey(sessionId)) ?? { ...sealed, told: sealed.generation };
  }

  /** The agent has been told of the session's generation; said again elsewhere if this cannot be written. */
  tell(sessionId: string, session: KnownSession, gateway: Gateway): void {
    const key = sessionKey(sessionId);
    this.moved.set(key, { ...session, told: session.generation });
    gateway.directory.tell(key, session.generation).catch((error: Error) => {
      gateway.log.warn({ event: 'restoration_not_noted_as_told', session: key, reason: error.message });
    });
  }

  /** Opens a lost session again; requests of the same session wait for the same attempt. */
  async restore(lost: Routed & { session: KnownSession; sessionId: string }, gateway: Gateway): Promise<KnownSession> {
    const key = sessionKey(lost.sessionId);
    const attempt = this.underWay.get(key) ?? restoreSession(key, lost, gateway).finally(() => this.underWay.delete(key));
    this.underWay.set(key, attempt);
    const session = await attempt;
    if (this.moved.size >= REMEMBERED_SESSIONS) this.moved.delete(this.moved.keys().next().value as string);
    this.moved.set(key, session);
    return session;
  }
}

/**
 * Opens a session on another instance from what the directory says of it: the agent's own initialize, then its log level
 * and subscriptions. The agent keeps its id. Of two replicas that do so at a time one wins the next generation by
 * conditional write, and the other ends what it opened and follows.
 * @throws FleetError UNKNOWN_SESSION when the directory does not hold the session, or the server does not take it again
 */
async function restoreSession(key: string, lost: Routed & { session: KnownSession }, gateway: Gateway): Promise<KnownSession> {
  const row = await gateway.directory.read(key);
  if (row === undefined || row.closedAt !== undefined)
    throw new FleetError('UNKNOWN_SESSION', { reason: 'the session has ended; initialize again' });
  if (row.generation > lost.session.generation) return pointer(row, lost.session);

  const opened = await openAgain(row, lost, gateway);
  const { upstream, cookie, instance } = opened.place;
  if (upstream === undefined) throw new FleetError('UNKNOWN_SESSION', { reason: 'the server did not open the session again' });
  const next: DirectoryRow = { ...row, upstream, cookie, instance, generation: row.generation + 1 };
  if (await gateway.directory.move(key, next)) {
    gateway.metrics.count(lost.server, 'SessionsRestored');
    gateway.log.info({
      event: 'session_restored',
      session: key,
      server: lost.server,
      generation: next.generation,
      instance: next.instance,
    });
    return pointer(next, lost.session);
  }
  await opened.end();
  const winner = await gateway.directory.read(key);
  if (winner === undefined || winner.closedAt !== undefined)
    throw new FleetError('UNKNOWN_SESSION', { reason: 'the session has ended; initialize again' });
  return pointer(winner, lost.session);
}

function pointer({ upstream, cookie, generation, told = 0 }: DirectoryRow, sealed: SealedSession): KnownSession {
  const { revision, issuedAt } = sealed;
  return { upstream, ...(typeof cookie === 'string' && { cookie }), generation, revision, issuedAt, told };
}

/** Opens the session elsewhere. @throws FleetError UNKNOWN_SESSION when the server does not take it again as it was */
async function openAgain(row: DirectoryRow, lost: Routed, gateway: Gateway): Promise<OwnSession> {
  const { agentId: agent, server, task } = lost;
  const opened = await OwnSession.open({ agent, server, ...(task !== undefined && { task }) }, JSON.parse(row.initialize), gateway);
  if (opened.revision !== row.revision) {
    await opened.end();
    throw new FleetError('UNKNOWN_SESSION', { reason: `the server now speaks ${opened.revision}, not ${row.revision}; initialize again` });
  }
  if (row.logLevel !== undefined) await opened.ask('logging/setLevel', { level: row.logLevel });
  for (const uri of row.subscriptions ?? []) await opened.ask('resources/subscribe', { uri });
  return opened;
}
