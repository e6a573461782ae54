import { Duration, Token } from 'aws-cdk-lib';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { FleetParts } from './fleet-parts';

/** Alarms on what AWS runs for a fleet, which sound also when nothing of the fleet is left to say that something is wrong. */

type Alarmed = Pick<FleetParts, 'alarmAction'>;

const PERIOD = Duration.minutes(1);
/** Long enough to have another one issued by whoever it may be. */
const CERTIFICATE_DAYS = 14;
/** Answers 5xx in a minute below which single accidents are not told of. */
const FEW_FAILURES = 10;

/** An alarm that acts on the fleet's topic, where there is one, when it starts and when it ends. */
export function fleetAlarm(scope: Construct, id: string, parts: Alarmed, props: cloudwatch.AlarmProps): cloudwatch.Alarm {
  const alarm = new cloudwatch.Alarm(scope, id, { treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING, ...props });
  if (parts.alarmAction !== undefined) {
    alarm.addAlarmAction(parts.alarmAction);
    alarm.addOkAction(parts.alarmAction);
  }
  return alarm;
}

/**
 * Fewer targets are healthy than there shall be at least, or none is there to be counted.
 * @param who what the targets are, such as `gateway replicas`
 */
export function alarmOnMissing(scope: Construct, parts: Alarmed, targets: elb.ApplicationTargetGroup, minimum: number, who: string): void {
  fleetAlarm(scope, 'MissingAlarm', parts, {
    alarmDescription: `${who} are missing: fewer are healthy than there shall be at least, or none is there at all.`,
    metric: targets.metrics.healthyHostCount({ period: PERIOD, statistic: 'Minimum' }),
    threshold: minimum,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    // One that has failed is replaced in less.
    evaluationPeriods: 5,
    // A load balancer that has no targets counts none.
    treatMissingData: cloudwatch.TreatMissingData.BREACHING,
  });
}

/**
 * A zone in which targets should be has none that is healthy, while those elsewhere carry its load: the loss of another one may be that of
 * all. Where fewer targets are wanted than there are zones, nobody is missing in one. An alarm for each zone.
 * @param who what the targets are, such as `gateway replicas`
 */
export function alarmOnZones(
  scope: Construct,
  parts: Pick<FleetParts, 'alarmAction' | 'subnets' | 'vpc'>,
  targets: elb.ApplicationTargetGroup,
  minimum: number,
  who: string,
): void {
  const { availabilityZones: zones } = parts.vpc.selectSubnets(parts.subnets);
  // Of an imported network nobody may know how many there are.
  if (Token.isUnresolved(zones) || zones.length < 2 || minimum < zones.length) return;
  for (const [i, AvailabilityZone] of zones.entries()) {
    const dimensionsMap = { AvailabilityZone, LoadBalancer: targets.firstLoadBalancerFullName, TargetGroup: targets.targetGroupFullName };
    fleetAlarm(scope, `Zone${i}Alarm`, parts, {
      alarmDescription: `${who}: none is healthy in one of the availability zones; the others carry its load. AWS Health tells whether the zone is lost.`,
      metric: new cloudwatch.Metric({
        namespace: 'AWS/ApplicationELB',
        metricName: 'HealthyHostCount',
        dimensionsMap,
        period: PERIOD,
        statistic: 'Minimum',
      }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      // One that has failed is replaced in less.
      evaluationPeriods: 5,
      // Where no target stands, none is counted.
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    });
  }
}

/** ACM renews what it has issued itself, some sixty days before the end; what was imported, nobody but its owner does. */
export function alarmOnCertificate(scope: Construct, parts: Alarmed, certificate: acm.ICertificate, what: string): void {
  fleetAlarm(scope, 'CertificateAlarm', parts, {
    alarmDescription: `${what}: its certificate ends within ${CERTIFICATE_DAYS} days. No agent can call, and no gateway reach a server, when it has.`,
    metric: certificate.metricDaysToExpiry(),
    threshold: CERTIFICATE_DAYS,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 1,
    // Of one that has expired ACM says nothing more: that is no reason to be silent.
    treatMissingData: cloudwatch.TreatMissingData.IGNORE,
  });
}

/**
 * The load balancer before servers answers 5xx itself. Not with 503, for want of a target: a server may have no instance, and where it
 * should have some {@link alarmOnMissing} tells of it.
 */
export function alarmOnServersBalancer(balancer: elb.ApplicationLoadBalancer, parts: Alarmed, what: string): void {
  const { metrics } = balancer;
  alarmOnFailures(balancer, parts, {
    alarmDescription: `${what} answers 5xx itself: targets break the connection, or do not answer in time.`,
    metric: new cloudwatch.MathExpression({
      expression: 'FILL(failures, 0) - FILL(untargeted, 0)',
      usingMetrics: {
        failures: metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT, { period: PERIOD }),
        untargeted: metrics.custom('HTTPCode_ELB_503_Count', { period: PERIOD, statistic: cloudwatch.Stats.SUM }),
      },
      label: '5xx, without 503',
      period: PERIOD,
    }),
  });
}

/** The load balancer itself answers 5xx: it has nobody to send to, or those break the connection. */
export function alarmOnBalancer(balancer: elb.ApplicationLoadBalancer, parts: Alarmed, what: string): void {
  alarmOnFailures(balancer, parts, {
    alarmDescription: `${what} answers 5xx itself: no target is there, or targets break the connection.`,
    metric: balancer.metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT, { period: PERIOD }),
  });
}

/** Targets answer 5xx. Not for sidecars: one that is full, or outdated, refuses with 503 as a matter of course. */
export function alarmOnAnswers(scope: Construct, parts: Alarmed, targets: elb.ApplicationTargetGroup, who: string): void {
  alarmOnFailures(scope, parts, {
    alarmDescription: `${who} answer 5xx: they fail, or refuse for want of capacity.`,
    metric: targets.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT, { period: PERIOD }),
  });
}

/** On-demand tables throttle where traffic doubles faster than they split, or one key is too hot. */
export function alarmOnTable(scope: Construct, table: dynamodb.ITableV2, parts: Alarmed, what: string): void {
  fleetAlarm(scope, 'ThrottlesAlarm', parts, {
    alarmDescription: `${what}: DynamoDB throttles. Calls wait, and are refused where it lasts.`,
    metric: new cloudwatch.MathExpression({
      expression: 'FILL(reads, 0) + FILL(writes, 0)',
      usingMetrics: {
        reads: table.metric('ReadThrottleEvents', { period: PERIOD, statistic: 'Sum' }),
        writes: table.metric('WriteThrottleEvents', { period: PERIOD, statistic: 'Sum' }),
      },
      label: 'throttled reads and writes',
      period: PERIOD,
    }),
    threshold: 1,
    evaluationPeriods: 3,
  });
}

/** The account's concurrency is used up, by whoever it may be. */
export function alarmOnThrottles(fn: lambda.Function, parts: Alarmed, what: string): void {
  fleetAlarm(fn, 'ThrottlesAlarm', parts, {
    alarmDescription: `${what}: Lambda throttles. The account's concurrency is used up.`,
    metric: fn.metricThrottles({ period: PERIOD }),
    threshold: 1,
    evaluationPeriods: 1,
  });
}

function alarmOnFailures(scope: Construct, parts: Alarmed, props: Pick<cloudwatch.AlarmProps, 'alarmDescription' | 'metric'>): void {
  fleetAlarm(scope, 'FailuresAlarm', parts, { ...props, threshold: FEW_FAILURES, evaluationPeriods: 3 });
}
