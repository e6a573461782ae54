import { Command } from 'commander';
import { tablesAt } from '../../checks/tables';
import type { DirectoryRow } from '../../gateway/ledger/directory';
import { attachHere } from '../attach';
import { table, terminal } from '../terminal';

const EXAMPLES = `
Examples:
  $ mcp-fleet sessions                    who holds which session, and where
  $ mcp-fleet sessions --all              those that have ended, too
`;

export function sessionsCommand(): Command {
  return new Command('sessions')
    .description('List the sessions of the local account, as its directory has them')
    .addHelpText('after', EXAMPLES)
    .option('--all', 'also those that were ended', false)
    .option('--json', 'one JSON document', false)
    .action(sessions);
}

async function sessions({ all, json }: { all: boolean; json: boolean }): Promise<void> {
  const { dynamodbUrl, tables } = await attachHere();
  const rows = ((await tablesAt(dynamodbUrl, tables).directory()) as unknown as readonly DirectoryRow[])
    .filter(({ closedAt }) => all || closedAt === undefined)
    .sort((one, other) => one.openedAt - other.openedAt);
  const { result } = terminal(json);
  if (json) return result(JSON.stringify({ sessions: rows.map(shown) }));
  if (rows.length === 0) return result('No session is open.');
  const lines = rows.map(({ server, subject, instance = '-', openedAt, closedAt, generation }) => [
    server,
    subject,
    instance,
    new Date(openedAt).toISOString(),
    closedAt === undefined ? 'open' : `ended ${new Date(closedAt).toISOString()}`,
    String(generation),
  ]);
  table(['SERVER', 'AGENT', 'INSTANCE', 'OPENED', 'STATE', 'RESTORED'], lines).forEach(result);
}

/** Neither the server's own session id nor its cookie: whoever has both has the session. */
function shown({ upstream: _, cookie: __, initialize: ___, ...row }: DirectoryRow): object {
  return row;
}
