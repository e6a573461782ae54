import { SESSION_IDLE_MS } from '../../core/sealed-session';
import type { RecordedSession } from '../../core/sizing/recorded-load';
import type { LedgerRow } from '../../ledger/row';
import type { SessionRow } from '../session-rows';

/** What the tables know of the load of one server in a window. */
export interface Recording {
  readonly sessions: readonly RecordedSession[];
  readonly calls: number;
  /** Calls that belonged to no session; they are among `sessions`, and as long as they ran. */
  readonly sessionless: number;
  readonly agents: number;
  /** Mean from the end of a call to the next one of its session; absent where no session had two. */
  readonly thinkSeconds?: number;
  /** Sessions that are in the ledger only: of these nothing is known but from the first call to the last. */
  readonly forgotten: number;
}

/** Milliseconds since the epoch. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

/** Something that held a slot. */
interface Held extends Window {
  readonly agent: string;
}

/**
 * Reads of a server's calls and sessions how its slots were used.
 * @param calls of the server
 * @param sessions of the server, as the directory has them
 */
export function recordingOf(calls: readonly LedgerRow[], sessions: readonly SessionRow[], window: Window): Recording {
  const sent = calls.filter(wasSent);
  const bySession = callsBySession(sent);
  const known = new Set(sessions.map(({ session }) => session));
  const forgotten = [...bySession].filter(([session]) => !known.has(session)).map(([, own]) => heldBy(own));
  const sessionless = sent.filter(({ session }) => session === undefined).map((call) => heldBy([call]));
  const listed = sessions
    .filter(({ refused }) => refused !== true)
    .map((row) => heldUntilEnd(row, bySession.get(row.session) ?? [], window.until));
  const inside = (held: readonly Held[]): readonly Held[] => held.filter(({ from, until }) => from < window.until && until > window.from);
  const all = inside([...listed, ...forgotten, ...sessionless]);
  const pauses = [...bySession.values()].flatMap(pausesBetween);
  return {
    sessions: all.map((held) => recorded(held, window)),
    calls: sent.filter(({ claimedAt }) => claimedAt >= window.from && claimedAt < window.until).length,
    sessionless: inside(sessionless).length,
    agents: new Set(all.map(({ agent }) => agent)).size,
    ...(pauses.length > 0 && { thinkSeconds: pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length / 1_000 }),
    forgotten: inside(forgotten).length,
  };
}

/** What was refused, or answered from the ledger, came to no instance. */
function wasSent({ instance, sentAt }: LedgerRow): boolean {
  return instance !== undefined || sentAt !== undefined;
}

/** In the order in which they came. */
function callsBySession(calls: readonly LedgerRow[]): ReadonlyMap<string, readonly LedgerRow[]> {
  const sessions = new Map<string, LedgerRow[]>();
  for (const call of [...calls].sort((one, other) => one.claimedAt - other.claimedAt)) {
    if (call.session === undefined) continue;
    const own = sessions.get(call.session) ?? [];
    own.push(call);
    sessions.set(call.session, own);
  }
  return sessions;
}

function heldBy(calls: readonly LedgerRow[]): Held {
  const { agent, claimedAt } = calls[0] as LedgerRow;
  return { agent, from: claimedAt, until: lastUse(calls, claimedAt) };
}

/** One that nobody has ended holds its slot until it is idle. */
function heldUntilEnd({ agent, openedAt, closedAt, expiresAt }: SessionRow, calls: readonly LedgerRow[], now: number): Held {
  const idleAt = Math.min(lastUse(calls, openedAt) + SESSION_IDLE_MS, expiresAt * 1_000);
  return { agent, from: openedAt, until: closedAt ?? Math.min(idleAt, now) };
}

function lastUse(calls: readonly LedgerRow[], since: number): number {
  return calls.reduce((last, { claimedAt, settledAt = claimedAt }) => Math.max(last, settledAt), since);
}

function pausesBetween(calls: readonly LedgerRow[]): readonly number[] {
  return calls.slice(1).map(({ claimedAt }, at) => {
    const before = calls[at] as LedgerRow;
    return Math.max(0, claimedAt - (before.settledAt ?? before.claimedAt));
  });
}

/** What began before the window is there from its beginning. */
function recorded({ agent, from, until }: Held, window: Window): RecordedSession {
  const at = Math.max(from, window.from);
  return { agent, at: at - window.from, length: Math.min(until, window.until) - at };
}
