import { gatewayConfigOf, termsOf } from '../../checks/fleet';
import { type Tables, tablesAt } from '../../checks/tables';
import { budgetOf } from '../../core/agent-terms';
import type { AttachedAccount } from '../../local/control-client';
import { CommandError, EXIT } from '../exit';
import { isOpen, type SessionRow, sessionRows } from '../session-rows';
import type { HolderOf, TaskFilter } from './open-tasks';

/** What a fleet that runs here knows of its agents' tasks. */
export interface KnownTasks {
  readonly tables: Tables;
  /** Those that are open. */
  readonly sessions: readonly SessionRow[];
  readonly holderOf: HolderOf;
}

/** @throws CommandError for a filter that names nobody */
export async function readTasks(account: AttachedAccount, filter: TaskFilter): Promise<KnownTasks> {
  const tables = tablesAt(account.dynamodbUrl, account.tables);
  const [allowlist, rows, { templates }] = await Promise.all([tables.allowlist(), sessionRows(tables), account.checked()]);
  const sessions = rows.filter((row) => isOpen(row, Date.now()));
  assureKnown(filter, account, sessions);
  const names = new Map(allowlist.flatMap(({ agent, name }) => (name === undefined ? [] : [[agent, name] as const])));
  const { sessionBudget } = gatewayConfigOf({ templates, fleet: account.fleet }) ?? {};
  const holderOf: HolderOf = ({ agent, subject }) => ({
    name: names.get(agent) ?? subject,
    budget: budgetOf(sessionBudget, termsOf(allowlist, agent)),
  });
  return { tables, sessions, holderOf };
}

/** An agent may also be one that the fleet names no more, and that still has sessions. */
function assureKnown(
  { agent, server }: TaskFilter,
  { agents, servers }: Pick<AttachedAccount, 'agents' | 'servers'>,
  sessions: readonly SessionRow[],
): void {
  if (server !== undefined && !servers.includes(server)) throw unknownName('server', server, servers);
  if (agent === undefined || agents.includes(agent) || sessions.some(({ subject }) => subject === agent)) return;
  throw unknownName('agent', agent, agents);
}

function unknownName(what: 'agent' | 'server', name: string, allowed: readonly string[]): CommandError {
  return new CommandError(EXIT.USAGE, `--${what} names "${name}", and the fleet has no such ${what}; allowed: ${allowed.join(', ')}.`);
}
