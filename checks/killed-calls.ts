import type { WriteProbe } from '../core/server-checks';
import { sessionKey } from '../core/session-key';
import type { ProcessRow } from '../local/local-account';
import type { AgentClient, ClientKind, Reply } from './agent-client';
import { connect } from './connect';
import { type CheckedAgent, type CheckedFleet, type CheckedServer, callersOf } from './fleet';
import { kindsOf } from './kinds';
import { grantLine, probeLine } from './missing-line';
import { executionsOf, make, newMark, type PlannedCall, planned } from './probes';
import { tablesOf } from './tables';
import { eventually, oncePer } from './waiting';

/** A call whose instance was killed in the middle of it. */
export interface KilledCall {
  readonly client: ClientKind;
  readonly call: PlannedCall;
  /** Absent for the call that is sent without one. */
  readonly key?: string;
  /** What the agent was told. */
  readonly reply: Reply;
}

export interface Kill {
  readonly server: CheckedServer;
  readonly agent: CheckedAgent;
  readonly probe: WriteProbe;
  readonly pid: number;
  readonly instance: string;
  /** Those that ran on the killed instance. */
  readonly calls: readonly KilledCall[];
  /** Sessionless calls that were placed on another instance and ended as if nothing had happened. */
  readonly survived: number;
  /** Pids once the server had as many processes as before; undefined when it never had. */
  readonly replacedBy: readonly number[] | undefined;
  readonly replacedMs: number;
}

/** Of whom a call can be lost. */
interface Target extends Pick<Kill, 'server' | 'agent' | 'probe'> {
  readonly kinds: readonly ClientKind[];
}

const STARTED_LIMIT_MS = 10_000;
const REPLACEMENT_LIMIT_MS = 60_000;
/** The agent gives up after so long; by then a gateway has told what it knows. */
const CALL_LIMIT_MS = 45_000;
/** Sessions are spread over the instances; so many are opened at most to have one on a given instance. */
const PLACEMENTS = 16;
/** A sessionless call goes where the load balancer sends it; of so many at once some meet the killed instance. */
const MODERN_CALLS = 4;

/**
 * Kills an instance with SIGKILL while it runs calls of the `lasting` probe: with a key by each official client, and one without.
 * Happens once per fleet; resolves when the account has replaced the instance. A text says why nothing was killed, and what to add.
 */
export const killedCalls = oncePer(async (fleet: CheckedFleet): Promise<Kill | string> => {
  const target = await findTarget(fleet);
  return typeof target === 'string' ? target : await kill(fleet, target);
});

async function findTarget(fleet: CheckedFleet): Promise<Target | string> {
  const hosted = fleet.servers.filter(({ sidecar }) => sidecar !== undefined);
  if (hosted.length === 0) return 'No server runs in the fleet, so that no instance of one can be lost';
  const declared = hosted.flatMap((server) => (server.checks.lasting === undefined ? [] : [{ server, probe: server.checks.lasting }]));
  if (declared.length === 0) return probeLine(hosted, 'lasting', 'No call was lost with its instance');
  for (const { server, probe } of declared) {
    const [agent] = callersOf(fleet, server, [probe.tool, probe.executions.tool]);
    if (agent === undefined) continue;
    if (!fleet.mayKill)
      return `No instance of ${server.name} was killed, for sessions of others may be on it; to allow it: mcp-fleet check --kill`;
    return { server, agent, probe, kinds: await kindsOf(fleet, server) };
  }
  const [{ server, probe }] = declared as [(typeof declared)[0]];
  return grantLine(server, [probe.tool, probe.executions.tool]);
}

