import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { ServerConfig } from '../core/fleet-config';
import { alarmOnMissing, fleetAlarm } from './fleet-alarms';
import type { FleetParts } from './fleet-parts';

/** Percent of slots in use at which a server is nearly full: scaling has not kept up, or has reached its maximum. */
export const NEARLY_FULL_PERCENT = 90;
/** An instance that is refused protection says so every minute while it holds sessions. */
const BLOCKED_PERIOD = Duration.minutes(5);

/** A server, as far as alarms concern it. */
interface AlarmedServer extends Construct {
  readonly serverName: string;
  readonly _config: Pick<ServerConfig, 'pins'>;
  /** Absent for a remote server. */
  readonly targetGroup?: elb.ApplicationTargetGroup;
  metric(metricName: string): cloudwatch.Metric;
  metricSlotUtilization(): cloudwatch.Metric;
  metricUnknownOutcomes(): cloudwatch.Metric;
}

/**
 * The alarms without which no server should go live.
 * @param of.deployWithin longest time that a deployment should wait for sessions
 */
export function alarmOnServer(
  server: AlarmedServer,
  parts: FleetParts,
  { minInstances, deployWithin }: { readonly minInstances: number; readonly deployWithin: Duration },
): void {
  const name = server.serverName;
  alarmOnAny(
    server,
    'OutcomeUnknown',
    parts,
    `MCP server ${name}: calls were sent and their answers lost. mcp-fleet ledger unknown --stack ${Stack.of(server).stackName} lists those that are still open.`,
  );
  fleetAlarm(server, 'UnknownOutcomesAlarm', parts, {
    alarmDescription: `MCP server ${name}: money may have moved: mcp-fleet ledger unknown --stack ${Stack.of(server).stackName} lists the calls that nobody can tell of.`,
    metric: server.metricUnknownOutcomes(),
    threshold: 0,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 1,
    // A level that nobody has measured in this minute has not become zero by that.
    treatMissingData: cloudwatch.TreatMissingData.IGNORE,
  });
  alarmOnAny(
    server,
    'LedgerFailures',
    parts,
    `MCP server ${name}: the ledger cannot be written. State-changing calls are refused until it can.`,
  );
  alarmOnAny(
    server,
    'AuthorizerFailures',
    parts,
    `MCP server ${name}: the authorizer fails. Agents without a cached decision are refused.`,
  );
  alarmOnAny(
    server,
    'SecretLeaksBlocked',
    parts,
    `MCP server ${name}: an answer told a secret, and was masked or ended. mcp-fleet logs ${name} --stack ${Stack.of(server).stackName} has the line secret_leak_blocked, which names the secret.`,
  );
  if (server._config.pins !== undefined) {
    alarmOnAny(
      server,
      'ToolsUnreviewed',
      parts,
      `MCP server ${name}: it says something else of itself, or of what it has, than was reviewed. mcp-fleet tools approve ${name} --dry-run --stack ${Stack.of(server).stackName} shows what.`,
    );
  }
  if (server.targetGroup === undefined) return;
  fleetAlarm(server, 'NearlyFullAlarm', parts, {
    alarmDescription: `MCP server ${name}: nearly all slots are in use. Scaling has not kept up, or has reached maxInstances.`,
    metric: server.metricSlotUtilization(),
    threshold: NEARLY_FULL_PERCENT,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 3,
  });
  fleetAlarm(server, 'DeploymentBlockedAlarm', parts, {
    alarmDescription: `MCP server ${name}: a deployment waits longer than deployWithin for instances that hold sessions. mcp-fleet ps --stack ${Stack.of(server).stackName} shows deployments, and who holds sessions.`,
    metric: server.metric('DeploymentBlocked').with({ period: BLOCKED_PERIOD }),
    threshold: 0,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    // While a deployment waits as long as it may, this is as it should be.
    evaluationPeriods: Math.ceil(deployWithin.toMinutes({ integral: false }) / BLOCKED_PERIOD.toMinutes()) + 1,
  });
  fleetAlarm(server, 'UnhealthyAlarm', parts, {
    alarmDescription: `MCP server ${name}: instances fail their health check.`,
    metric: server.targetGroup.metrics.unhealthyHostCount({ period: Duration.minutes(1), statistic: 'Maximum' }),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    evaluationPeriods: 3,
  });
  alarmOnMissing(server, parts, server.targetGroup, minInstances, `MCP server ${name}: instances`);
}

/** An alarm on metrics that should stay zero: one datapoint in one minute is enough. */
function alarmOnAny(server: AlarmedServer, metricName: string, parts: FleetParts, alarmDescription: string): void {
  fleetAlarm(server, `${metricName}Alarm`, parts, {
    alarmDescription,
    metric: server.metric(metricName),
    threshold: 0,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 1,
  });
}
