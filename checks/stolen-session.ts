import { connect } from './connect';
import { agentsOf, type CheckedAgent, type CheckedFleet, type CheckedServer } from './fleet';
import { post } from './refusals';

/** HTTP statuses of one request with the session id of an agent. */
export interface StolenSession {
  readonly server: string;
  readonly owner: number;
  /** By another agent that may use the server; absent where there is none. */
  readonly thief?: number;
  /** By the owner, with the id altered in one character. */
  readonly tampered: number;
}

/** A session id is of use to its own agent only, as it was given. Undefined where no server gives any. */
export async function stealSession(
  fleet: CheckedFleet,
  expect: (holds: boolean, otherwise: string) => void,
): Promise<StolenSession | undefined> {
  const candidates = fleet.servers
    .filter(({ sidecar }) => sidecar !== undefined)
    .map((server) => ({ server, agents: agentsOf(fleet, server) }));
  for (const { server, agents } of candidates.toSorted((a, b) => b.agents.length - a.agents.length)) {
    const [thief, owner = thief] = agents;
    const tried = owner && (await attempt(fleet, server, owner, thief));
    if (tried === undefined) continue;
    expect(tried.owner === 200, `The owner of a session of ${server.name} got HTTP ${tried.owner}`);
    expect((tried.thief ?? 404) === 404, `${thief?.name} with the session id of ${owner?.name} on ${server.name} got HTTP ${tried.thief}`);
    expect(tried.tampered === 404, `${owner?.name} with a session id altered in one character got HTTP ${tried.tampered}`);
    return tried;
  }
  return undefined;
}

async function attempt(
  { account }: CheckedFleet,
  server: CheckedServer,
  owner: CheckedAgent,
  thief: CheckedAgent | undefined,
): Promise<StolenSession | undefined> {
  const client = await connect(account, owner.name, server.name, 'v1').catch(() => undefined);
  try {
    const id = client?.sessionId();
    if (id === undefined) return undefined;
    const middle = Math.floor(id.length / 2);
    const altered = id.slice(0, middle) + (id[middle] === 'A' ? 'B' : 'A') + id.slice(middle + 1);
    const status = async (agent: CheckedAgent, session: string): Promise<number> =>
      (await post(account, server.name, await account.token(agent.name), 'tools/list', {}, session)).status;
    return {
      server: server.name,
      owner: await status(owner, id),
      ...(thief !== undefined && thief !== owner && { thief: await status(thief, id) }),
      tampered: await status(owner, altered),
    };
  } finally {
    await client?.close().catch(() => undefined);
  }
}
