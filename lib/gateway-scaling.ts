import { Duration, Token } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { GatewayOptions } from './gateway-options';
import { type Problem, wholeNumber } from './problems';
import { DEFAULT_SIZE } from './task-size';

const DEFAULT_MIN_REPLICAS = 2;
const DEFAULT_MAX_REPLICAS = 10;
const MOST_REPLICAS = 100;
/** Percent of CPU that scaling keeps: a replica more takes a minute to start, in which the others carry its part. */
const TARGET_CPU = 60;
/**
 * Requests in a minute for each CPU unit of a replica: 300 a second with half a vCPU. Were all of them calls that the ledger records, that
 * would be a third of its CPU (docs/performance.md); more of them come in than go out before CPU shows it.
 */
const REQUESTS_PER_CPU_UNIT = (300 * 60) / 512;
const COOLDOWNS = { scaleOutCooldown: Duration.seconds(60), scaleInCooldown: Duration.minutes(5) };

export function minReplicasOf({ replicas, minReplicas, maxReplicas }: GatewayOptions = {}): number {
  return replicas ?? minReplicas ?? Math.min(DEFAULT_MIN_REPLICAS, maxReplicas ?? DEFAULT_MIN_REPLICAS);
}

/** A replica works for each request, and holds nobody's session: CPU says how busy it is, and requests say it a little earlier. */
export function scaleGateway(service: ecs.FargateService, targetGroup: elb.ApplicationTargetGroup, options: GatewayOptions = {}): void {
  if (options.replicas !== undefined) return;
  const minCapacity = minReplicasOf(options);
  const maxCapacity = options.maxReplicas ?? Math.max(DEFAULT_MAX_REPLICAS, minCapacity);
  const count = service.autoScaleTaskCount({ minCapacity, maxCapacity });
  count.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: TARGET_CPU, ...COOLDOWNS });
  const { cpu } = options.taskSize ?? DEFAULT_SIZE;
  // Of a size that only deployment knows no share can be written.
  if (Token.isUnresolved(cpu)) return;
  count.scaleOnRequestCount('Requests', { requestsPerTarget: Math.floor(REQUESTS_PER_CPU_UNIT * cpu), targetGroup, ...COOLDOWNS });
}

export function replicaProblems({ replicas, minReplicas, maxReplicas }: GatewayOptions = {}): Problem[] {
  const zones = 'Two or more let the fleet outlive a zone.';
  const problems = [
    ...wholeNumber('gateway.replicas', replicas, 1, MOST_REPLICAS, zones),
    ...wholeNumber('gateway.minReplicas', minReplicas, 1, MOST_REPLICAS, zones),
    ...wholeNumber('gateway.maxReplicas', maxReplicas, 1, MOST_REPLICAS, zones),
  ];
  if (replicas !== undefined && (minReplicas !== undefined || maxReplicas !== undefined)) {
    const allowed = 'nothing beside minReplicas or maxReplicas';
    problems.push({
      what: 'gateway.replicas',
      got: replicas,
      allowed,
      fix: 'It is a fixed number: leave it out for the gateway to scale.',
    });
  }
  if (minReplicas !== undefined && maxReplicas !== undefined && minReplicas > maxReplicas) {
    const allowed = `at least minReplicas (${minReplicas})`;
    problems.push({ what: 'gateway.maxReplicas', got: maxReplicas, allowed, fix: 'Raise it, or lower minReplicas.' });
  }
  return problems;
}
