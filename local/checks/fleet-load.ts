import type { LocalAccount } from '../local-account';
import type { AgentClient, ClientKind, Reply } from './agent-client';
import { connect, inTurns, LOAD_AGENT, SERVERS, type ServerName } from './agents';
import { type Holding, seeHolding } from './holding';
import { type PlannedCall, workload } from './workload';

export const SESSIONS_PER_SERVER = 20;
export const CALLS_PER_SESSION = 20;
/** Sessionless clients that work beside the sessions; only the payments server speaks the modern revision. */
const MODERN_CLIENTS = 5;
/** A stdio server starts a process per session: more at once only makes each of them slower. */
const OPENED_AT_ONCE = 8;

/** One call of the load, as the agent saw it. */
export interface LoadCall {
  readonly agent: string;
  readonly server: ServerName;
  readonly client: ClientKind;
  /** The session id that the agent held; undefined in the modern era. */
  readonly session: string | undefined;
  readonly planned: PlannedCall;
  readonly reply: Reply;
}

export interface LoadReport {
  readonly calls: readonly LoadCall[];
  /** Session ids, all open at one time. */
  readonly sessions: readonly string[];
  /** What stood open, and what was said of it, while nobody was calling. */
  readonly holding: Holding;
  readonly openMs: number;
  readonly callMs: number;
}

interface Worker {
  readonly server: ServerName;
  readonly client: AgentClient;
  readonly plan: readonly PlannedCall[];
}

const reports = new WeakMap<LocalAccount, Promise<LoadReport>>();

/** The load that several checks look at: 60 sessions of cookie-less clients, 20 calls each. Runs once per account. */
export async function fleetLoad(account: LocalAccount): Promise<LoadReport> {
  const report = reports.get(account) ?? run(account);
  reports.set(account, report);
  return await report;
}

async function run(account: LocalAccount): Promise<LoadReport> {
  const start = performance.now();
  const workers: Worker[] = [];
  try {
    await inTurns(clientsToOpen(), OPENED_AT_ONCE, async ({ server, kind }, index) => {
      const client = await connect(account, LOAD_AGENT[server], server, kind);
      workers.push({ server, client, plan: workload(server, index, CALLS_PER_SESSION) });
    });
    const opened = performance.now();
    const calls = (await Promise.all(workers.map(call))).flat();
    const called = performance.now();
    const sessions = workers.map(({ client }) => client.sessionId()).filter((id) => id !== undefined);
    const holding = await seeHolding(account);
    return {
      calls,
      sessions,
      holding,
      openMs: Math.round(opened - start),
      callMs: Math.round(called - opened),
    };
  } finally {
    await inTurns(workers, OPENED_AT_ONCE, ({ client }) => client.close());
  }
}

/** Servers take turns, so that all of them are opened on at once. */
function clientsToOpen(): readonly { readonly server: ServerName; readonly kind: ClientKind }[] {
  const sessions = Array.from({ length: SESSIONS_PER_SERVER }, (_, index): ClientKind => (index % 2 === 0 ? 'v1' : 'v2'));
  const modern = Array.from({ length: MODERN_CLIENTS }, () => ({ server: 'payments' as const, kind: 'v2-modern' as const }));
  return [...sessions.flatMap((kind) => SERVERS.map((server) => ({ server, kind }))), ...modern];
}

async function call({ server, client, plan }: Worker): Promise<readonly LoadCall[]> {
  const calls: LoadCall[] = [];
  for (const planned of plan) {
    const reply = await client.call(planned.tool, planned.arguments, { key: planned.key });
    calls.push({ agent: LOAD_AGENT[server], server, client: client.kind, session: client.sessionId(), planned, reply });
  }
  return calls;
}
