import type { ProcessRow } from '../local/local-account';
import type { AgentClient, ClientKind, Reply } from './agent-client';
import { connect, isConnected, tryToConnect } from './connect';
import { agentsOf, type CheckedAgent, type CheckedFleet, type CheckedServer } from './fleet';
import { type Holding, seeHolding } from './holding';
import { type LoadStep, planOf } from './load-plan';
import { inTurns, oncePer } from './waiting';

/** Sessions of the whole fleet, shared by its servers. */
const SESSIONS = 60;
const MOST_PER_SERVER = 20;
const FEWEST_PER_SERVER = 3;
/** Sessionless clients that work beside the sessions, on each server that speaks the modern revision. */
const MODERN_CLIENTS = 5;
/** A stdio server starts a process per session: more at once only makes each of them slower. */
const OPENED_AT_ONCE = 8;

/** One call or ping of the load, as the agent saw it. */
export interface LoadCall extends LoadStep {
  readonly agent: CheckedAgent;
  readonly server: CheckedServer;
  readonly client: ClientKind;
  /** The session id that the agent held; undefined in the modern era, and of a server that keeps no sessions. */
  readonly session: string | undefined;
  readonly reply: Reply;
  /** Whether that is the answer that was expected. */
  readonly right: boolean;
}

export interface LoadReport {
  readonly calls: readonly LoadCall[];
  readonly sessions: readonly LoadSession[];
  /** Connections that were not had. */
  readonly refused: readonly Refused[];
  /** Servers without room for a session: each slot is in use. */
  readonly full: readonly string[];
  /** Sessions that sidecars held before, by task. */
  readonly before: ReadonlyMap<string, number>;
  /** What stood open, and what was said of it. */
  readonly holding: Holding;
  readonly openMs: number;
  readonly callMs: number;
}

/** A session of the load; all are open at one time. */
export interface LoadSession {
  readonly server: CheckedServer;
  readonly id: string;
}

export interface Refused {
  readonly server: CheckedServer;
  readonly agent: string;
  readonly client: ClientKind;
  readonly reply: Reply;
}

interface Place {
  readonly server: CheckedServer;
  readonly agent: CheckedAgent;
  readonly kind: ClientKind;
}

interface Worker extends Place {
  readonly client: AgentClient;
}

/** The load that several checks look at: sessions of cookie-less clients on every server, and calls through each. */
export const fleetLoad = oncePer(run);

/** Whether a server serves the sessionless revision; told by trying. */
export const speaksModern = oncePer(async (fleet: CheckedFleet): Promise<ReadonlySet<string>> => {
  const tried = await inTurns(fleet.servers, OPENED_AT_ONCE, async (server) => {
    const [agent] = agentsOf(fleet, server);
    const client = agent && (await connect(fleet.account, agent.name, server.name, 'v2-modern').catch(() => undefined));
    await client?.close();
    return client === undefined ? [] : [server.name];
  });
  return new Set(tried.flat());
});

async function run(fleet: CheckedFleet): Promise<LoadReport> {
  const start = performance.now();
  const sidecars = (await fleet.account.processes()).filter(({ role }) => role === 'sidecar');
  const places = await placesFor(fleet, sidecars);
  const workers: Worker[] = [];
  const refused: Refused[] = [];
  try {
    fleet.say(`opens ${places.length} connections`);
    await inTurns(places, OPENED_AT_ONCE, async (place) => {
      if (fleet.signal.aborted) return;
      const { server, agent, kind } = place;
      const tried = await tryToConnect(fleet.account, agent.name, server.name, kind);
      if (isConnected(tried)) workers.push({ ...place, client: tried });
      else refused.push({ server, agent: agent.name, client: kind, reply: tried });
    });
    const opened = performance.now();
    const openedAt = Date.now();
    fleet.say(`calls through ${workers.length} connections`);
    const calls = (await Promise.all(workers.map((worker) => callThrough(fleet, worker)))).flat();
    const called = performance.now();
    fleet.say('waits for a report of each sidecar, while all stand open');
    const sessions = workers.flatMap(({ server, client }) => {
      const id = client.sessionId();
      return id === undefined ? [] : [{ server, id }];
    });
    return {
      calls,
      sessions,
      refused,
      full: fullServers(fleet, sidecars),
      before: new Map(sidecars.map(({ task, sessions: held = 0 }) => [task, held])),
      holding: await seeHolding(fleet, openedAt),
      openMs: Math.round(opened - start),
      callMs: Math.round(called - opened),
    };
  } finally {
    await inTurns(workers, OPENED_AT_ONCE, ({ client }) => client.close().catch(() => undefined));
  }
}

async function callThrough(fleet: CheckedFleet, { server, agent, kind, client }: Worker): Promise<readonly LoadCall[]> {
  const calls: LoadCall[] = [];
  for (const step of planOf(fleet, server, agent, kind)) {
    if (fleet.signal.aborted) break;
    const { reply, right } = await step.take(client);
    calls.push({ ...step, agent, server, client: kind, session: client.sessionId(), reply, right });
  }
  return calls;
}

/** Servers take turns, so that all of them are opened on at once, and so do the agents and clients of a server. */
async function placesFor(fleet: CheckedFleet, sidecars: readonly ProcessRow[]): Promise<readonly Place[]> {
  const usable = fleet.servers.filter((server) => agentsOf(fleet, server).length > 0);
  const share = Math.min(MOST_PER_SERVER, Math.max(FEWEST_PER_SERVER, Math.floor(SESSIONS / Math.max(usable.length, 1))));
  const modern = await speaksModern(fleet);
  const rounds = Array.from({ length: share }, (_, round) =>
    usable.filter((server) => round < roomOf(server, sidecars)).map((server) => placeAt(fleet, server, round)),
  );
  const sessionless = usable
    .filter(({ name }) => modern.has(name))
    .flatMap((server) =>
      Array.from({ length: MODERN_CLIENTS }, (_, index) => ({ ...placeAt(fleet, server, index * 2), kind: 'v2-modern' as const })),
    );
  return [...rounds.flat(), ...sessionless];
}

/** Pairs of sessions go to one agent, one by each client. */
function placeAt(fleet: CheckedFleet, server: CheckedServer, round: number): Place {
  const agents = agentsOf(fleet, server);
  return { server, agent: agents[Math.floor(round / 2) % agents.length] as CheckedAgent, kind: round % 2 === 0 ? 'v1' : 'v2' };
}

/** Sessions that may be opened here: the half of what is free, so that whoever works with the fleet meanwhile has the other one. */
function roomOf({ name, sidecar }: CheckedServer, sidecars: readonly ProcessRow[]): number {
  // Nobody can say here what a server outside the fleet bears.
  if (sidecar === undefined) return FEWEST_PER_SERVER;
  const free = sidecars.filter(({ server }) => server === name).map(({ sessions = 0 }) => Math.max(sidecar.slots - sessions, 0));
  // One that may have no instance has the room of the one that is started for who comes.
  if (free.length === 0 && sidecar.keepIdleSeconds !== undefined) free.push(sidecar.slots);
  return Math.ceil(free.reduce((sum, slots) => sum + slots, 0) / 2);
}

function fullServers(fleet: CheckedFleet, sidecars: readonly ProcessRow[]): readonly string[] {
  return fleet.servers.filter((server) => agentsOf(fleet, server).length > 0 && roomOf(server, sidecars) === 0).map(({ name }) => name);
}
