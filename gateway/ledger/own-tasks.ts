import { findElements, readMembers } from '../../core/json-members';
import type { Forwarded } from '../call';
import { listedBy } from '../http/granted-list';
import type { OpenTasks } from './open-tasks';

/** Finds which tasks of a list are of this agent's own calls: a server may tell all that it has. @throws FleetError LEDGER_UNAVAILABLE */
export async function withOwnTasks(forwarded: Forwarded, { openTasks }: { readonly openTasks: OpenTasks }): Promise<Forwarded> {
  const { answer } = forwarded;
  if (listedBy(forwarded) !== 'tasks' || answer?.response?.member !== 'result') return forwarded;
  const listed = taskIdsIn(answer.response.payload);
  const own = await Promise.all(listed.map((taskId) => openTasks.isOf(forwarded, taskId)));
  return { ...forwarded, ownTasks: new Set(listed.filter((_, at) => own[at])) };
}

function taskIdsIn(result: string): string[] {
  const tasks = readMembers(result).get('tasks') ?? '';
  if (tasks[0] !== '[') return [];
  const ids = findElements(tasks, 0).map(({ start, end }): unknown =>
    JSON.parse(readMembers(tasks.slice(start, end)).get('taskId') ?? 'null'),
  );
  return ids.filter((id) => typeof id === 'string');
}
