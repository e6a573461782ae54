import { LocalAccountError, unsupported } from '../account-error';
import { DEFAULT_CIRCUIT_BREAKER, DEFAULT_CONFIGURATION } from '../ecs/deployment-configuration';
import { Service, type ServiceSettings } from '../ecs/service';
import type { Machinery } from '../machinery';
import {
  configurationProblems,
  type DeploymentConfigurationProperties,
  type ForceNewDeploymentProperties,
  forcesNewDeployment,
  readDeploymentConfiguration,
  readsOfConfiguration,
} from './deployment-configuration';
import { arn, attributes, type Created, type Provisioner } from './provisioner';
import { zonesOf } from './service-zones';

/** AWS::ECS::Service, as far as it is read. */
export interface ServiceProperties {
  readonly ServiceName?: string;
  readonly Cluster?: string;
  readonly TaskDefinition: string;
  readonly DesiredCount?: number;
  readonly HealthCheckGracePeriodSeconds?: number;
  readonly LoadBalancers?: readonly { readonly TargetGroupArn: string; readonly ContainerPort: number }[];
  readonly DeploymentConfiguration?: DeploymentConfigurationProperties;
  readonly DeploymentController?: { readonly Type?: string };
  /** Means something to an update only. */
  readonly ForceNewDeployment?: ForceNewDeploymentProperties;
  readonly AvailabilityZoneRebalancing?: string;
}

export const service: Provisioner<ServiceProperties> = {
  phase: 'services',
  noun: ['service', 'services'],
  honours: [
    'ServiceName',
    'Cluster',
    'TaskDefinition',
    'DesiredCount',
    'HealthCheckGracePeriodSeconds',
    'LoadBalancers',
    'DeploymentConfiguration',
    'DeploymentController',
    'ForceNewDeployment',
    'AvailabilityZoneRebalancing',
  ],
  ignores: [
    'CapacityProviderStrategy',
    'EnableECSManagedTags',
    'EnableExecuteCommand',
    'LaunchType',
    'NetworkConfiguration',
    'PlatformVersion',
    'PropagateTags',
    'SchedulingStrategy',
    'PlacementConstraints',
    'PlacementStrategies',
    'Role',
    'Monitoring',
  ],
  reads: (properties) => ({
    ...properties,
    ...(properties.DeploymentConfiguration && { DeploymentConfiguration: readsOfConfiguration(properties.DeploymentConfiguration) }),
  }),
  problems: deploymentProblems,
  create: async ({ properties, resource, stack, generatedName, path }, machinery) => {
    const name = properties.ServiceName ?? generatedName;
    const cluster = (properties.Cluster ?? 'default').replace(/^.*:cluster\//, '');
    const ref = arn(stack, 'ecs', `service/${cluster}/${name}`);
    const zones = zonesOf(resource, stack);
    const made = new Service({ name, arn: ref, cluster, id: path, zones, ...readDeployed(properties, path, machinery) }, machinery.ecs);
    machinery.services.set(ref, made);
    made.scaleTo(Number(properties.DesiredCount ?? 1));
    return describe(made, notHealthy(made.healthy(HEALTHY_WITHIN)));
  },
  update: async ({ properties, path }, { ref, properties: before }, machinery) => {
    const service = machinery.services.get(ref) as Service;
    // A template that names a count resets a scaled service at every update (ECS, UpdateService).
    const desiredCount = properties.DesiredCount === undefined ? {} : { desiredCount: Number(properties.DesiredCount) };
    const forceNewDeployment = forcesNewDeployment(before.ForceNewDeployment, properties.ForceNewDeployment);
    const settings = readDeployed(properties, path, machinery);
    const deploymentConfiguration = { ...DEFAULT_CONFIGURATION, circuitBreaker: IMPATIENCE, ...settings.deploymentConfiguration };
    const change = { ...settings, deploymentConfiguration, ...desiredCount, forceNewDeployment };
    return describe(service, notHealthy(service.deploy(change, { signal: AbortSignal.timeout(DEPLOYED_WITHIN) })));
  },
  delete: async ({ ref }, { services }) => {
    const service = services.get(ref);
    await service?.remove();
    services.delete(ref);
  },
};

/** A service that is not healthy after this many milliseconds fails its start; CloudFormation waits for three hours, nobody here does. */
const HEALTHY_WITHIN = 60_000;
const DEPLOYED_WITHIN = 15 * 60_000;
/** For a template without a circuit breaker: tasks that fail again and again would fail for three hours in AWS. */
const IMPATIENCE = { ...DEFAULT_CIRCUIT_BREAKER, rollback: true };

function describe({ settings: { name, arn: ServiceArn } }: Service, stable: Promise<void>): Created {
  return { ref: ServiceArn, attribute: attributes({ Name: name, ServiceArn }), stable };
}

async function notHealthy(stable: Promise<void>): Promise<void> {
  try {
    await stable;
  } catch (cause) {
    throw new LocalAccountError('NOT_HEALTHY', (cause as Error).message, { cause });
  }
}

/**
 * The settings that an update may change.
 * @throws LocalAccountError for what does not exist, and for what is not honoured
 */
export function readDeployed(
  properties: ServiceProperties,
  path: string,
  { taskDefinitions, targetGroups }: Pick<Machinery, 'taskDefinitions' | 'targetGroups'>,
): Omit<ServiceSettings, 'name' | 'arn' | 'cluster' | 'zones'> {
  const problems = deploymentProblems(properties, path);
  if (problems.length > 0) throw unsupported(problems);
  const definition = taskDefinitions.get(properties.TaskDefinition);
  if (!definition)
    throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names a task definition that does not exist: ${properties.TaskDefinition}.`);
  const targets = (properties.LoadBalancers ?? []).map(({ TargetGroupArn, ContainerPort }) => {
    const group = targetGroups.get(TargetGroupArn);
    if (!group) throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names a target group that does not exist: ${TargetGroupArn}.`);
    return { group, containerPort: Number(ContainerPort) };
  });
  return {
    definition,
    targets,
    gracePeriodSeconds: Number(properties.HealthCheckGracePeriodSeconds ?? 0),
    deploymentConfiguration: readDeploymentConfiguration(properties.DeploymentConfiguration ?? {}, path),
    balancesZones: properties.AvailabilityZoneRebalancing === 'ENABLED',
  };
}

/** Properties may be unresolved here: what only a parameter tells is judged when the service is made. */
function deploymentProblems({ DeploymentConfiguration = {}, DeploymentController = {} }: ServiceProperties, path: string): string[] {
  const { Type = 'ECS' } = DeploymentController;
  const controller = typeof Type === 'string' && Type !== 'ECS' ? [`the deployment controller ${Type} of ${path}; it has ECS`] : [];
  return [...configurationProblems(DeploymentConfiguration, path), ...controller];
}
