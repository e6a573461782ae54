import type { SessionBudget } from './fleet-config';

/** Open sessions that are counted together: their keys stand in one row of the directory. */
export interface SessionGroup {
  /** Key of that row. */
  readonly key: string;
  /** Absent for all sessions of an agent. */
  readonly task?: string;
  /** Most that are open at once. */
  readonly limit: number;
}

/** The groups that a session counts in. @param session with the agentId of its agent */
export function groupsOf(
  { agent, task }: { readonly agent: string; readonly task?: string },
  { perTask, perAgent }: SessionBudget,
): readonly SessionGroup[] {
  const ofTask = task === undefined ? [] : [{ key: taskGroup(agent, task), task, limit: perTask }];
  const ofAgent = perAgent === undefined ? [] : [{ key: `open#${agent}`, limit: perAgent }];
  return [...ofTask, ...ofAgent];
}

/** Key under which the open sessions of a task stand. @param agent agentId */
export function taskGroup(agent: string, task: string): string {
  return `open#${agent}#${task}`;
}
