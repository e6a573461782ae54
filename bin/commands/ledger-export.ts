import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Command } from 'commander';
import { CSV_HEADER, csvOf, whole } from '../../ledger/printing/csv';
import { CommandError, EXIT } from '../exit';
import { type FilterOptions, filterOf, ofCalls } from '../ledger-filter';
import { sayProgress } from '../ledger-progress';
import { ofSource, pagesOf, type SourceOptions } from '../ledger-rows';
import type { PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { terminal } from '../terminal';

interface ExportOptions extends FilterOptions, SourceOptions, PlaceOptions {
  readonly csv: boolean;
  readonly force: boolean;
}

export function exportCommand(): Command {
  const command = new Command('export')
    .description('Write calls into a file, as the table has them and in its order: a row per line as JSON, or a table for a spreadsheet')
    .argument('<file>', 'a new one')
    .option('--csv', 'a table for a spreadsheet', false)
    .option('--force', 'also over a file that is there', false);
  return ofPlace(ofSource(ofCalls(command))).action(write);
}

async function write(file: string, { csv, force, ...options }: ExportOptions): Promise<void> {
  const place = await placeOf(options);
  const filter = filterOf(options, await place.tables.allowlist());
  const out = createWriteStream(file, { flags: force ? 'w' : 'wx' });
  // Whoever opens the file sees no error of ours in it, so that is waited for first.
  await once(out, 'open').catch((error: Error) => {
    throw new CommandError(EXIT.USAGE, `The file "${file}" cannot be written: ${error.message}`, 'another name, or --force');
  });
  let [written, looked] = [0, 0];
  const progress = sayProgress(() => `${looked} rows looked at, ${written} written to ${file}`);
  if (csv) out.write(CSV_HEADER);
  for await (const page of pagesOf(place, filter, options)) {
    looked += page.looked;
    written += page.rows.length;
    const text = page.rows.map((row) => (csv ? csvOf(row) : `${JSON.stringify(whole(row))}\n`)).join('');
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
  progress.end();
  terminal(false).result(`Wrote ${written} of ${looked} calls to ${file}.`);
}
