import type { ServerChecks } from '../core/server-checks';
import type { AgentClient, ClientKind } from './agent-client';
import { connect } from './connect';
import { type CheckedAgent, type CheckedFleet, type CheckedServer, callersOf } from './fleet';
import { kindsOf } from './kinds';

/** Who makes a declared call of which server, and how. */
export interface Caller<Probe> {
  readonly server: CheckedServer;
  readonly agent: CheckedAgent;
  readonly probe: Probe;
  readonly kind: ClientKind;
}

/** A call that a server declares, as far as its tools go. */
interface Declared {
  readonly tool: string;
  readonly executions?: { readonly tool: string };
}

/** Of each server that declares such a call, an agent that may make it, once with each client. */
export async function callersOfEach<Probe extends Declared>(
  fleet: CheckedFleet,
  probeOf: (checks: ServerChecks) => Probe | undefined,
): Promise<readonly Caller<Probe>[]> {
  const callers = fleet.servers.map(async (server) => {
    const probe = probeOf(server.checks);
    if (probe === undefined) return [];
    const [agent] = callersOf(fleet, server, [probe.tool, ...(probe.executions === undefined ? [] : [probe.executions.tool])]);
    return agent === undefined ? [] : (await kindsOf(fleet, server)).map((kind) => ({ server, agent, probe, kind }));
  });
  return (await Promise.all(callers)).flat();
}

/** Does something as an agent at a server, in a session that is ended afterwards. */
export async function inSession<Result>(
  fleet: CheckedFleet,
  { server, agent, kind }: Omit<Caller<unknown>, 'probe'>,
  work: (client: AgentClient) => Promise<Result>,
): Promise<Result> {
  const client = await connect(fleet.account, agent.name, server.name, kind);
  try {
    return await work(client);
  } finally {
    await client.close().catch(() => undefined);
  }
}
