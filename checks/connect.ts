import type { CheckedAccount } from '../local/checked-account';
import { type AgentClient, type ClientKind, openClient, type Reply, readError } from './agent-client';

/** How long one connection may take, in milliseconds. */
const CONNECT_LIMIT_MS = 30_000;

/** Connects an agent by its name, with a fresh token of its own. Rejects with the SDK's own error where the fleet refuses. */
export async function connect(account: CheckedAccount, agent: string, server: string, kind: ClientKind): Promise<AgentClient> {
  return await openClient(kind, endpointOf(account, server), await account.token(agent), CONNECT_LIMIT_MS);
}

/** A connection, or what the agent was told instead. */
export async function tryToConnect(account: CheckedAccount, agent: string, server: string, kind: ClientKind): Promise<AgentClient | Reply> {
  return await connect(account, agent, server, kind).catch(readError);
}

export function isConnected(tried: AgentClient | Reply): tried is AgentClient {
  return 'call' in tried;
}

export function endpointOf(account: CheckedAccount, server: string): string {
  return `${account.baseUrl}/${server}/mcp`;
}
