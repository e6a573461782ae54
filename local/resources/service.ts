import { LocalAccountError } from '../account-error';
import { Service } from '../ecs/service';
import { arn, attributes, type Provisioner } from './provisioner';

/** AWS::ECS::Service, as far as it is read. */
interface ServiceProperties {
  readonly ServiceName?: string;
  readonly Cluster?: string;
  readonly TaskDefinition: string;
  readonly DesiredCount?: number;
  readonly HealthCheckGracePeriodSeconds?: number;
  readonly LoadBalancers?: readonly { readonly TargetGroupArn: string; readonly ContainerPort: number }[];
}

const ZONES = ['a', 'b', 'c'];

export const service: Provisioner<ServiceProperties> = {
  phase: 'services',
  noun: ['service', 'services'],
  honours: ['ServiceName', 'Cluster', 'TaskDefinition', 'DesiredCount', 'HealthCheckGracePeriodSeconds', 'LoadBalancers'],
  ignores: [
    'AvailabilityZoneRebalancing',
    'CapacityProviderStrategy',
    'DeploymentConfiguration',
    'DeploymentController',
    'EnableECSManagedTags',
    'EnableExecuteCommand',
    'LaunchType',
    'NetworkConfiguration',
    'PlatformVersion',
    'PropagateTags',
    'SchedulingStrategy',
    'ForceNewDeployment',
    'PlacementConstraints',
    'PlacementStrategies',
    'Role',
    'Monitoring',
  ],
  create: async ({ properties, stack, generatedName, path }, { services, taskDefinitions, targetGroups, ecs }) => {
    const name = properties.ServiceName ?? generatedName;
    const cluster = (properties.Cluster ?? 'default').replace(/^.*:cluster\//, '');
    const ref = arn(stack, 'ecs', `service/${cluster}/${name}`);
    const definition = taskDefinitions.get(properties.TaskDefinition);
    if (!definition)
      throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names a task definition that does not exist: ${properties.TaskDefinition}.`);
    const targets = (properties.LoadBalancers ?? []).map(({ TargetGroupArn, ContainerPort }) => {
      const group = targetGroups.get(TargetGroupArn);
      if (!group) throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names a target group that does not exist: ${TargetGroupArn}.`);
      return { group, containerPort: Number(ContainerPort) };
    });
    const made = new Service(
      {
        name,
        arn: ref,
        cluster,
        definition,
        zones: ZONES.map((zone) => stack.region + zone),
        targets,
        gracePeriodSeconds: Number(properties.HealthCheckGracePeriodSeconds ?? 0),
      },
      ecs,
    );
    services.set(ref, made);
    made.scaleTo(Number(properties.DesiredCount ?? 1));
    return { ref, attribute: attributes({ Name: name, ServiceArn: ref }), stable: healthy(made) };
  },
  delete: async ({ ref }, { services }) => {
    const service = services.get(ref);
    services.delete(ref);
    await service?.stop({ drainMs: 500, stopMs: 5000 });
  },
};

/** A service that is not healthy after this many milliseconds fails its deployment. */
const HEALTHY_WITHIN = 60_000;

async function healthy(service: Service): Promise<void> {
  try {
    await service.healthy(HEALTHY_WITHIN);
  } catch (cause) {
    throw new LocalAccountError('NOT_HEALTHY', (cause as Error).message, { cause });
  }
}
