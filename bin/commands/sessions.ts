import { Command } from 'commander';
import type { PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { sessionRows, stateOf } from '../session-rows';
import { table, terminal } from '../terminal';

const EXAMPLES = `
Examples:
  $ mcp-fleet sessions                    who holds which session, and where
  $ mcp-fleet sessions --all              those that have ended, too
`;

export function sessionsCommand(): Command {
  const command = new Command('sessions')
    .description('List the sessions of a fleet, as its directory has them')
    .addHelpText('after', EXAMPLES)
    .option('--all', 'also those that were ended', false)
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(sessions);
}

async function sessions({ all, json, ...options }: PlaceOptions & { all: boolean; json: boolean }): Promise<void> {
  const place = await placeOf(options);
  const [listed, instances] = await Promise.all([sessionRows(place.tables), place.instances()]);
  const rows = listed
    .filter(({ closedAt }) => all || closedAt === undefined)
    .sort((one, other) => one.openedAt - other.openedAt)
    .map((row) => ({ ...row, state: stateOf(row, instances) }));
  const { result } = terminal(json);
  if (json) return result(JSON.stringify({ sessions: rows }));
  if (rows.length === 0) return result('No session is open.');
  const lines = rows.map(({ server, subject, instance = '-', openedAt, closedAt, state, generation }) => [
    server,
    subject,
    instance,
    new Date(openedAt).toISOString(),
    closedAt === undefined ? state : `${state} ${new Date(closedAt).toISOString()}`,
    String(generation),
  ]);
  table(['SERVER', 'AGENT', 'INSTANCE', 'OPENED', 'STATE', 'RESTORED'], lines).forEach(result);
}
