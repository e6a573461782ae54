import { Command } from 'commander';
import { oldestFirst, unknownLines } from '../../ledger/printing/unknown';
import type { PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { terminal } from '../terminal';

export function unknownCommand(): Command {
  const command = new Command('unknown').description('The calls that nobody can tell of, oldest first, and how to settle each');
  return ofPlace(command).option('--json', 'one JSON document', false).action(unknown);
}

async function unknown({ json, ...options }: PlaceOptions & { json: boolean }): Promise<void> {
  const { tables, servers, flags } = await placeOf(options);
  const calls = oldestFirst(await tables.unknown(servers));
  const { result, paint } = terminal(json);
  if (json) return result(JSON.stringify({ calls }));
  if (calls.length === 0) return result('Nothing is unknown: what became of every call is known, or will be when it ends.');
  for (const row of calls) unknownLines(row, calls, Date.now(), paint, flags).forEach(result);
}
