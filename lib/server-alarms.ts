import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { alarmOnMissing, fleetAlarm } from './fleet-alarms';
import type { FleetParts } from './fleet-parts';

/** An instance that is refused protection says so every minute while it holds sessions. */
const BLOCKED_PERIOD = Duration.minutes(5);

/** A server, as far as alarms of its own concern it. */
interface AlarmedServer extends Construct {
  readonly serverName: string;
  metric(metricName: string): cloudwatch.Metric;
}

/**
 * The alarms whose bounds are a server's own; `ServerFleetAlarms` watches all servers by the others.
 * @param of.deployWithin longest time that a deployment should wait for sessions
 */
export function alarmOnServer(
  server: AlarmedServer,
  targets: elb.ApplicationTargetGroup,
  parts: FleetParts,
  { minInstances, deployWithin }: { readonly minInstances: number; readonly deployWithin: Duration },
): void {
  const name = server.serverName;
  fleetAlarm(server, 'DeploymentBlockedAlarm', parts, {
    alarmDescription: `MCP server ${name}: a deployment waits longer than deployWithin for instances that hold sessions. mcp-fleet ps --stack ${Stack.of(server).stackName} shows deployments, and who holds sessions.`,
    metric: server.metric('DeploymentBlocked').with({ period: BLOCKED_PERIOD }),
    threshold: 0,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    // While a deployment waits as long as it may, this is as it should be.
    evaluationPeriods: Math.ceil(deployWithin.toMinutes({ integral: false }) / BLOCKED_PERIOD.toMinutes()) + 1,
  });
  if (minInstances === 0) alarmOnUnstarted(server, parts);
  else alarmOnMissing(server, parts, targets, minInstances, `MCP server ${name}: instances`);
}

/** A server that may have no instance misses none; that none comes up shows in those who wait for it in vain. */
function alarmOnUnstarted(server: AlarmedServer, parts: FleetParts): void {
  const stack = `--stack ${Stack.of(server).stackName}`;
  fleetAlarm(server, 'UnstartedAlarm', parts, {
    alarmDescription: `MCP server ${server.serverName}: agents are refused again and again, for want of an instance or of a slot. mcp-fleet ps ${stack} shows whether one is up, and mcp-fleet logs ${server.serverName} ${stack} why none is.`,
    metric: server.metric('Rejected').with({ period: Duration.minutes(1), statistic: cloudwatch.Stats.SUM }),
    threshold: 0,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    // The first who come may be refused where a start takes longer than they wait; who comes again is not.
    evaluationPeriods: 10,
    datapointsToAlarm: 3,
  });
}
