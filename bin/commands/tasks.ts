import { Command, InvalidArgumentError } from 'commander';
import { newest } from '../../ledger/printing/lines';
import { CommandError, EXIT } from '../exit';
import type { PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { type KnownTasks, readTasks } from '../tasks/known-tasks';
import { matches, openTasks, taskOf } from '../tasks/open-tasks';
import { listLines, storyLines, type TaskStory } from '../tasks/task-lines';
import { terminal } from '../terminal';

/** Calls of a task that are shown. */
const LAST_CALLS = 20;

const EXAMPLES = `
Examples:
  $ mcp-fleet tasks                       which tasks hold the most sessions, where, and how much of their budget that is
  $ mcp-fleet tasks --agent support --server payments
  $ mcp-fleet tasks report-17             one task: its sessions, and its last calls
`;

interface TasksOptions extends PlaceOptions {
  readonly agent?: string;
  readonly server?: string;
  readonly lines: number;
  readonly json: boolean;
}

export function tasksCommand(): Command {
  const command = new Command('tasks')
    .description('List the tasks of agents by the sessions that they hold on all servers, as the directory has them')
    .addHelpText('after', EXAMPLES)
    .argument('[task]', 'one task, as its agent named it: its sessions and last calls')
    .option('--agent <name>', 'only of this agent, by name or subject')
    .option('--server <name>', 'only those with a session on this server')
    .option('-n, --lines <number>', 'how many tasks at most', count, 20)
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(tasks);
}

async function tasks(task: string | undefined, options: TasksOptions): Promise<void> {
  const known = await readTasks(await placeOf(options), options);
  await (task === undefined ? list(known, options) : tell(task, known, options));
}

async function list({ sessions, holderOf }: KnownTasks, options: TasksOptions): Promise<void> {
  const found = openTasks(sessions, holderOf).filter((task) => matches(task, options));
  const [shown, rest] = [found.slice(0, options.lines), found.slice(options.lines)];
  const left = { tasks: rest.length, sessions: rest.reduce((sum, task) => sum + task.sessions, 0) };
  const { result } = terminal(options.json);
  if (options.json) return result(JSON.stringify({ tasks: shown, left }));
  if (found.length === 0) return result('No session is open.');
  listLines(shown, left, Date.now()).forEach(result);
}

/** Two agents may have given one name to tasks of theirs. */
async function tell(task: string, { callsOf, sessions, holderOf }: KnownTasks, options: TasksOptions): Promise<void> {
  const calls = await callsOf(task);
  const open = sessions.filter((session) => session.task === task);
  const owners = new Map([...calls, ...open].map((row) => [row.agent, row]));
  const stories = [...owners.values()]
    .map((owner): TaskStory => {
      const isOwn = ({ agent }: { readonly agent: string }): boolean => agent === owner.agent;
      const own = open.filter(isOwn);
      const whole = taskOf(owner, own, sessions.filter(isOwn).length, holderOf);
      return { ...whole, open: own, calls: newest(calls.filter(isOwn), LAST_CALLS) };
    })
    .filter((story) => matches(story, options));
  if (stories.length === 0) {
    const fix = 'mcp-fleet tasks shows those that hold sessions';
    throw new CommandError(EXIT.NO, `No agent has a session or a call of a task "${task}".`, fix);
  }
  const { result, paint } = terminal(options.json);
  if (options.json) return result(JSON.stringify({ tasks: stories }));
  for (const story of stories) storyLines(story, Date.now(), paint).forEach(result);
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a number of tasks; expected 1 to 999999.`);
  return Number(text);
}
