import { setTimeout as delay } from 'node:timers/promises';
import type { ArchiveBucket } from '../ledger/archive/archive-bucket';
import { type ArchivedRowsOptions, archivedRows } from '../ledger/archive/archived-rows';
import { newest } from '../ledger/printing/lines';
import type { LedgerRow } from '../ledger/row';
import { CommandError, EXIT } from './exit';
import type { Place } from './place/place';

/** How often it is looked for changes, in milliseconds. */
const FOLLOW_MS = 500;
/** On AWS; the archive has a change some seconds after the table. */
const FOLLOW_DEPLOYED_MS = 2_000;

/**
 * The last calls, oldest first. A local ledger is small; that of a fleet on AWS has no index by time, and its archive has what was changed
 * last in its newest objects.
 */
export async function lastCalls(place: Place, lines: number): Promise<readonly LedgerRow[]> {
  return newest(place.isLocal ? await place.tables.ledger() : await someArchived(place, lines), lines);
}

/** Each change from now on, without end. @param shown calls that were told of already */
export async function* changesIn(place: Place, shown: readonly LedgerRow[]): AsyncGenerator<LedgerRow> {
  const seen = new Map((place.isLocal ? await place.tables.ledger() : shown).map((row) => [row.pk, row.state]));
  let archived = place.isLocal ? 0 : await (await archiveOf(place)).newest();
  for (;;) {
    await delay(place.isLocal ? FOLLOW_MS : FOLLOW_DEPLOYED_MS);
    const next = place.isLocal ? archived : await (await archiveOf(place)).newest();
    const rows = place.isLocal ? await place.tables.ledger() : await someArchived(place, Number.POSITIVE_INFINITY, { after: archived });
    archived = next;
    for (const row of newest(rows, Number.POSITIVE_INFINITY)) {
      if (seen.get(row.pk) === row.state) continue;
      seen.set(row.pk, row.state);
      yield row;
    }
  }
}

/** Of those that changed last. */
async function someArchived(place: Place, enough: number, options?: ArchivedRowsOptions): Promise<readonly LedgerRow[]> {
  const rows: LedgerRow[] = [];
  for await (const row of archivedRows(await archiveOf(place), place.agentKeys, options)) if (rows.push(row) >= enough) break;
  return rows;
}

async function archiveOf({ archive, fleet }: Place): Promise<ArchiveBucket> {
  const bucket = await archive();
  if (bucket !== undefined) return bucket;
  throw new CommandError(EXIT.NO, `The fleet ${fleet} has no archive: its changes are in the table alone.`, 'mcp-fleet ledger query');
}
