import { DEFAULT_QUEUE } from '../core/fleet-config';
import type { DeclaredFleet, DeclaredTask, HostedServer } from './declared';
import { refersTo, resourcesOf } from './resources';
import { listOf, type Members, membersOf, numberIn } from './told';

/** How many sessions a server takes, and how it grows. Undefined is what only deployment knows. */
export interface DeclaredSize {
  readonly name: string;
  readonly slots: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly task: DeclaredTaskSize;
  readonly queue: { readonly length: number; readonly seconds: number };
  readonly tracking: DeclaredTracking;
  /** What is added where requests wait; empty where nothing is. */
  readonly steps: readonly DeclaredStep[];
  readonly stepCooldownSeconds: number;
  readonly keepIdleSeconds: number | undefined;
}

export interface DeclaredTracking {
  /** Percent of slots in use. */
  readonly target: number | undefined;
  readonly scaleOutCooldownSeconds: number;
  readonly scaleInCooldownSeconds: number;
}

export interface DeclaredStep {
  /** Requests that wait, or were refused. */
  readonly from: number;
  readonly add: number;
}

export interface DeclaredTaskSize {
  readonly vcpu: number | undefined;
  readonly gib: number | undefined;
  readonly processor: 'X86_64' | 'ARM64';
}

/** What a fleet consists of beside its servers. */
export interface DeclaredBase {
  readonly gateways: number;
  readonly gateway: DeclaredTaskSize;
  readonly balancers: number;
}

/** Of ECS services, in seconds (Application Auto Scaling, "Default cooldown"). */
const DEFAULT_COOLDOWN = 300;
const DEFAULT_GATEWAYS = 2;

/** Those that the fleet runs itself. */
export function declaredSizes(fleet: DeclaredFleet): readonly DeclaredSize[] {
  return [...fleet.servers.values()].flatMap(({ name, config, hosted }) => (hosted ? [sizeOf(fleet, { name, config, hosted })] : []));
}

export function declaredBase({ gateway, template }: DeclaredFleet): DeclaredBase {
  return {
    // Those that scale are told as `2 to 10`.
    gateways: Number.parseInt(gateway?.replicas ?? '', 10) || DEFAULT_GATEWAYS,
    gateway: taskSizeOf(gateway?.task),
    balancers: resourcesOf(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').length,
  };
}

function sizeOf(
  fleet: DeclaredFleet,
  { name, config, hosted }: { readonly name: string; readonly config: Members | undefined; readonly hosted: HostedServer },
): DeclaredSize {
  const policies = policiesOf(fleet, hosted.service);
  const tracking = policies.map((policy) => membersOf(policy.TargetTrackingScalingPolicyConfiguration)).find(Boolean);
  const stepping = policies.map((policy) => membersOf(policy.StepScalingPolicyConfiguration)).find(Boolean);
  const queue = membersOf(config?.queue);
  return {
    name,
    slots: hosted.slots,
    min: numberIn(hosted.scaling?.min),
    max: numberIn(hosted.scaling?.max),
    task: taskSizeOf(hosted.task),
    queue: {
      length: numberIn(queue?.length) ?? DEFAULT_QUEUE.length,
      seconds: numberIn(queue?.seconds) ?? DEFAULT_QUEUE.seconds,
    },
    tracking: {
      target: numberIn(tracking?.TargetValue),
      scaleOutCooldownSeconds: numberIn(tracking?.ScaleOutCooldown) ?? DEFAULT_COOLDOWN,
      scaleInCooldownSeconds: numberIn(tracking?.ScaleInCooldown) ?? DEFAULT_COOLDOWN,
    },
    steps: stepsOf(stepping),
    stepCooldownSeconds: numberIn(stepping?.Cooldown) ?? DEFAULT_COOLDOWN,
    keepIdleSeconds: hosted.keepIdleSeconds,
  };
}

function policiesOf({ template }: DeclaredFleet, service: string | undefined): readonly Members[] {
  const targets = resourcesOf(template, 'AWS::ApplicationAutoScaling::ScalableTarget').filter(
    ({ properties }) => service !== undefined && refersTo(properties.ResourceId, service),
  );
  return resourcesOf(template, 'AWS::ApplicationAutoScaling::ScalingPolicy')
    .map(({ properties }) => properties)
    .filter(({ ScalingTargetId }) => targets.some(({ id }) => refersTo(ScalingTargetId, id)));
}

/** The alarm's threshold is no request at all. */
function stepsOf(stepping: Members | undefined): readonly DeclaredStep[] {
  return (listOf(stepping?.StepAdjustments) ?? []).flatMap((step) => {
    const { MetricIntervalLowerBound, ScalingAdjustment } = membersOf(step) ?? {};
    const add = numberIn(ScalingAdjustment) ?? 0;
    return add > 0 ? [{ from: numberIn(MetricIntervalLowerBound) ?? 0, add }] : [];
  });
}

function taskSizeOf(task: DeclaredTask | undefined): DeclaredTaskSize {
  const [cpu, memory] = [numberIn(task?.cpu), numberIn(task?.memory)];
  return {
    vcpu: cpu === undefined ? undefined : cpu / 1024,
    gib: memory === undefined ? undefined : memory / 1024,
    processor: task?.processor === 'ARM64' ? 'ARM64' : 'X86_64',
  };
}
