import type { Listener } from '../alb/listener';
import type { Target, TargetGroup } from '../alb/target-group';
import type { Datapoint } from '../local-account';
import { CERTIFICATE_METRICS } from '../tls/certificates';

const NAMESPACE = 'AWS/ApplicationELB';
const HEALTHY = 'HealthyHostCount';
const UNHEALTHY = 'UnHealthyHostCount';

/** Whether the account measures a metric of AWS itself. */
export function isMeasured(namespace: string | undefined, name: string | undefined): boolean {
  if (namespace === CERTIFICATE_METRICS.namespace) return name === CERTIFICATE_METRICS.daysToExpiry;
  return namespace === NAMESPACE && (name === HEALTHY || name === UNHEALTHY);
}

/**
 * How many targets each group has that are healthy, and that are not: for the group, and for each zone in which it has any
 * (Elastic Load Balancing, "CloudWatch metrics for your Application Load Balancer").
 * @param listeners by ARN @param now milliseconds since the epoch
 */
export function healthCounts(
  listeners: ReadonlyMap<string, Listener>,
  groupOf: (arn: string) => TargetGroup | undefined,
  now: number,
): readonly Datapoint[] {
  return [...listeners].flatMap(([listenerArn, listener]) => {
    const balancer = /:listener\/(.+)\/\d+$/.exec(listenerArn)?.[1] ?? '';
    return [...new Set(listener.targetGroups())].flatMap((arn) => {
      const targets = (groupOf(arn)?.all() ?? []).filter(({ draining }) => !draining);
      const group = { LoadBalancer: balancer, TargetGroup: arn.split(':').at(-1) ?? '' };
      const zones = new Set(targets.flatMap(({ zone }) => zone ?? []));
      return [
        ...pointsOf(targets, group, now),
        ...[...zones].flatMap((zone) =>
          pointsOf(
            targets.filter((each) => each.zone === zone),
            { AvailabilityZone: zone, ...group },
            now,
          ),
        ),
      ];
    });
  });
}

function pointsOf(targets: readonly Target[], dimensions: Datapoint['dimensions'], at: number): readonly Datapoint[] {
  // A load balancer that has no targets counts none.
  if (targets.length === 0) return [];
  const count = (health: Target['health']): number => targets.filter((target) => target.health === health).length;
  const point = (name: string, value: number): Datapoint => ({ namespace: NAMESPACE, name, dimensions, value, at, source: 'elb' });
  return [point(HEALTHY, count('healthy')), point(UNHEALTHY, count('unhealthy'))];
}
