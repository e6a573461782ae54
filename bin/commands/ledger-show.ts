import { Command } from 'commander';
import type { AllowlistEntry } from '../../core/policy';
import { archivedCalls } from '../../ledger/archive/archived-rows';
import { newest, ofKey } from '../../ledger/printing/lines';
import { timeline } from '../../ledger/printing/timeline';
import type { LedgerRow } from '../../ledger/row';
import { CommandError, EXIT } from '../exit';
import { sayProgress } from '../ledger-progress';
import { allRows, rowsForName } from '../ledger-rows';
import { agentIdsOf } from '../place/agents';
import type { Place, PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { terminal } from '../terminal';

interface ShowOptions extends PlaceOptions {
  readonly agent?: string;
  readonly server?: string;
  readonly scan: boolean;
  readonly json: boolean;
}

export function showCommand(): Command {
  const command = new Command('show')
    .description('One call from start to end: who, what, each step, who asked again, and its result')
    .argument('<key>', 'idempotency key or call id')
    .option('--agent <name>', 'of this agent: its name in the app, its subject or its id')
    .option('--server <name>', 'of this server')
    .option(
      '--scan',
      'look through the whole table, as the local one always is: for who asked again, and for a call with a key by its id',
      false,
    )
    .option('--json', 'one JSON document', false);
  return ofPlace(command).action(show);
}

async function show(key: string, options: ShowOptions): Promise<void> {
  const place = await placeOf(options);
  const allowlist = await place.tables.allowlist();
  const agents = options.agent === undefined ? undefined : agentIdsOf(options.agent, allowlist);
  const isMeant = ({ server, agent }: Pick<AllowlistEntry, 'server' | 'agent'>): boolean =>
    server === (options.server ?? server) && (agents === undefined || agents.includes(agent));
  const rows = options.scan ? await allRows(place) : await rowsForName(key, place, allowlist.filter(isMeant));
  const found = ofKey(rows.filter(isMeant), key);
  const { calls, references } = found.calls.length > 0 ? found : ofKey((await archived(key, place)).filter(isMeant), key);
  if (calls.length === 0) throw notFound(key, options, place);
  const { result, paint } = terminal(options.json);
  if (options.json) return result(JSON.stringify({ calls: newest([...calls, ...references], Number.POSITIVE_INFINITY) }));
  for (const row of calls) timeline(row, paint, references).forEach(result);
}

/** What the table does not have any more. */
async function archived(key: string, { archive, agentKeys }: Place): Promise<readonly LedgerRow[]> {
  const bucket = await archive();
  if (bucket === undefined) return [];
  let objects = 0;
  const progress = sayProgress(() => `${objects} objects of the archive looked at`);
  try {
    return await archivedCalls(key, bucket, agentKeys, () => objects++);
  } finally {
    progress.end();
  }
}

function notFound(key: string, { agent, server, scan }: ShowOptions, { isLocal }: Place): CommandError {
  const of = [...(agent === undefined ? [] : [`agent "${agent}"`]), ...(server === undefined ? [] : [`server "${server}"`])];
  const message = `No call${of.length === 0 ? '' : ` of ${of.join(' and ')}`} has the idempotency key or call id "${key}".`;
  const fix =
    isLocal || scan ? 'mcp-fleet ledger tail shows the last ones' : 'a call that had a key is found by its call id only with --scan';
  return new CommandError(EXIT.NO, message, fix);
}
