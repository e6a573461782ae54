import type { Fleet } from '../../suites/fleet';

/** What an instance says of itself. */
export interface Count {
  readonly sessions: number;
  readonly slots: number;
}

/** How long a sidecar may take to answer, in milliseconds. */
const ANSWER_MS = 1_000;

/** What each sidecar tells, by instance; one that is gone tells nothing. */
export async function toldCounts({ processes }: Fleet): Promise<ReadonlyMap<string, Count>> {
  const sidecars = (await processes.rows()).filter(({ role }) => role === 'sidecar');
  const counts = await Promise.all(sidecars.map(async ({ task, address }) => [task, await countOf(address)] as const));
  return new Map(counts.flatMap(([task, count]) => (count === undefined ? [] : [[task, count]])));
}

/** What tells otherwise than it is. @param real sessions, by instance: each takes a slot */
export function miscounted(told: ReadonlyMap<string, Count>, real: ReadonlyMap<string, number>): readonly string[] {
  const instances = new Set([...told.keys(), ...real.keys()]);
  return [...instances].flatMap((instance) => {
    const { sessions, slots } = told.get(instance) ?? { sessions: 0, slots: 0 };
    const holds = real.get(instance) ?? 0;
    return sessions === holds && slots === holds
      ? []
      : [`${instance.slice(0, 8)} tells of ${sessions} sessions and ${slots} slots, and has ${holds}`];
  });
}

async function countOf(address: string | undefined): Promise<Count | undefined> {
  try {
    const response = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { activeSessions, slotsInUse } = (await response.json()) as { readonly activeSessions: number; readonly slotsInUse: number };
    return { sessions: activeSessions, slots: slotsInUse };
  } catch {
    return undefined;
  }
}
