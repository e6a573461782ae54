import { Command, InvalidArgumentError } from 'commander';
import { tablesAt } from '../../checks/tables';
import { line, newest, widthsOf } from '../../ledger/printing/lines';
import type { LedgerRow } from '../../ledger/row';
import { attachHere } from '../attach';
import { terminal } from '../terminal';
import { exportCommand } from './ledger-export';
import { queryCommand } from './ledger-query';
import { resolveCommand } from './ledger-resolve';
import { restoredCommand } from './ledger-restored';
import { showCommand } from './ledger-show';
import { unknownCommand } from './ledger-unknown';
import { verifyCommand } from './ledger-verify';

const FOLLOW_MS = 500;

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
  $ mcp-fleet ledger resolve order-17 --outcome not_executed --reason "no such payment at the bank"
`;

export function ledgerCommand(): Command {
  const ledger = new Command('ledger').description('Read the ledger, and settle what nobody can tell').addHelpText('after', EXAMPLES);
  ledger
    .command('tail')
    .description('The last calls and what became of them, oldest first')
    .option('-n, --lines <number>', 'how many', count, 20)
    .option('-f, --follow', 'go on with every change, until Ctrl-C', false)
    .option('--json', 'a row per line as JSON', false)
    .action(tail);
  ledger.addCommand(showCommand());
  ledger.addCommand(queryCommand());
  ledger.addCommand(exportCommand());
  ledger.addCommand(unknownCommand());
  ledger.addCommand(resolveCommand());
  ledger.addCommand(verifyCommand());
  ledger.addCommand(restoredCommand());
  return ledger;
}

async function tail({ lines, follow, json }: { lines: number; follow: boolean; json: boolean }): Promise<void> {
  const ledger = await attachLedger();
  const { result, paint } = terminal(json);
  const rows = newest(await ledger(), lines);
  let widths = widthsOf(rows);
  const print = (row: LedgerRow) => {
    widths = widthsOf([row], widths);
    result(json ? JSON.stringify(row) : line(row, paint, widths));
  };
  rows.forEach(print);
  if (!follow) return;

  const seen = new Map((await ledger()).map((row) => [row.pk, row.state]));
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    for (const row of newest(await ledger(), Number.POSITIVE_INFINITY)) {
      if (seen.get(row.pk) === row.state) continue;
      seen.set(row.pk, row.state);
      print(row);
    }
  }
}

/** The rows of the account that runs here; all of them, because a local ledger is small and no index answers every question. */
async function attachLedger(): Promise<() => Promise<readonly LedgerRow[]>> {
  const { dynamodbUrl, tables } = await attachHere();
  return tablesAt(dynamodbUrl, tables).ledger;
}

function count(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a number of lines; expected 1 to 999999.`);
  return Number(text);
}
