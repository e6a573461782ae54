import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Logger } from 'pino';
import type { FleetConfig } from '../../core/fleet-config';
import { misfitsOf, type TableKind } from '../../core/table-shapes';

/**
 * Looks at the fleet's tables before anything is served: one that was handed in is known here first.
 * @throws Error that names the table and what it would have to be; where DynamoDB does not tell, calls will
 */
export async function requireTables(
  dynamodb: DynamoDBClient,
  { ledgerTable, directoryTable, allowlistTable }: Pick<FleetConfig, 'ledgerTable' | 'directoryTable' | 'allowlistTable'>,
  log: Logger,
): Promise<void> {
  const tables = { ledger: ledgerTable, directory: directoryTable, allowlist: allowlistTable };
  const looked = Object.entries(tables).map(([kind, name]) => problemOf(dynamodb, kind as TableKind, name, log));
  const problems = (await Promise.all(looked)).filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new Error(problems.join('; '));
}

async function problemOf(dynamodb: DynamoDBClient, kind: TableKind, name: string, log: Logger): Promise<string | undefined> {
  try {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: name }));
    const misfits = Table?.KeySchema === undefined ? [] : misfitsOf(kind, Table);
    if (misfits.length === 0) return undefined;
    const wrong = misfits.map(({ got, allowed }) => `${got}; allowed: ${allowed}`).join('; ');
    return `${kind}Table names "${name}", ${wrong}. Hand in the ${kind} table of a fleet, or leave ${kind}Table out: one is made`;
  } catch (error) {
    const { name: kindOfError, message } = error as Error;
    if (kindOfError === 'ResourceNotFoundException')
      return `${kind}Table names "${name}", and there is no such table in this region. Correct the name, or leave ${kind}Table out: one is made`;
    log.warn({ event: 'table_not_described', table: name, reason: `${kindOfError}: ${message}` });
    return undefined;
  }
}
