import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE, type MetricName } from '../core/metrics';
import { fleetAlarm } from './fleet-alarms';
import type { FleetParts } from './fleet-parts';

/** Percent of slots in use at which a server is nearly full: scaling has not kept up, or has reached its maximum. */
export const NEARLY_FULL_PERCENT = 90;
const PERIOD = Duration.minutes(1);

type Function = 'AVG' | 'MAX' | 'SUM';

interface ServersAlarm extends Omit<cloudwatch.AlarmProps, 'metric' | 'alarmDescription' | 'comparisonOperator'> {
  readonly of: Function;
  /** Says what is wrong with those servers that the alarm names. */
  readonly says: string;
  /** @default - above the threshold */
  readonly comparisonOperator?: cloudwatch.ComparisonOperator;
}

/** What stays zero, or else somebody looks: one datapoint in one minute is enough. */
const ANY = { of: 'SUM', threshold: 0, evaluationPeriods: 1 } as const;

/**
 * Alarms that watch every server of a fleet at once, also those that come later and those of other stacks: each server is a contributor of its
 * own, with a state of its own (CloudWatch User Guide, "Create an alarm based on a Multi Time Series Metrics Insights query").
 */
export class ServerFleetAlarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly parts: Pick<FleetParts, 'name' | 'alarmAction'>,
  ) {
    super(scope, id);
    const stack = `--stack ${Stack.of(this).stackName}`;
    this.alarm('OutcomeUnknown', {
      ...ANY,
      says: `calls were sent and their answers lost. mcp-fleet ledger unknown ${stack} lists those that are still open.`,
    });
    this.alarm('UnknownOutcomes', {
      ...ANY,
      of: 'MAX',
      says: `money may have moved: mcp-fleet ledger unknown ${stack} lists the calls that nobody can tell of.`,
      // A level that nobody has measured in this minute has not become zero by that.
      treatMissingData: cloudwatch.TreatMissingData.IGNORE,
    });
    this.alarm('LedgerFailures', {
      ...ANY,
      says: 'the ledger cannot be written. State-changing calls are refused until it can.',
    });
    this.alarm('AuthorizerFailures', {
      ...ANY,
      says: 'the authorizer fails. Agents without a cached decision are refused.',
    });
    this.alarm('SecretLeaksBlocked', {
      ...ANY,
      says: `an answer told a secret, and was masked or ended. mcp-fleet logs SERVER ${stack} has the line secret_leak_blocked, which names the secret.`,
    });
    this.alarm('ToolsUnreviewed', {
      ...ANY,
      says: `it says something else of itself, or of what it has, than was reviewed. mcp-fleet tools approve SERVER --dry-run ${stack} shows what.`,
    });
    this.alarm('ListingFailures', {
      ...ANY,
      says: `the list of servers cannot be read, or what stands there of one. What was read last is in force. mcp-fleet logs gateway ${stack} has the lines servers_not_read and server_not_read.`,
      // One that is read at the next look is nothing to wake anybody for.
      evaluationPeriods: 3,
    });
    this.alarm('SlotUtilization', {
      of: 'AVG',
      says: 'nearly all slots are in use. Scaling has not kept up, or has reached maxInstances.',
      threshold: NEARLY_FULL_PERCENT,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 3,
    });
  }

  /** Targets behind a load balancer that fail their health check: instances of servers, and gateway replicas where they stand there. */
  watchTargets(balancer: elb.ApplicationLoadBalancer): void {
    const { loadBalancerFullName } = balancer;
    fleetAlarm(balancer, 'UnhealthyAlarm', this.parts, {
      alarmDescription: `MCP fleet ${this.parts.name}: instances fail their health check, at the server whose target group the alarm names.`,
      metric: query({
        select: 'MAX(UnHealthyHostCount)',
        from: '"AWS/ApplicationELB", LoadBalancer, TargetGroup',
        where: `LoadBalancer = '${loadBalancerFullName}'`,
        groupBy: 'TargetGroup',
      }),
      threshold: 1,
      evaluationPeriods: 3,
    });
  }

  private alarm(metric: MetricName, { of, says, comparisonOperator, ...props }: ServersAlarm): void {
    const { name } = this.parts;
    fleetAlarm(this, `${metric}Alarm`, this.parts, {
      ...props,
      alarmDescription: `MCP fleet ${name}, the server that the alarm names: ${says}`,
      metric: query({
        select: `${of}(${metric})`,
        from: `"${METRIC_NAMESPACE}", Fleet, Server`,
        where: `Fleet = '${name}'`,
        groupBy: 'Server',
      }),
      comparisonOperator: comparisonOperator ?? cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    });
  }
}

/** A Metrics Insights query of one time series for each group; an alarm on several wants both GROUP BY and ORDER BY. */
function query(of: { readonly select: string; readonly from: string; readonly where: string; readonly groupBy: string }) {
  const order = `${of.select.slice(0, of.select.indexOf('('))}()`;
  return new cloudwatch.MathExpression({
    expression: `SELECT ${of.select} FROM SCHEMA(${of.from}) WHERE ${of.where} GROUP BY ${of.groupBy} ORDER BY ${order} DESC`,
    usingMetrics: {},
    period: PERIOD,
  });
}
