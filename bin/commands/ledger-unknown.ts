import { Command } from 'commander';
import { tablesAt } from '../../checks/tables';
import { oldestFirst, unknownLines } from '../../ledger/printing/unknown';
import { attachHere } from '../attach';
import { terminal } from '../terminal';

export function unknownCommand(): Command {
  return new Command('unknown')
    .description('The calls that nobody can tell of, oldest first, and how to settle each')
    .option('--json', 'one JSON document', false)
    .action(unknown);
}

async function unknown({ json }: { json: boolean }): Promise<void> {
  const { dynamodbUrl, tables, servers } = await attachHere();
  const calls = oldestFirst(await tablesAt(dynamodbUrl, tables).unknown(servers));
  const { result, paint } = terminal(json);
  if (json) return result(JSON.stringify({ calls }));
  if (calls.length === 0) return result('Nothing is unknown: what became of every call is known, or will be when it ends.');
  for (const row of calls) unknownLines(row, calls, Date.now(), paint).forEach(result);
}
