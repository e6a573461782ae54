import { sessionKey } from '../core/session-key';
import type { LedgerRow } from '../ledger/row';
import { isUnknownSession } from './agent-client';
import { expectations, type Findings } from './check';
import type { CheckedFleet } from './fleet';
import { fleetLoad, type LoadCall, type LoadReport, type Refused } from './load';
import { STEPS_PER_SESSION } from './load-plan';
import { type DirectoryRow, tablesOf } from './tables';
import { isUnavailable } from './unavailable';
import { withoutSessions } from './without-sessions';

/**
 * Check 1: a session always reaches the instance that holds it, also for clients that keep no cookies. A sidecar answers for sessions of
 * its own only: what the agents saw comes from their replies, where each session is from the directory, where calls went from the ledger,
 * and how many sessions an instance holds from its sidecar.
 */
export async function affinity(fleet: CheckedFleet): Promise<Findings> {
  const load = await fleetLoad(fleet);
  const tables = tablesOf(fleet.account);
  const rows = await tables.ledger();
  const directory = new Map((await tables.directory()).map((row) => [row.session, row]));
  const { expect, failures } = expectations();

  const unknown = load.calls.filter(({ reply }) => isUnknownSession(reply));
  const wrong = load.calls.filter(({ reply, right, server }) => !right && !isUnknownSession(reply) && !isAway(server.sidecar, reply));
  const refused = load.refused.filter(({ reply, server }) => !isAway(server.sidecar, reply));
  const hosted = load.sessions.filter(({ server }) => server.sidecar !== undefined);
  const places = hosted.map(({ id }) => ({ id, ...placesOf(id, directory, collect(rows, 'instance')) }));
  const strayed = places.filter(({ instances }) => instances.size !== 1);
  const restored = places.filter(({ row }) => (row?.generation ?? 0) > 0);

  expect(
    refused.length === 0,
    `${refused.length} agents did not get a session although they have a grant, first: ${showRefused(refused[0])}`,
  );
  expect(new Set(load.sessions.map(({ id }) => id)).size === load.sessions.length, 'Two agents were given the same session id');
  expect(unknown.length === 0, `${unknown.length} calls were told that their session is unknown, first: ${show(unknown[0])}`);
  expect(wrong.length === 0, `${wrong.length} calls got no right answer, first: ${show(wrong[0])}`);
  expect(
    strayed.length === 0,
    `${strayed.length} sessions were seen on no instance or on several, first: ${[...(strayed[0]?.instances ?? [])].join(' ')}`,
  );
  expect(restored.length === 0, `${restored.length} sessions lost their instance and were opened again, though no instance was stopped`);
  for (const problem of miscounted(load, places)) expect(false, problem);

  const gatewaysOf = collect(rows, 'owner');
  return {
    evidence: {
      sessionsOpenAtOnce: load.sessions.length,
      callsPerSession: STEPS_PER_SESSION,
      calls: load.calls.length,
      pingsAmongThem: load.calls.filter(({ planned }) => planned === undefined).length,
      callsByClient: countBy(load.calls.map(({ client }) => client)),
      unknownSessionErrors: unknown.length,
      sessionsSeenOnOneInstance: places.length - strayed.length,
      sessionsServedBySeveralGateways: load.sessions.filter(({ id }) => (gatewaysOf.get(sessionKey(id))?.size ?? 0) > 1).length,
      sessionsPerInstance: perInstance(fleet, load, directory),
      openMs: load.openMs,
      callMs: load.callMs,
    },
    failures,
    notProbed: withoutSessions(fleet, load),
    proven: hosted.length > 0,
  };
}

/** A server outside the fleet may not be there for this machine; one within it may be full. */
function isAway(sidecar: unknown, reply: Refused['reply']): boolean {
  return isUnavailable(reply, sidecar === undefined);
}

/** Instances on which a session was seen: where the directory has it, and where its calls were answered. */
function placesOf(id: string, directory: ReadonlyMap<string, DirectoryRow>, answered: ReadonlyMap<string, ReadonlySet<string>>) {
  const key = sessionKey(id);
  const row = directory.get(key);
  const instances = new Set([...(row?.instance === undefined ? [] : [row.instance]), ...(answered.get(key) ?? [])]);
  return { row, instances };
}

/** Sidecars that hold another number of sessions than the agents; where others held some before, theirs may have come and gone. */
function miscounted({ holding, before }: LoadReport, places: readonly { readonly row: DirectoryRow | undefined }[]): readonly string[] {
  return holding.sidecars.flatMap(({ task, server, sessions }) => {
    const ours = places.filter(({ row }) => row?.instance === task).length;
    const right = (before.get(task) ?? 0) === 0 ? sessions === ours : (sessions ?? 0) >= ours;
    return right ? [] : [`${server} ${task} answers that it holds ${sessions} sessions while agents held ${ours} there`];
  });
}

/** The different values of an attribute, by session. */
function collect(rows: readonly LedgerRow[], attribute: 'instance' | 'owner'): ReadonlyMap<string, ReadonlySet<string>> {
  const seen = new Map<string, Set<string>>();
  for (const { session, [attribute]: value } of rows) {
    if (session !== undefined && value !== undefined) seen.set(session, (seen.get(session) ?? new Set()).add(value));
  }
  return seen;
}

function perInstance({ servers }: CheckedFleet, { sessions }: LoadReport, directory: ReadonlyMap<string, DirectoryRow>) {
  const on = (name: string) =>
    sessions.filter(({ server }) => server.name === name).map(({ id }) => directory.get(sessionKey(id))?.instance);
  return Object.fromEntries(servers.map(({ name }) => [name, countBy(on(name).filter((instance) => instance !== undefined))]));
}

function countBy(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function show(call: LoadCall | undefined): string {
  return call ? `${call.server.name} ${call.planned?.tool ?? 'ping'} ${JSON.stringify(call.reply).slice(0, 300)}` : 'none';
}

function showRefused(refused: Refused | undefined): string {
  return refused
    ? `${refused.agent} on ${refused.server.name} with ${refused.client}: ${JSON.stringify(refused.reply).slice(0, 300)}`
    : 'none';
}
