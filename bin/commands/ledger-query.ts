import { Command, InvalidArgumentError } from 'commander';
import { CSV_HEADER, csvOf, whole } from '../../ledger/printing/csv';
import { line, newest, widthsOf } from '../../ledger/printing/lines';
import type { LedgerRow } from '../../ledger/row';
import { CommandError, EXIT } from '../exit';
import { type FilterOptions, filterOf, ofCalls } from '../ledger-filter';
import { sayProgress } from '../ledger-progress';
import { ofSource, pagesOf, type SourceOptions } from '../ledger-rows';
import type { PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { printable, terminal } from '../terminal';

interface QueryOptions extends FilterOptions, SourceOptions, PlaceOptions {
  readonly lines: number;
  readonly json: boolean;
  readonly csv: boolean;
}

export function queryCommand(): Command {
  const command = new Command('query')
    .description('The calls of an agent, a task, a tool or a time, oldest first; looks through the whole table')
    .option('-n, --lines <number>', 'how many, the newest; 1 to 10000', count, 100)
    .option('--csv', 'a table for a spreadsheet', false)
    .option('--json', 'one JSON document', false);
  return ofPlace(ofSource(ofCalls(command))).action(query);
}

async function query({ lines, json, csv, ...options }: QueryOptions): Promise<void> {
  if (json && csv) throw new CommandError(EXIT.USAGE, 'Say --json or --csv, not both.');
  const place = await placeOf(options);
  const filter = filterOf(options, await place.tables.allowlist());
  let found: readonly LedgerRow[] = [];
  let [matched, looked] = [0, 0];
  const progress = sayProgress(() => `${looked} rows looked at, ${matched} found`);
  for await (const page of pagesOf(place, filter, options)) {
    looked += page.looked;
    matched += page.rows.length;
    // No more is held than is shown.
    found = newest([...found, ...page.rows], lines);
  }
  progress.end();
  const { result, paint } = terminal(json);
  if (json) return result(JSON.stringify({ calls: found.map(whole), left: matched - found.length }));
  if (csv) {
    const text = [CSV_HEADER, ...found.map(csvOf)].join('');
    // A program reads it as it is; on a terminal it does nothing.
    return void process.stdout.write(process.stdout.isTTY ? printable(text) : text);
  }
  const widths = widthsOf(found);
  for (const row of found) result(line(row, paint, widths));
  if (found.length === 0) result(`No call of ${looked} is like that.`);
  else if (matched > found.length) result(`… and ${matched - found.length} older ones; mcp-fleet ledger export writes all of them.`);
}

function count(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= 10_000) return Number(text);
  throw new InvalidArgumentError(`"${text}" is not a number of lines; expected 1 to 10000. mcp-fleet ledger export writes more.`);
}
