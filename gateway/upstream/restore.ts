import { FleetError } from '../../core/errors';
import type { CallContext } from '../../core/fleet-config';
import { PROTOCOL_VERSION_HEADER, SESSION_HEADER } from '../../core/headers';
import type { SealedSession } from '../../core/sealed-session';
import { sessionKey } from '../../core/session-key';
import type { Routed } from '../call';
import type { Gateway } from '../gateway';
import type { DirectoryRow } from '../ledger/directory';
import { readAnswer, readResponse } from './answer';
import { OWN_REQUEST_ID } from './own-request';
import type { UpstreamResponse } from './upstreams';

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
  const next: DirectoryRow = { ...row, ...opened, generation: row.generation + 1 };
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
  await endSession(next, lost, gateway);
  const winner = await gateway.directory.read(key);
  if (winner === undefined || winner.closedAt !== undefined)
    throw new FleetError('UNKNOWN_SESSION', { reason: 'the session has ended; initialize again' });
  return pointer(winner, lost.session);
}

function pointer({ upstream, cookie, generation, told = 0 }: DirectoryRow, sealed: SealedSession): KnownSession {
  const { revision, issuedAt } = sealed;
  return { upstream, ...(typeof cookie === 'string' && { cookie }), generation, revision, issuedAt, told };
}

type Place = Pick<DirectoryRow, 'upstream' | 'cookie' | 'instance'>;

async function openAgain(row: DirectoryRow, lost: Routed, gateway: Gateway): Promise<Place> {
  const response = await say(lost, gateway, undefined, { method: 'initialize', params: JSON.parse(row.initialize) });
  const { result } = readResponse(response.text);
  const upstream = response.headers[SESSION_HEADER];
  if (typeof upstream !== 'string') throw new FleetError('UNKNOWN_SESSION', { reason: 'the server did not open the session again' });
  const place = { upstream, cookie: response.cookie, instance: response.instance };
  if (result.protocolVersion !== row.revision) {
    await endSession(place, lost, gateway);
    throw new FleetError('UNKNOWN_SESSION', {
      reason: `the server now speaks ${String(result.protocolVersion)}, not ${row.revision}; initialize again`,
    });
  }
  await tell(lost, gateway, place, { method: 'notifications/initialized' });
  if (row.logLevel !== undefined) await say(lost, gateway, place, { method: 'logging/setLevel', params: { level: row.logLevel } });
  for (const uri of row.subscriptions ?? []) await say(lost, gateway, place, { method: 'resources/subscribe', params: { uri } });
  return place;
}

async function endSession(place: Place, lost: Routed, gateway: Gateway): Promise<void> {
  const response = await post(lost, gateway, place, 'DELETE').catch(() => undefined);
  response?.body.resume(); // where it could not be told, the instance ends it when it is idle
}

/** Sends a request of the gateway's own and reads its answer. */
async function say(
  lost: Routed,
  gateway: Gateway,
  place: Place | undefined,
  message: { method: string; params: unknown },
): Promise<UpstreamResponse & { text: string }> {
  const response = await post(lost, gateway, place, 'POST', { jsonrpc: '2.0', id: OWN_REQUEST_ID, ...message });
  return { ...response, text: await readAnswer(response, { id: OWN_REQUEST_ID }) };
}

async function tell(lost: Routed, gateway: Gateway, place: Place, message: { method: string }): Promise<void> {
  const response = await post(lost, gateway, place, 'POST', { jsonrpc: '2.0', ...message });
  response.body.resume();
}

function post(
  lost: Routed,
  gateway: Gateway,
  place: Place | undefined,
  method: 'POST' | 'DELETE',
  body?: object,
): Promise<UpstreamResponse> {
  const { agentId: agent, server, serverConfig, task, session } = lost;
  const context: CallContext = { agent, server, ...(task !== undefined && { task }) };
  const revision = place === undefined || session === undefined ? {} : { [PROTOCOL_VERSION_HEADER]: session.revision };
  return gateway.upstreams.send({
    server,
    serverConfig,
    method,
    headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json', ...revision },
    ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)) }),
    ...(place !== undefined && { session: place }),
    context,
  });
}
