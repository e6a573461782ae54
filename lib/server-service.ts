import { Aws, Duration, Tags } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { RUNTIME_PORT } from '../core/fleet-config';
import type { ServerParts } from './fleet-parts';
import { healthProtocol, targetProtocol } from './target-protocol';
import { SIDECAR_CONTAINER } from './task';

/** The longest that an ALB keeps a target for a client; a session's cookie must outlive the session. */
const STICKINESS = Duration.days(7);

/** In which failed health checks of a new instance count for nothing. */
const DEFAULT_START_GRACE = Duration.seconds(60);

/** Tag of a server's service and, handed down, of each of its tasks. IAM tells them by it from others of the cluster. */
export const SERVICE_TAG = 'cdk-mcp-fleet:service';

/** Value of {@link SERVICE_TAG}: no other service of the cluster has it, of whichever stack. At most 256 characters (AWS tagging limits). */
export function serviceTagValue(server: Construct): string {
  return `${Aws.STACK_NAME}/${server.node.id}-${server.node.addr.slice(-8)}`;
}

/** The service of a server. Its count belongs to scaling: a deployment must not take instances that hold sessions. */
export function serverService(
  scope: Construct,
  parts: ServerParts,
  taskDefinition: ecs.FargateTaskDefinition,
  startGrace: Duration = DEFAULT_START_GRACE,
): ecs.FargateService {
  const service = new ecs.FargateService(scope, 'Service', {
    cluster: parts.cluster,
    taskDefinition,
    vpcSubnets: parts.subnets,
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    circuitBreaker: { rollback: true },
    healthCheckGracePeriod: startGrace,
    // Moving a task for the sake of balance would cut its sessions.
    availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.DISABLED,
    propagateTags: ecs.PropagatedTagSource.SERVICE,
  });
  Tags.of(service).add(SERVICE_TAG, serviceTagValue(scope));
  return service;
}

/** Puts a service behind the servers listener under `/{name}/*`, sticky, so that the cookie in a session's id leads back to its instance. */
export function serverTargets(
  scope: Construct,
  name: string,
  parts: ServerParts,
  service: ecs.FargateService,
  deregistrationDelay: Duration,
): elb.ApplicationTargetGroup {
  const targets = new elb.ApplicationTargetGroup(scope, 'Targets', {
    vpc: parts.vpc,
    port: RUNTIME_PORT,
    protocol: targetProtocol(parts.targetTls),
    targets: [service.loadBalancerTarget({ containerName: SIDECAR_CONTAINER, containerPort: RUNTIME_PORT })],
    stickinessCookieDuration: STICKINESS,
    // Least-outstanding-requests would favour instances that are full of quiet sessions.
    loadBalancingAlgorithmType: elb.TargetGroupLoadBalancingAlgorithmType.ROUND_ROBIN,
    deregistrationDelay,
    healthCheck: {
      ...healthProtocol(parts.targetTls),
      path: '/readyz',
      port: String(RUNTIME_PORT),
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
    },
  });
  new elb.ApplicationListenerRule(scope, 'Rule', {
    listener: parts.serversListener,
    priority: parts.rulePriority,
    conditions: [elb.ListenerCondition.pathPatterns([`/${name}/*`])],
    targetGroups: [targets],
  });
  return targets;
}
