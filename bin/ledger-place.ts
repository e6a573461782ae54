import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Command } from 'commander';
import { archivedRows, archiveOf } from '../checks/archive';
import { allowlistAt, clientAt } from '../checks/tables';
import { agentId } from '../core/agent';
import type { AllowlistEntry } from '../core/policy';
import { LedgerReader } from '../ledger/ledger-reader';
import type { LedgerRow } from '../ledger/row';
import { attachHere } from './attach';
import { CommandError, EXIT } from './exit';

export interface LedgerPlaceOptions {
  readonly ledgerTable?: string;
  readonly allowlistTable?: string;
}

/** A ledger that is read, and who may be in it. */
export interface LedgerPlace {
  readonly rows: LedgerReader;
  readonly allowlist: readonly AllowlistEntry[];
  /** That of the account that runs here, which is looked through in no time. */
  readonly isLocal: boolean;
  /** What the table does not have any more; of the account that runs here. */
  readonly archived: () => Promise<readonly LedgerRow[]>;
}

/** Adds the options by which a fleet on AWS is named. */
export function ofTables(command: Command): Command {
  return command
    .option('--ledger-table <name>', 'of a fleet on AWS, by the credentials and region of this environment')
    .option('--allowlist-table <name>', 'of the same fleet: who may have called');
}

/** @throws CommandError where the tables cannot be read */
export async function ledgerPlace({ ledgerTable, allowlistTable }: LedgerPlaceOptions): Promise<LedgerPlace> {
  if (ledgerTable === undefined && allowlistTable === undefined) {
    const account = await attachHere();
    const { dynamodbUrl, tables } = account;
    const client = clientAt(dynamodbUrl);
    const archived = async (): Promise<readonly LedgerRow[]> => {
      const archive = await archiveOf(account);
      return archive === undefined ? [] : archivedRows(archive);
    };
    return {
      rows: new LedgerReader(client, tables.ledger),
      allowlist: await allowlistAt(client, tables.allowlist),
      isLocal: true,
      archived,
    };
  }
  if (ledgerTable === undefined || allowlistTable === undefined)
    throw new CommandError(EXIT.USAGE, 'Of a fleet on AWS both tables are named: --ledger-table and --allowlist-table.');
  const client = new DynamoDBClient({});
  try {
    return {
      rows: new LedgerReader(client, ledgerTable),
      allowlist: await allowlistAt(client, allowlistTable),
      isLocal: false,
      archived: async () => [],
    };
  } catch (error) {
    const { name, message } = error as Error;
    const fix = "it is the physical id of the fleet's table; AWS_PROFILE and AWS_REGION say whose and where";
    throw new CommandError(EXIT.ENVIRONMENT, `The table "${allowlistTable}" cannot be read: ${name}: ${message}`, fix);
  }
}

/**
 * agentIds of an agent as people name it: by its name in construct code, its subject, or its id.
 * @throws CommandError where the allowlist has none
 */
export function agentIdsOf(name: string, allowlist: readonly AllowlistEntry[]): readonly string[] {
  const named = allowlist.filter((entry) => [entry.name, entry.subject, entry.agent].includes(name));
  if (named.length > 0) return [...new Set(named.map(({ agent }) => agent))];
  const allowed = [...new Set(allowlist.map((entry) => entry.name ?? entry.subject))].sort().join(', ');
  throw new CommandError(EXIT.USAGE, `--agent names "${name}", and the allowlist has no such agent; allowed: ${allowed}.`);
}

/** The one agent of a name; two issuers may know one subject. @throws CommandError */
export function agentIdOf(name: string, allowlist: readonly AllowlistEntry[]): string {
  const [id = '', ...others] = agentIdsOf(name, allowlist);
  if (others.length === 0) return id;
  const ids = allowlist.filter(({ agent }) => [id, ...others].includes(agent)).map((entry) => `${agentId(entry)} (${entry.issuer})`);
  throw new CommandError(EXIT.USAGE, `${others.length + 1} agents are "${name}".`, `name one by its id: ${[...new Set(ids)].join(', ')}`);
}
