import { type RunningService, type RunningTask, runningServices, runningTasks } from './place/deployed-tasks';
import type { DeployedPlace } from './place/place';
import { isOpen, sessionRows } from './session-rows';
import { table } from './terminal';

/** What runs of a fleet on AWS, and how many sessions each instance holds, as the directory has them. */
export async function runningLines(place: DeployedPlace, json: boolean): Promise<readonly string[]> {
  const [services, listed, rows] = await Promise.all([runningServices(place), runningTasks(place), sessionRows(place.tables)]);
  const open = rows.filter((row) => isOpen(row, Date.now()));
  const tasks = listed.map((task) => ({ ...task, ...(task.role === 'server' && { sessions: sessionsOn(task, open) }) }));
  if (json) return [JSON.stringify({ services: services.map(({ logGroups: _, ...service }) => service), tasks })];
  return [...table(['ROLE', 'SERVER', 'DESIRED', 'RUNNING', 'PENDING', 'DEPLOYMENTS'], services.map(cellsOf)), '', ...taskTable(tasks)];
}

function sessionsOn({ task }: RunningTask, open: readonly { readonly instance?: string }[]): number {
  return open.filter(({ instance }) => instance === task).length;
}

function cellsOf({ role, server = '-', desired, running, pending, deployments }: RunningService): readonly string[] {
  return [role, server, ...[desired, running, pending, deployments].map(String)];
}

function taskTable(tasks: readonly (RunningTask & { readonly sessions?: number })[]): readonly string[] {
  const rows = tasks.map(({ role, server = '-', task, status, address = '-', startedAt, sessions }) => [
    role,
    server,
    task,
    status,
    address,
    startedAt === undefined ? '-' : new Date(startedAt).toISOString(),
    sessions === undefined ? '-' : String(sessions),
  ]);
  return table(['ROLE', 'SERVER', 'TASK', 'STATUS', 'ADDRESS', 'STARTED', 'SESSIONS'], rows);
}
