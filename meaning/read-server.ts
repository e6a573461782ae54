import { SIDECAR_CONFIG_VARIABLE } from '../core/fleet-config';
import type { Template } from '../local/assembly/template';
import type { DeclaredServer, HostedServer } from './declared';
import { permissionsOfTask } from './read-permissions';
import { readTask } from './read-task';
import { type Container, containersOf, refersTo, resourcesOf } from './resources';
import { documentOf, textOf } from './symbolic';
import { listOf, type Members, membersOf, numberIn, textIn } from './told';

/** A sidecar, the server that it stands beside, and the fleet of both. */
export interface SidecarAt {
  readonly fleet: string;
  readonly server: string;
  readonly config: Members;
  readonly container: Container;
}

export function sidecarsIn(template: Template): readonly SidecarAt[] {
  return containersOf(template).flatMap((container) => {
    const config = membersOf(documentOf(container.environment.get(SIDECAR_CONFIG_VARIABLE)));
    const [fleet, server] = [textIn(config?.fleet), textIn(config?.server)];
    return config && fleet !== undefined && server !== undefined ? [{ fleet, server, config, container }] : [];
  });
}

export function readServer(
  template: Template,
  name: string,
  { config, sidecar, checks }: { config: Members | undefined; sidecar: SidecarAt | undefined; checks: string },
): DeclaredServer {
  return { name, config, remoteUrl: textIn(config?.remoteUrl), hosted: sidecar && readHosted(template, sidecar), checks };
}

function readHosted(template: Template, { config, container }: SidecarAt): HostedServer {
  const { task } = container;
  const runtime = membersOf(config.runtime) ?? {};
  // Over HTTP the server is the container beside the sidecar; on stdio it is the sidecar's child.
  const server = containersOf(template).find((other) => other.task.id === task.id && other.name === 'server') ?? container;
  const service = resourcesOf(template, 'AWS::ECS::Service').find(({ properties }) => refersTo(properties.TaskDefinition, task.id));
  return {
    task: readTask(server),
    service: service?.id,
    startGraceSeconds: numberIn(service?.properties.HealthCheckGracePeriodSeconds),
    runtime: textIn(runtime.kind) ?? '',
    start: runtime.kind === 'http' ? [textOf(runtime.url)] : (listOf(runtime.command) ?? []).map(textOf),
    slots: numberIn(config.slots),
    // The constructs leave it out where none is kept.
    warm: numberIn(config.warm ?? 0),
    keepIdleSeconds: numberIn(config.keepIdleSeconds),
    drainSeconds: numberIn(config.drainSeconds),
    deployWithinSeconds: numberIn(config.deployWithinSeconds),
    scaling: service && scalingOf(template, service.id),
    permissions: permissionsOfTask(template, task),
  };
}

/** How a service scales. */
export function scalingOf(template: Template, service: string): HostedServer['scaling'] {
  const target = resourcesOf(template, 'AWS::ApplicationAutoScaling::ScalableTarget').find(({ properties }) =>
    refersTo(properties.ResourceId, service),
  );
  if (target === undefined) return undefined;
  const policies = resourcesOf(template, 'AWS::ApplicationAutoScaling::ScalingPolicy').filter(({ properties }) =>
    refersTo(properties.ScalingTargetId, target.id),
  );
  const tracking = policies.map(({ properties }) => membersOf(properties.TargetTrackingScalingPolicyConfiguration)).find(Boolean);
  const { MinCapacity, MaxCapacity } = target.properties;
  return { min: textOf(MinCapacity), max: textOf(MaxCapacity), target: textOf(tracking?.TargetValue) };
}
