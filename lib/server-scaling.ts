import { Duration, Token } from 'aws-cdk-lib';
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { ApplicationScalingAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { MetricName } from '../core/metrics';
import type { ScalingOptions } from './server-props';

export const DEFAULT_MIN_INSTANCES = 2;
const DEFAULT_MAX_INSTANCES = 10;
const DEFAULT_TARGET_UTILIZATION = 70;
const SCALE_OUT_COOLDOWN = Duration.seconds(60);
/** As often as gateways tell of those who wait. */
const DEMAND_PERIOD = Duration.seconds(10);
/** Most instances that are added at once, in instances that demand would fill; a power of two. */
const MOST_ADDED = 16;

/** A server, as far as its scaling concerns it. */
interface ScaledServer extends Construct {
  readonly serverName: string;
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
  metricSlotUtilization(): cloudwatch.Metric;
}

export function minInstancesOf({ minInstances, maxInstances }: ScalingOptions = {}): number {
  return minInstances ?? Math.min(DEFAULT_MIN_INSTANCES, maxInstances ?? DEFAULT_MIN_INSTANCES);
}

/**
 * Follows sessions, not CPU: waiting for a tool burns none. Instances are taken away by target tracking alone, which waits for all that
 * is scaled on to agree. It takes the last one, too, where none has to stay: when utilisation is nothing at all, which an idle instance says only
 * after a while (`keepIdleSeconds` of its sidecar). Then there is no utilisation to track, and those who wait call for the first one: the
 * way in which AWS itself does it (Amazon SageMaker, "Scale an endpoint to zero instances").
 * @param slots of one instance
 */
export function scaleOnSlots(server: ScaledServer, service: ecs.FargateService, slots: number, options: ScalingOptions = {}): void {
  const minCapacity = minInstancesOf(options);
  const maxCapacity = options.maxInstances ?? Math.max(DEFAULT_MAX_INSTANCES, minCapacity);
  const count = service.autoScaleTaskCount({ minCapacity, maxCapacity });
  count.scaleToTrackCustomMetric('SlotUtilization', {
    metric: server.metricSlotUtilization(),
    targetValue: options.targetUtilization ?? DEFAULT_TARGET_UTILIZATION,
    scaleOutCooldown: SCALE_OUT_COOLDOWN,
    scaleInCooldown: Duration.minutes(5),
  });
  scaleOnDemand(server, count.node.findChild('Target') as scaling.ScalableTarget, slots);
}

/**
 * Where all slots are in use, utilisation says 100 % however many wait, and tracking it adds half as many instances as there are, three
 * minutes later. So those who wait and those who were refused call for the instances that they would fill.
 */
function scaleOnDemand(server: ScaledServer, scalingTarget: scaling.IScalableTarget, slots: number): void {
  const grow = new scaling.StepScalingAction(server, 'Demand', {
    scalingTarget,
    adjustmentType: scaling.AdjustmentType.CHANGE_IN_CAPACITY,
    cooldown: SCALE_OUT_COOLDOWN,
    metricAggregationType: scaling.MetricAggregationType.MAXIMUM,
  });
  for (const step of stepsOf(slots)) grow.addAdjustment(step);
  const callOn = (metricName: MetricName, alarmDescription: string): void => {
    const alarm = new cloudwatch.Alarm(server, `${metricName}Demand`, {
      alarmDescription: `MCP server ${server.serverName}: ${alarmDescription}. Instances are added for them, as long as it may have more.`,
      // Each gateway tells of its own.
      metric: server.metric(metricName, { statistic: cloudwatch.Stats.SUM, period: DEMAND_PERIOD }),
      threshold: 0,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new ApplicationScalingAction(grow));
  };
  callOn('QueueDepth', 'requests wait for a slot');
  callOn('Rejected', 'requests were refused for want of a slot');
}

/** As many instances as demand would fill, in powers of two: up to one, two, four and so on, each from where the one before ends. */
function stepsOf(slots: number): { adjustment: number; lowerBound: number; upperBound?: number }[] {
  // Of a number that only deployment knows no multiple can be written.
  if (Token.isUnresolved(slots)) return [{ adjustment: 1, lowerBound: 0 }];
  const added = Array.from({ length: Math.log2(MOST_ADDED) + 1 }, (_, power) => 2 ** power);
  return added.map((adjustment) => ({
    adjustment,
    lowerBound: adjustment === 1 ? 0 : (adjustment / 2) * slots,
    ...(adjustment < MOST_ADDED && { upperBound: adjustment * slots }),
  }));
}