async function kill(fleet: CheckedFleet, target: Target): Promise<Kill> {
  const { server, agent, probe, kinds } = target;
  const opened: AgentClient[] = [];
  try {
    fleet.say(`kills an instance of ${server.name} in the midst of ${probe.tool}`);
    const first = await place(fleet, target, 'v1', opened);
    const second = await place(fleet, target, 'v2', opened, first.instance);
    const victim = await processOf(fleet, server, first.instance);
    const modern = kinds.includes('v2-modern') ? await connect(fleet.account, agent.name, server.name, 'v2-modern') : undefined;
    if (modern) opened.push(modern);

    const plans = [
      { by: first.client, keyed: true },
      { by: second.client, keyed: true },
      ...(needsKey(server, probe) ? [] : [{ by: second.client, keyed: false }]),
      ...(modern ? Array.from({ length: MODERN_CALLS }, () => ({ by: modern, keyed: true })) : []),
    ].map(({ by, keyed }) => {
      const call = planned(probe, newMark());
      return { by, call, ...(keyed && { key: call.mark }) };
    });
    const before = await processesOf(fleet, server, victim.role);
    const replies = plans.map(({ by, call, key }) => make(by, call, { key, timeout: CALL_LIMIT_MS }));
    await allStarted(probe, plans);
    await fleet.account.kill(victim.pid);
    const replaced = replacement(fleet, server, before, victim);

    const ended = await Promise.all(
      plans.map(async ({ by, call, key }, index) => ({
        client: by.kind,
        call,
        ...(key && { key }),
        reply: (await replies[index]) as Reply,
      })),
    );
    const calls = ended.filter(({ client, reply }) => client !== 'v2-modern' || reply.kind !== 'result');
    const survived = ended.length - calls.length;
    return { server, agent, probe, pid: victim.pid, instance: first.instance, calls, survived, ...(await replaced) };
  } finally {
    await Promise.all(opened.map((client) => client.close().catch(() => undefined)));
  }
}

/** Whether the tool refuses a call without a key, or takes the key from its arguments. */
function needsKey({ config }: CheckedServer, { tool }: WriteProbe): boolean {
  const policy = config?.tools[tool];
  return policy?.key === 'required' || policy?.keyArgument !== undefined;
}

/** A session, and the instance it is on as the directory tells; on a wanted instance, by opening until one lands there. */
async function place(fleet: CheckedFleet, { server, agent }: Target, kind: ClientKind, opened: AgentClient[], wanted?: string) {
  for (let attempt = 0; attempt < PLACEMENTS; attempt++) {
    const client = await connect(fleet.account, agent.name, server.name, kind);
    opened.push(client);
    const id = client.sessionId();
    if (id === undefined) throw new Error(`${server.name} keeps no sessions, so that no call of it can be sent to a given instance`);
    const row = (await tablesOf(fleet.account).directory()).find(({ session }) => session === sessionKey(id));
    if (row?.instance === undefined) throw new Error(`The directory does not say which instance of ${server.name} holds the session`);
    if (wanted === undefined || row.instance === wanted) return { client, instance: row.instance };
  }
  throw new Error(`None of ${PLACEMENTS} sessions was placed on instance ${wanted} of ${server.name}`);
}

async function allStarted(probe: WriteProbe, calls: readonly { readonly by: AgentClient; readonly call: PlannedCall }[]): Promise<void> {
  const waiting = new Set(calls);
  const started = await eventually(async () => {
    await Promise.all(
      [...waiting].map(async (started) => {
        const executions = await executionsOf(started.by, probe, started.call.mark);
        if (typeof executions === 'number' && executions > 0) waiting.delete(started);
      }),
    );
    return waiting.size === 0 ? true : undefined;
  }, STARTED_LIMIT_MS);
  if (!started) throw new Error(`${waiting.size} calls of ${probe.tool} were not seen by ${probe.executions.tool} while they ran`);
}

/** The server's own process of an instance; the sidecar's, where it runs the server as its children. */
async function processOf(fleet: CheckedFleet, server: CheckedServer, instance: string): Promise<ProcessRow> {
  const role = server.sidecar?.runtime.kind === 'stdio' ? 'sidecar' : 'server';
  const found = (await processesOf(fleet, server, role)).find(({ task }) => task === instance);
  if (!found) throw new Error(`No process of ${server.name} runs as task ${instance}`);
  return found;
}

async function processesOf({ account }: CheckedFleet, { name }: CheckedServer, wanted: ProcessRow['role']): Promise<readonly ProcessRow[]> {
  return (await account.processes()).filter(({ role, server }) => role === wanted && server === name);
}

/** Waits until as many processes run as before, without the victim. */
async function replacement(fleet: CheckedFleet, server: CheckedServer, before: readonly ProcessRow[], victim: ProcessRow) {
  const start = performance.now();
  const replacedBy = await eventually(async () => {
    const now = await processesOf(fleet, server, victim.role);
    const complete = now.length >= before.length && now.every(({ pid }) => pid !== victim.pid);
    return complete ? now.map(({ pid }) => pid) : undefined;
  }, REPLACEMENT_LIMIT_MS);
  return { replacedBy, replacedMs: Math.round(performance.now() - start) };
}
