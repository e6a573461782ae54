import type { AgentKeys, SealingKey } from '../ledger/archive/agent-keys';
import { type ArchivedChange, type Change, imageHash } from '../ledger/archive/record';
import { NOBODY, seal } from '../ledger/archive/sealed-row';

/** Keys that are asked for at once. */
const AT_ONCE = 8;

/** Changes as the archive keeps them. Rejects where a key is not to be had: none is kept in plain. */
export async function sealedChanges(changes: readonly Change[], keys: Pick<AgentKeys, 'current'>): Promise<readonly ArchivedChange[]> {
  const byAgent = await keysOf(new Set(changes.filter(({ row }) => row !== undefined).map(agentOf)), keys);
  return changes.map((change) => {
    const { row, ...rest } = change;
    if (row === undefined) return rest;
    const agent = agentOf(change);
    return { ...rest, image: imageHash(row), ...seal(row, change, agent, byAgent.get(agent) as SealingKey) };
  });
}

/** What has no agent is no call, and may say anything. */
function agentOf({ row }: Change): string {
  const { agent } = (row ?? {}) as { readonly agent?: unknown };
  return typeof agent === 'string' && agent !== '' ? agent : NOBODY;
}

async function keysOf(agents: ReadonlySet<string>, keys: Pick<AgentKeys, 'current'>): Promise<ReadonlyMap<string, SealingKey>> {
  const open = [...agents];
  const found = new Map<string, SealingKey>();
  const work = async (): Promise<void> => {
    for (let agent = open.pop(); agent !== undefined; agent = open.pop()) found.set(agent, await keys.current(agent));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}
