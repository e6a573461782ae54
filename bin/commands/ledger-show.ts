import { Command } from 'commander';
import type { AllowlistEntry } from '../../core/policy';
import { candidateKeys } from '../../ledger/ledger-reader';
import { newest, ofKey } from '../../ledger/printing/lines';
import { timeline } from '../../ledger/printing/timeline';
import type { LedgerRow } from '../../ledger/row';
import { CommandError, EXIT } from '../exit';
import { agentIdsOf, type LedgerPlace, type LedgerPlaceOptions, ledgerPlace, ofTables } from '../ledger-place';
import { sayProgress } from '../ledger-progress';
import { terminal } from '../terminal';

interface ShowOptions extends LedgerPlaceOptions {
  readonly agent?: string;
  readonly server?: string;
  readonly scan: boolean;
  readonly json: boolean;
}

/** Most keys that are looked up: some 20,000 agents of five servers. */
const MOST_CANDIDATES = 200_000;

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
  return ofTables(command).action(show);
}

async function show(key: string, options: ShowOptions): Promise<void> {
  const place = await ledgerPlace(options);
  const agents = options.agent === undefined ? undefined : agentIdsOf(options.agent, place.allowlist);
  const isMeant = ({ server, agent }: Pick<AllowlistEntry, 'server' | 'agent'>): boolean =>
    server === (options.server ?? server) && (agents === undefined || agents.includes(agent));
  const rows = options.scan || place.isLocal ? await allRows(place) : await candidates(key, place, isMeant);
  const found = ofKey(rows.filter(isMeant), key);
  const { calls, references } = found.calls.length > 0 ? found : ofKey((await place.archived()).filter(isMeant), key);
  if (calls.length === 0) throw notFound(key, options, place);
  const { result, paint } = terminal(options.json);
  if (options.json) return result(JSON.stringify({ calls: newest([...calls, ...references], Number.POSITIVE_INFINITY) }));
  for (const row of calls) timeline(row, paint, references).forEach(result);
}

/** The few rows that it can be: one that is looked up costs no more than one that is not there. */
async function candidates(
  key: string,
  { rows, allowlist }: LedgerPlace,
  isMeant: (entry: AllowlistEntry) => boolean,
): Promise<readonly LedgerRow[]> {
  const keys = candidateKeys(key, allowlist.filter(isMeant));
  if (keys.length <= MOST_CANDIDATES) return rows.rowsOf(keys);
  const message = `The key may stand in ${keys.length} places; at most ${MOST_CANDIDATES} are looked up.`;
  throw new CommandError(EXIT.USAGE, message, 'name the server, or the agent: --server NAME, --agent NAME');
}

async function allRows({ rows }: LedgerPlace): Promise<readonly LedgerRow[]> {
  const all: LedgerRow[] = [];
  const progress = sayProgress(() => `${all.length} rows looked at`);
  for await (const page of rows.pages()) all.push(...page.rows);
  progress.end();
  return all;
}

function notFound(key: string, { agent, server, scan }: ShowOptions, { isLocal }: LedgerPlace): CommandError {
  const of = [...(agent === undefined ? [] : [`agent "${agent}"`]), ...(server === undefined ? [] : [`server "${server}"`])];
  const message = `No call${of.length === 0 ? '' : ` of ${of.join(' and ')}`} has the idempotency key or call id "${key}".`;
  const fix =
    isLocal || scan ? 'mcp-fleet ledger tail shows the last ones' : 'a call that had a key is found by its call id only with --scan';
  return new CommandError(EXIT.NO, message, fix);
}
