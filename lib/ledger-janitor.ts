import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { JANITOR_CONFIG_VARIABLE, type JanitorConfig, UNSETTLED_INDEX } from '../core/fleet-config';
import { SERVERS_KEY } from '../core/listed-servers';
import { fleetAlarm } from './fleet-alarms';
import { bundledFunction, type FunctionParts } from './fleet-functions';
import type { FleetParts } from './fleet-parts';
import type { FleetTables } from './fleet-tables';
import { grantIndex, grantItem, grantTable, INDEX_READ_ACTIONS, LEDGER_END_ACTIONS, SERVER_NAMES_READ_ACTIONS } from './perms';

const EVERY = Duration.minutes(1);
/** Below the interval: a run ends before the next one begins. */
const TIMEOUT = Duration.seconds(50);
/** Most that its configuration may weigh: the variables of a function may have 4 KB in all (Lambda quotas). */
const MAX_CONFIG_BYTES = 3_500;

/**
 * Ends, every minute, the claims that their gateways have left, and counts the calls that stand as unknown.
 * @param servers those of the fleet's own stack, asked at synth, when all of them are known
 */
export function ledgerJanitor(
  scope: Construct,
  parts: FunctionParts & Pick<FleetParts, 'name'>,
  { ledger, allowlist }: Pick<FleetTables, 'ledger' | 'allowlist'>,
  servers: () => string[],
): lambda.Function {
  const config = (): JanitorConfig => ({
    fleet: parts.name,
    ledgerTable: ledger.table.tableName,
    servers: servers(),
    allowlistTable: allowlist.table.tableName,
  });
  const janitor = bundledFunction(scope, 'LedgerJanitor', 'lambda/ledger-janitor', parts, {
    environment: { [JANITOR_CONFIG_VARIABLE]: Lazy.string({ produce: () => Stack.of(scope).toJsonString(config()) }) },
    timeout: TIMEOUT,
  });
  grantTable(janitor, ledger, LEDGER_END_ACTIONS);
  grantIndex(janitor, ledger, UNSETTLED_INDEX, INDEX_READ_ACTIONS);
  grantItem(janitor, allowlist, SERVERS_KEY, SERVER_NAMES_READ_ACTIONS);
  new events.Rule(janitor, 'EveryMinute', {
    schedule: events.Schedule.rate(EVERY),
    // The next minute's run does the work of one that was lost.
    targets: [new LambdaFunction(janitor, { retryAttempts: 0 })],
  });
  alarmOnJanitor(janitor, parts);
  janitor.node.addValidation({ validate: () => oversize(Stack.of(scope).resolve(config())) });
  return janitor;
}

function alarmOnJanitor(janitor: lambda.Function, parts: FunctionParts): void {
  fleetAlarm(janitor, 'ErrorsAlarm', parts, {
    alarmDescription: 'MCP fleet ledger janitor: runs fail. Abandoned claims stay as they are, and unknown outcomes are not counted.',
    metric: janitor.metricErrors({ period: EVERY }),
    threshold: 1,
    evaluationPeriods: 1,
  });
  fleetAlarm(janitor, 'NotRunningAlarm', parts, {
    alarmDescription: 'MCP fleet ledger janitor: it does not run. Abandoned claims stay as they are, and unknown outcomes are not counted.',
    metric: janitor.metricInvocations({ period: EVERY }),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 5,
    // A function that is not invoked sends no datapoint.
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
}

function oversize(config: unknown): string[] {
  const bytes = JSON.stringify(config).length;
  if (bytes <= MAX_CONFIG_BYTES) return [];
  return [`The names of the fleet's servers are too long for one function: ${bytes} bytes; allowed: ${MAX_CONFIG_BYTES}. Split the fleet.`];
}
