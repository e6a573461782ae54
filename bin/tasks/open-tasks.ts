import type { SessionBudget } from '../../core/fleet-config';
import type { SessionRow } from '../session-rows';

/** Whose sessions they are. */
export interface Holder {
  /** Name in construct code; the subject where it has none. */
  readonly name: string;
  readonly budget: SessionBudget;
}

export type HolderOf = (owner: Pick<SessionRow, 'agent' | 'subject'>) => Holder;

/** A task of an agent, and the sessions that it has open. */
export interface AgentTask {
  /** As its agent named it; absent for all sessions of an agent that name none. */
  readonly task?: string;
  readonly agent: string;
  readonly agentId: string;
  readonly subject: string;
  readonly sessions: number;
  /** How many of them by server, most first. */
  readonly servers: Readonly<Record<string, number>>;
  /** When the first of them was opened, in milliseconds since the epoch. */
  readonly since?: number;
  /** Most that it may have; absent where no task is named. */
  readonly budget?: number;
  /** What the agent has in all, and may have. */
  readonly ofAgent: { readonly sessions: number; readonly budget?: number };
}

/** Which of them are asked for. */
export interface TaskFilter {
  /** Name or subject. */
  readonly agent?: string | undefined;
  readonly server?: string | undefined;
}

/** Tasks with open sessions, those with the most first, and of two the older. */
export function openTasks(sessions: readonly SessionRow[], holderOf: HolderOf): readonly AgentTask[] {
  const ofAgents = countsOf(sessions, ({ agent }) => agent);
  const tasks = [...grouped(sessions, ({ agent, task }) => JSON.stringify([agent, task])).values()].map((own) => {
    const first = own[0] as SessionRow;
    return taskOf(first, own, ofAgents[first.agent] ?? 0, holderOf);
  });
  return tasks.sort((one, other) => other.sessions - one.sessions || Number(one.since) - Number(other.since));
}

/** @param sessions of the task @param ofAgent how many its agent has in all */
export function taskOf(
  owner: Pick<SessionRow, 'agent' | 'subject' | 'task'>,
  sessions: readonly SessionRow[],
  ofAgent: number,
  holderOf: HolderOf,
): AgentTask {
  const { agent: agentId, subject, task } = owner;
  const {
    name: agent,
    budget: { perTask, perAgent },
  } = holderOf(owner);
  return {
    ...(task !== undefined && { task, budget: perTask }),
    agent,
    agentId,
    subject,
    sessions: sessions.length,
    servers: countsOf(sessions, ({ server }) => server),
    ...(sessions.length > 0 && { since: sessions.reduce((first, { openedAt }) => Math.min(first, openedAt), Number.POSITIVE_INFINITY) }),
    ofAgent: { sessions: ofAgent, ...(perAgent !== undefined && { budget: perAgent }) },
  };
}

export function matches({ agent, subject, servers }: AgentTask, filter: TaskFilter): boolean {
  if (filter.agent !== undefined && filter.agent !== agent && filter.agent !== subject) return false;
  return filter.server === undefined || Object.hasOwn(servers, filter.server);
}

/** Most first. */
function countsOf(sessions: readonly SessionRow[], keyOf: (session: SessionRow) => string): Readonly<Record<string, number>> {
  const counts = [...grouped(sessions, keyOf)].map(([key, { length }]) => [key, length] as const);
  return Object.fromEntries(counts.sort(([, one], [, other]) => other - one));
}

function grouped(sessions: readonly SessionRow[], keyOf: (session: SessionRow) => string): ReadonlyMap<string, readonly SessionRow[]> {
  const groups = new Map<string, SessionRow[]>();
  for (const session of sessions) {
    const key = keyOf(session);
    const group = groups.get(key) ?? [];
    group.push(session);
    groups.set(key, group);
  }
  return groups;
}
