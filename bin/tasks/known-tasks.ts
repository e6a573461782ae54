import { gatewayConfigOf, termsOf } from '../../checks/fleet';
import { budgetOf } from '../../core/agent-terms';
import type { LedgerRow } from '../../ledger/row';
import { CommandError, EXIT } from '../exit';
import { sayProgress } from '../ledger-progress';
import { readerOf } from '../ledger-rows';
import type { Place } from '../place/place';
import { isOpen, type SessionRow, sessionRows } from '../session-rows';
import type { HolderOf, TaskFilter } from './open-tasks';

/** What a fleet knows of its agents' tasks. */
export interface KnownTasks {
  /** All calls of a task, by a look through the whole ledger. */
  readonly callsOf: (task: string) => Promise<readonly LedgerRow[]>;
  /** Those that are open. */
  readonly sessions: readonly SessionRow[];
  readonly holderOf: HolderOf;
}

/** @throws CommandError for a filter that names nobody */
export async function readTasks(place: Place, filter: TaskFilter): Promise<KnownTasks> {
  const { tables, fleet } = place;
  const [allowlist, rows, templates] = await Promise.all([tables.allowlist(), sessionRows(tables), place.templates()]);
  const sessions = rows.filter((row) => isOpen(row, Date.now()));
  assureKnown(filter, place, sessions);
  const names = new Map(allowlist.flatMap(({ agent, name }) => (name === undefined ? [] : [[agent, name] as const])));
  const { sessionBudget } = gatewayConfigOf({ templates, fleet }) ?? {};
  const holderOf: HolderOf = ({ agent, subject }) => ({
    name: names.get(agent) ?? subject,
    budget: budgetOf(sessionBudget, termsOf(allowlist, agent)),
  });
  return { callsOf: (task) => callsOf(task, place), sessions, holderOf };
}

async function callsOf(task: string, place: Place): Promise<readonly LedgerRow[]> {
  const found: LedgerRow[] = [];
  let looked = 0;
  const progress = sayProgress(() => `${looked} rows looked at, ${found.length} found`);
  for await (const page of readerOf(place).pages({ task })) {
    looked += page.looked;
    found.push(...page.rows);
  }
  progress.end();
  return found;
}

/** An agent may also be one that the fleet names no more, and that still has sessions. */
function assureKnown(
  { agent, server }: TaskFilter,
  { agents, servers }: Pick<Place, 'agents' | 'servers'>,
  sessions: readonly SessionRow[],
): void {
  if (server !== undefined && !servers.includes(server)) throw unknownName('server', server, servers);
  if (agent === undefined || agents.includes(agent) || sessions.some(({ subject }) => subject === agent)) return;
  throw unknownName('agent', agent, agents);
}

function unknownName(what: 'agent' | 'server', name: string, allowed: readonly string[]): CommandError {
  return new CommandError(EXIT.USAGE, `--${what} names "${name}", and the fleet has no such ${what}; allowed: ${allowed.join(', ')}.`);
}
