import type { Logger } from 'pino';
import { FleetError } from '../../core/errors';
import { refusalOf } from '../../core/granted';
import type { SealedSession } from '../../core/sealed-session';
import { sessionKey } from '../../core/session-key';
import type { KnownSession, Routed } from '../call';
import type { Directory, DirectoryRow } from '../ledger/directory';
import type { Metrics } from '../metrics';
import { OwnSession, type OwnSessionParts } from './own-session';

const REMEMBERED_SESSIONS = 10_000;

export interface RestoreParts extends OwnSessionParts {
  readonly directory: Directory;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** What this replica knows of sessions that have moved since their id was sealed. */
export class Restorations {
  private readonly moved = new Map<string, KnownSession>();
  private readonly underWay = new Map<string, Promise<KnownSession>>();

  constructor(private readonly parts: RestoreParts) {}

  /** Where a session is now, as far as this replica knows. */
  current(sessionId: string, sealed: SealedSession): KnownSession {
    return this.moved.get(sessionKey(sessionId)) ?? { ...sealed, told: sealed.generation };
  }

  /** The agent has been told of the session's generation; said again elsewhere if this cannot be written. */
  tell(sessionId: string, session: KnownSession): void {
    const { directory, log } = this.parts;
    const key = sessionKey(sessionId);
    this.moved.set(key, { ...session, told: session.generation });
    directory.tell(key, session.generation).catch((error: Error) => {
      log.warn({ event: 'restoration_not_noted_as_told', session: key, reason: error.message });
    });
  }

  /** Opens a lost session again; requests of the same session wait for the same attempt. */
  async restore(lost: Routed & { session: KnownSession; sessionId: string }): Promise<KnownSession> {
    const key = sessionKey(lost.sessionId);
    const attempt = this.underWay.get(key) ?? restoreSession(key, lost, this.parts).finally(() => this.underWay.delete(key));
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
async function restoreSession(key: string, lost: Routed & { session: KnownSession }, parts: RestoreParts): Promise<KnownSession> {
  const { directory, metrics, log } = parts;
  const row = await directory.read(key);
  if (row === undefined || row.closedAt !== undefined)
    throw new FleetError('UNKNOWN_SESSION', { reason: 'the session has ended; initialize again' });
  if (row.generation > lost.session.generation) return placeOf(row, lost.session);

  const opened = await openAgain(row, lost, parts);
  const { upstream, cookie, instance } = opened.place;
  if (upstream === undefined) throw new FleetError('UNKNOWN_SESSION', { reason: 'the server did not open the session again' });
  const next: DirectoryRow = { ...row, upstream, cookie, instance, generation: row.generation + 1 };
  if (await directory.move(key, next)) {
    metrics.count(lost.server, 'SessionsRestored');
    log.info({
      event: 'session_restored',
      session: key,
      server: lost.server,
      generation: next.generation,
      instance: next.instance,
    });
    return placeOf(next, lost.session);
  }
  await opened.end();
  const winner = await directory.read(key);
  if (winner === undefined || winner.closedAt !== undefined)
    throw new FleetError('UNKNOWN_SESSION', { reason: 'the session has ended; initialize again' });
  return placeOf(winner, lost.session);
}

/** Where a session is, by its row. @param sealed as its agent's id says */
export function placeOf({ upstream, cookie, generation, told = 0 }: DirectoryRow, sealed: SealedSession): KnownSession {
  const { revision, issuedAt } = sealed;
  return { upstream, ...(typeof cookie === 'string' && { cookie }), generation, revision, issuedAt, told };
}

/** Opens the session elsewhere. @throws FleetError UNKNOWN_SESSION when the server does not take it again as it was */
async function openAgain(row: DirectoryRow, lost: Routed, parts: OwnSessionParts): Promise<OwnSession> {
  const { agentId: agent, server, task, decision } = lost;
  const context = { agent, server, ...(task !== undefined && { task }) };
  const opened = await OwnSession.open(context, JSON.parse(row.initialize), parts, decision);
  if (opened.revision !== row.revision) {
    await opened.end();
    throw new FleetError('UNKNOWN_SESSION', { reason: `the server now speaks ${opened.revision}, not ${row.revision}; initialize again` });
  }
  if (row.logLevel !== undefined) await opened.ask('logging/setLevel', { level: row.logLevel });
  for (const uri of row.subscriptions ?? [])
    if (refusalOf(decision, server, { kind: 'resource', name: uri }) === undefined) await opened.ask('resources/subscribe', { uri });
  return opened;
}
