import type { LedgerRow } from '../../core/ledger';
import { sessionKey } from '../../core/session-key';
import type { LocalAccount } from '../local-account';
import { isUnknownSession } from './agent-client';
import { SERVERS } from './agents';
import { expectations, type Findings } from './check';
import { CALLS_PER_SESSION, fleetLoad, type LoadCall, SESSIONS_PER_SERVER } from './fleet-load';
import { tablesOf } from './tables';

/**
 * Check 1: a session always reaches the instance that holds it, also for clients that keep no cookies.
 * What the agents saw comes from their replies, where each call went from the ledger.
 */
export async function affinity(account: LocalAccount): Promise<Findings> {
  const load = await fleetLoad(account);
  const rows = await tablesOf(account).ledger();
  const { expect, failures } = expectations();

  const instancesOf = collect(rows, 'instance');
  const gatewaysOf = collect(rows, 'owner');
  const perSession = load.sessions.map((session) => instancesOf.get(sessionKey(session))?.size ?? 0);
  const unknown = load.calls.filter(({ reply }) => isUnknownSession(reply));
  const wrong = load.calls.filter((call) => !isUnknownSession(call.reply) && !isRight(call));

  const sessions = SESSIONS_PER_SERVER * SERVERS.length;
  expect(load.sessions.length >= sessions, `${load.sessions.length} sessions were open at once; expected ${sessions}`);
  expect(new Set(load.sessions).size === load.sessions.length, 'Two agents were given the same session id');
  expect(unknown.length === 0, `${unknown.length} calls were told that their session is unknown, first: ${show(unknown[0])}`);
  expect(wrong.length === 0, `${wrong.length} calls got no right answer, first: ${show(wrong[0])}`);
  const strayed = perSession.filter((count) => count !== 1).length;
  expect(strayed === 0, `${strayed} sessions were seen on no instance or on several; instances per session: ${perSession.join(' ')}`);

  return {
    evidence: {
      sessionsOpenAtOnce: load.sessions.length,
      callsPerSession: CALLS_PER_SESSION,
      calls: load.calls.length,
      callsByClient: countBy(load.calls.map(({ client }) => client)),
      unknownSessionErrors: unknown.length,
      sessionsSeenOnOneInstance: perSession.filter((count) => count === 1).length,
      sessionsServedBySeveralGateways: load.sessions.filter((session) => (gatewaysOf.get(sessionKey(session))?.size ?? 0) > 1).length,
      sessionsPerInstance: Object.fromEntries(SERVERS.map((server) => [server, spread(load.calls, server, instancesOf)])),
      openMs: load.openMs,
      callMs: load.callMs,
    },
    failures,
  };
}

/** The different values of an attribute, by session. */
function collect(rows: readonly LedgerRow[], attribute: 'instance' | 'owner'): ReadonlyMap<string, ReadonlySet<string>> {
  const seen = new Map<string, Set<string>>();
  for (const { session, [attribute]: value } of rows) {
    if (session !== undefined && value !== undefined) seen.set(session, (seen.get(session) ?? new Set()).add(value));
  }
  return seen;
}

function isRight({ reply, planned }: LoadCall): boolean {
  return reply.kind === 'result' && !reply.isError && reply.text.includes(planned.expects);
}

/** Sessions of a server by instance id. */
function spread(calls: readonly LoadCall[], server: string, instancesOf: ReadonlyMap<string, ReadonlySet<string>>): Record<string, number> {
  const sessions = new Set(calls.filter((call) => call.server === server).map(({ session }) => session));
  return countBy([...sessions].flatMap((session) => (session === undefined ? [] : [...(instancesOf.get(sessionKey(session)) ?? [])])));
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function show(call: LoadCall | undefined): string {
  return call ? `${call.server} ${call.planned.tool} ${JSON.stringify(call.reply).slice(0, 300)}` : 'none';
}
