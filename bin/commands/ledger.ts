import { Command, InvalidArgumentError } from 'commander';
import { line, widthsOf } from '../../ledger/printing/lines';
import type { LedgerRow } from '../../ledger/row';
import { changesIn, lastCalls } from '../ledger-tail';
import type { PlaceOptions } from '../place/place';
import { ofPlace, placeOf } from '../place/place-of';
import { terminal } from '../terminal';
import { exportCommand } from './ledger-export';
import { queryCommand } from './ledger-query';
import { resolveCommand } from './ledger-resolve';
import { restoredCommand } from './ledger-restored';
import { showCommand } from './ledger-show';
import { shredCommand } from './ledger-shred';
import { unknownCommand } from './ledger-unknown';
import { verifyCommand } from './ledger-verify';

const EXAMPLES = `
Examples:
  $ mcp-fleet ledger tail -n 50           the last 50 calls
  $ mcp-fleet ledger tail --follow        and each one from now on
  $ mcp-fleet ledger show order-17        one call, by idempotency key or call id
  $ mcp-fleet ledger query --agent treasury --since 2h --outcome failed
  $ mcp-fleet ledger query --server payments --csv
  $ mcp-fleet ledger export calls.jsonl --since 7d
  $ mcp-fleet ledger unknown              the calls that nobody can tell of, oldest first
  $ mcp-fleet ledger verify               whether archive and table are whole, and say the same
  $ mcp-fleet ledger shred --agent support --reason "request 4711"   its personal data in the archive, for good
  $ mcp-fleet ledger resolve order-17 --outcome not_executed --reason "no such payment at the bank"
`;

export function ledgerCommand(): Command {
  const ledger = new Command('ledger').description('Read the ledger, and settle what nobody can tell').addHelpText('after', EXAMPLES);
  const tailCommand = ledger
    .command('tail')
    .description('The last calls and what became of them, oldest first')
    .option('-n, --lines <number>', 'how many', count, 20)
    .option('-f, --follow', 'go on with every change, until Ctrl-C', false)
    .option('--json', 'a row per line as JSON', false);
  ofPlace(tailCommand).action(tail);
  ledger.addCommand(showCommand());
  ledger.addCommand(queryCommand());
  ledger.addCommand(exportCommand());
  ledger.addCommand(unknownCommand());
  ledger.addCommand(resolveCommand());
  ledger.addCommand(verifyCommand());
  ledger.addCommand(shredCommand());
  ledger.addCommand(restoredCommand());
  return ledger;
}

interface TailOptions extends PlaceOptions {
  readonly lines: number;
  readonly follow: boolean;
  readonly json: boolean;
}

async function tail({ lines, follow, json, ...options }: TailOptions): Promise<void> {
  const place = await placeOf(options);
  const { result, paint } = terminal(json);
  const rows = await lastCalls(place, lines);
  let widths = widthsOf(rows);
  const print = (row: LedgerRow) => {
    widths = widthsOf([row], widths);
    result(json ? JSON.stringify(row) : line(row, paint, widths));
  };
  rows.forEach(print);
  if (follow) for await (const row of changesIn(place, rows)) print(row);
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a number of lines; expected 1 to 999999.`);
  return Number(text);
}
