import type { Command } from 'commander';
import type { AllowlistEntry } from '../core/policy';
import { archivedRows } from '../ledger/archive/archived-rows';
import { candidateKeys, LedgerReader, matching, type ReadPage, type RowFilter } from '../ledger/ledger-reader';
import type { LedgerRow } from '../ledger/row';
import { CommandError, EXIT } from './exit';
import { sayProgress } from './ledger-progress';
import type { Place } from './place/place';

/** Most keys that are looked up: some 20,000 agents of five servers. */
const MOST_CANDIDATES = 200_000;

/**
 * Calls that a filter is of, from the table, or from the archive, which has what has expired, too.
 * @throws CommandError where there is no archive
 */
export async function* pagesOf(place: Place, filter: RowFilter, { archive }: SourceOptions): AsyncGenerator<ReadPage> {
  if (!archive) return yield* readerOf(place).pages(filter);
  const bucket = await place.archive();
  if (bucket === undefined) throw new CommandError(EXIT.NO, `The fleet ${place.fleet} has no archive.`, 'leave out --archive');
  for await (const row of archivedRows(bucket, place.agentKeys, { want: matching(filter) })) yield { rows: [row], looked: 1 };
}

/** Adds the option by which it is said where calls are read. */
export function ofSource(command: Command): Command {
  return command.option('--archive', 'from the archive, which has what has expired, too; the newest change comes first', false);
}

export interface SourceOptions {
  readonly archive: boolean;
}

export function readerOf({ dynamodb, names }: Place): LedgerReader {
  return new LedgerReader(dynamodb, names.ledger);
}

/**
 * Rows among which a call of some name is, where there is one; of a fleet on AWS the few that it can be: one that is looked up costs no
 * more than one that is not there.
 * @param grants who may have called what
 * @throws CommandError where there are too many of these
 */
export async function rowsForName(name: string, place: Place, grants: readonly AllowlistEntry[]): Promise<readonly LedgerRow[]> {
  if (place.isLocal) return await allRows(place);
  const keys = candidateKeys(name, grants);
  if (keys.length <= MOST_CANDIDATES) return await readerOf(place).rowsOf(keys);
  const message = `The key may stand in ${keys.length} places; at most ${MOST_CANDIDATES} are looked up.`;
  throw new CommandError(EXIT.USAGE, message, 'name the server, or the agent: --server NAME, --agent NAME');
}

export async function allRows(place: Place): Promise<readonly LedgerRow[]> {
  const all: LedgerRow[] = [];
  const progress = sayProgress(() => `${all.length} rows looked at`);
  for await (const page of readerOf(place).pages()) all.push(...page.rows);
  progress.end();
  return all;
}
