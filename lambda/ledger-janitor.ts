import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import type { Context, ScheduledEvent } from 'aws-lambda';
import { clientSettings, FUNCTION_TABLE_LIMITS } from '../core/aws-limits';
import { emfLine } from '../core/emf';
import { JANITOR_CONFIG_VARIABLE, type JanitorConfig } from '../core/fleet-config';
import { requireKnown } from '../core/formats';
import { LedgerTable } from '../ledger/ledger-table';
import { sdkTable } from '../ledger/table/sdk-table';
import { UnsettledIndex } from '../ledger/unsettled-index';
import { type Ended, endAbandoned } from './abandoned-claims';
import { requireVariable } from './environment';
import { invocationLog, note } from './invocation-log';

/** Rows of one server that one run looks at, each a read and a write: some 20 s of work. */
const ROWS_PER_RUN = 1_000;
/** How long before its deadline a run stops ending claims, in milliseconds: what it has done is still to be counted. */
const RESERVE_MS = 5_000;

const config = requireKnown('janitorConfig', JSON.parse(requireVariable(JANITOR_CONFIG_VARIABLE)) as JanitorConfig);
const dynamodb = new DynamoDBClient(clientSettings(FUNCTION_TABLE_LIMITS));
const ledger = { table: new LedgerTable(sdkTable(dynamodb), config.ledgerTable), index: new UnsettledIndex(dynamodb, config.ledgerTable) };

/**
 * Runs every minute: turns claims that their gateways have left into outcomes, and tells how many calls of each server stand
 * as unknown. It frees none of those and deletes nothing; a run too many, or two at once, changes nothing more.
 */
export const handler = middy<ScheduledEvent, void>()
  .use(invocationLog('ledger_janitor'))
  .handler(async (_event: ScheduledEvent, context: Context): Promise<void> => {
    const stopAt = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
    const visits = await Promise.allSettled(config.servers.map((server) => visit(server, stopAt)));
    const visited = visits.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
    note(context, {
      servers: visited.length,
      notExecuted: sum(visited.map(({ notExecuted }) => notExecuted)),
      unknown: sum(visited.map(({ unknown }) => unknown)),
      standing: sum(visited.map(({ standing }) => standing)),
    });
    const failed = visits.flatMap((result, index) => (result.status === 'rejected' ? [`${config.servers[index]}: ${result.reason}`] : []));
    // After the others have been looked after: the table of one server is the table of all, but their errors need not be.
    if (failed.length > 0) throw new Error(`The claims of ${failed.length} servers could not be looked after: ${failed.join('; ')}`);
  });

type Visit = Ended & { readonly standing: number };

async function visit(server: string, stopAt: number): Promise<Visit> {
  const ended = await endAbandoned(server, ledger, { now: Date.now, stopAt, rows: ROWS_PER_RUN });
  const standing = await ledger.index.countUnknown(server);
  emit(server, { ...ended, standing });
  return { ...ended, standing };
}

/** Zero is said too: an alarm tells "none" from "nobody looked". */
function emit(server: string, { notExecuted, unknown, standing }: Visit): void {
  const values = { ClaimsAbandoned: notExecuted + unknown, OutcomeUnknown: unknown, UnknownOutcomes: standing };
  process.stdout.write(`${emfLine({ Fleet: config.fleet, Server: server }, values, Date.now())}\n`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
