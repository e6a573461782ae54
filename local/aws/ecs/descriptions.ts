import { DEFAULT_CONFIGURATION, type DeploymentConfiguration } from '../../ecs/deployment-configuration';
import type { EcsMachine } from '../../ecs/machine';
import type { Service } from '../../ecs/service';
import type { Task } from '../../ecs/task';
import { clusterArn } from './cluster';

type Place = Pick<EcsMachine, 'region' | 'account'>;

export function describeService(service: Service, place: Place): object {
  const { settings, desiredCount } = service;
  const deployments = service.deployments();
  const sum = (of: 'running' | 'pending'): number => deployments.reduce((count, deployment) => count + deployment[of], 0);
  return {
    serviceArn: settings.arn,
    serviceName: settings.name,
    clusterArn: clusterArn(settings.cluster, place),
    status: 'ACTIVE',
    launchType: 'FARGATE',
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'ECS' },
    taskDefinition: settings.definition.arn,
    desiredCount,
    runningCount: sum('running'),
    pendingCount: sum('pending'),
    healthCheckGracePeriodSeconds: settings.gracePeriodSeconds,
    loadBalancers: settings.targets.map(({ group, containerPort }) => ({ targetGroupArn: group.settings.arn, containerPort })),
    deploymentConfiguration: describeConfiguration(settings.deploymentConfiguration),
    deployments: deployments.map(({ desired, pending, running, failed, createdAt, updatedAt, ...said }) => ({
      ...said,
      desiredCount: desired,
      pendingCount: pending,
      runningCount: running,
      failedTasks: failed,
      launchType: 'FARGATE',
      createdAt: seconds(createdAt),
      updatedAt: seconds(updatedAt),
    })),
    events: service.events().map(({ createdAt, ...event }) => ({ ...event, createdAt: seconds(createdAt) })),
  };
}

/** A service that does not run here: steady, with no task. */
export function describeNamedService(arn: string, place: Place): object {
  const [, cluster = '', name = cluster] = arn.split('/');
  const none = { desiredCount: 0, runningCount: 0, pendingCount: 0 };
  return {
    ...none,
    serviceArn: arn,
    serviceName: name,
    clusterArn: clusterArn(cluster, place),
    status: 'ACTIVE',
    deployments: [{ ...none, id: 'ecs-svc/0', status: 'PRIMARY', rolloutState: 'COMPLETED' }],
    events: [],
  };
}

export function describeTask(task: Task, service: Service, place: Place): object {
  const { KnownStatus, DesiredStatus, AvailabilityZone } = task.metadata();
  return {
    taskArn: task.arn,
    clusterArn: clusterArn(service.settings.cluster, place),
    taskDefinitionArn: task.definition.arn,
    group: `service:${service.settings.name}`,
    startedBy: task.startedBy,
    launchType: 'FARGATE',
    availabilityZone: AvailabilityZone,
    lastStatus: KnownStatus,
    desiredStatus: DesiredStatus,
    containers: task.containers.map((container) => ({
      containerArn: `${task.arn.replace(':task/', ':container/')}/${container.name}`,
      taskArn: task.arn,
      name: container.name,
      image: container.definition.properties.Image,
      lastStatus: container.pid === undefined ? (KnownStatus === 'PENDING' ? 'PENDING' : 'STOPPED') : 'RUNNING',
      healthStatus: container.health.status,
    })),
  };
}

function describeConfiguration({ circuitBreaker, ...percents }: DeploymentConfiguration = DEFAULT_CONFIGURATION): object {
  const breaker = { enable: circuitBreaker !== undefined, rollback: circuitBreaker?.rollback ?? false };
  return { ...percents, deploymentCircuitBreaker: breaker, strategy: 'ROLLING' };
}

/** Since 1970, as the protocol has times. */
function seconds(date: Date): number {
  return date.getTime() / 1000;
}
