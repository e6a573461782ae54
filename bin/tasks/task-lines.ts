import { age, type Paint } from '../../core/paint';
import { line, widthsOf } from '../../ledger/printing/lines';
import type { LedgerRow } from '../../ledger/row';
import type { SessionRow } from '../session-rows';
import { table } from '../terminal';
import type { AgentTask } from './open-tasks';

/** What a list leaves out. */
export interface Left {
  readonly tasks: number;
  readonly sessions: number;
}

/** A task with what it holds and does. */
export interface TaskStory extends AgentTask {
  readonly open: readonly SessionRow[];
  /** The last ones, oldest of them first. */
  readonly calls: readonly LedgerRow[];
}

/** @param now milliseconds since the epoch */
export function listLines(tasks: readonly AgentTask[], left: Left, now: number): readonly string[] {
  const ofAgents = tasks.some(({ ofAgent }) => ofAgent.budget !== undefined);
  const header = ['TASK', 'AGENT', 'SESSIONS', ...(ofAgents ? ['OF THE AGENT'] : []), 'SERVERS', 'SINCE'];
  const rows = tasks.map(({ task = '-', agent, sessions, budget, ofAgent, servers, since = now }) => [
    task,
    agent,
    used(sessions, budget),
    ...(ofAgents ? [used(ofAgent.sessions, ofAgent.budget)] : []),
    Object.entries(servers)
      .map(([server, count]) => `${count} ${server}`)
      .join(', '),
    age(now - since),
  ]);
  const more = `and ${left.tasks} more, with ${left.sessions} sessions: --lines ${tasks.length + left.tasks} shows them`;
  return [...table(header, rows), ...(left.tasks > 0 ? [more] : [])];
}

/** @param now milliseconds since the epoch */
export function storyLines({ task = '-', agent, sessions, budget, open, calls }: TaskStory, now: number, paint: Paint): readonly string[] {
  const rows = open.map(({ server, instance = '-', openedAt, generation, session }) => [
    server,
    instance,
    age(now - openedAt),
    String(generation),
    session,
  ]);
  const widths = widthsOf(calls);
  return [
    `${paint.bold(task)}  ${agent}  ${used(sessions, budget)} sessions`,
    ...(open.length === 0 ? [] : ['', ...table(['SERVER', 'INSTANCE', 'SINCE', 'RESTORED', 'SESSION'], rows)]),
    '',
    ...(calls.length === 0 ? ['The ledger has no call of it.'] : calls.map((row) => line(row, paint, widths))),
  ];
}

function used(sessions: number, budget: number | undefined): string {
  return budget === undefined ? String(sessions) : `${sessions} of ${budget} (${Math.round((100 * sessions) / budget)} %)`;
}
