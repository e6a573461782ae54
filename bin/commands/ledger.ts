import { Command, InvalidArgumentError } from 'commander';
import { tablesAt } from '../../checks/tables';
import { line, newest, ofKey, widthsOf } from '../../ledger/printing/lines';
import { timeline } from '../../ledger/printing/timeline';
import type { LedgerRow } from '../../ledger/row';
import { attachHere } from '../attach';
import { CommandError, EXIT } from '../exit';
import { terminal } from '../terminal';
import { resolveCommand } from './ledger-resolve';
import { unknownCommand } from './ledger-unknown';

const FOLLOW_MS = 500;

const EXAMPLES = `
Examples:
  $ mcp-fleet ledger tail -n 50           the last 50 calls
  $ mcp-fleet ledger tail --follow        and each one from now on
  $ mcp-fleet ledger show order-17        one call, by idempotency key or call id
  $ mcp-fleet ledger unknown              the calls that nobody can tell of, oldest first
  $ mcp-fleet ledger resolve order-17 --outcome not_executed --reason "no such payment at the bank"
`;

export function ledgerCommand(): Command {
  const ledger = new Command('ledger')
    .description('Read the ledger of the local account, and settle what nobody can tell')
    .addHelpText('after', EXAMPLES);
  ledger
    .command('tail')
    .description('The last calls and what became of them, oldest first')
    .option('-n, --lines <number>', 'how many', count, 20)
    .option('-f, --follow', 'go on with every change, until Ctrl-C', false)
    .option('--json', 'a row per line as JSON', false)
    .action(tail);
  ledger
    .command('show')
    .description('One call from start to end: who, what, each step, who asked again, and its result')
    .argument('<key>', 'idempotency key or call id')
    .option('--json', 'one JSON document', false)
    .action(show);
  ledger.addCommand(unknownCommand());
  ledger.addCommand(resolveCommand());
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

async function show(key: string, { json }: { json: boolean }): Promise<void> {
  const ledger = await attachLedger();
  const { calls, references } = ofKey(await ledger(), key);
  if (calls.length === 0) {
    throw new CommandError(EXIT.NO, `No call has the idempotency key or call id "${key}".`, 'mcp-fleet ledger tail shows the last ones');
  }
  const { result, paint } = terminal(json);
  if (json) return result(JSON.stringify({ calls: newest([...calls, ...references], Number.POSITIVE_INFINITY) }));
  for (const row of calls) timeline(row, paint, references).forEach(result);
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
