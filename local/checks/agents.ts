import { agentId } from '../../core/agent';
import type { LocalAccount } from '../local-account';
import { type AgentClient, type ClientKind, openClient } from './agent-client';

/** The three agents of the example company and the servers they work with. */
export const LOAD_AGENT = { everything: 'research', memory: 'research', payments: 'treasury' } as const;
export type ServerName = keyof typeof LOAD_AGENT;
export const SERVERS: readonly ServerName[] = ['everything', 'memory', 'payments'];

/** Connects an agent by its name, with a fresh token of its own. */
export async function connect(account: LocalAccount, agent: string, server: ServerName, kind: ClientKind): Promise<AgentClient> {
  return await openClient(kind, endpointOf(account, server), await account.token(agent));
}

export function endpointOf(account: LocalAccount, server: string): string {
  return `${account.baseUrl}/${server}/mcp`;
}

/** The agent's id in keys of the ledger. */
export function idOf(account: LocalAccount, agent: string): string {
  return agentId(account.principal(agent));
}

/** Runs `work` on each item, at most `atOnce` at a time, and keeps the order. */
export async function inTurns<T, R>(items: readonly T[], atOnce: number, work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  async function worker(): Promise<void> {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T, index);
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** Polls until `probe` gives something; undefined when it has not within the limit. */
export async function eventually<T>(probe: () => Promise<T | undefined> | T | undefined, limitMs: number): Promise<T | undefined> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const seen = await probe();
    if (seen !== undefined || Date.now() > deadline) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
