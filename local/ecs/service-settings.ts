import type { TargetGroup } from '../alb/target-group';
import { DEFAULT_CONFIGURATION, type DeploymentConfiguration } from './deployment-configuration';
import type { TaskDefinition } from './task-definition';

export interface ServiceSettings {
  readonly name: string;
  readonly arn: string;
  readonly cluster: string;
  /** `Stack/LogicalId`, by which its network is known; absent for one of no template. */
  readonly id?: string;
  readonly definition: TaskDefinition;
  /** Zones over which tasks are spread. */
  readonly zones: readonly string[];
  /** Whether a task moves to a zone that has too few. */
  readonly balancesZones?: boolean;
  readonly targets: readonly ServiceTarget[];
  /** Seconds after a task's start in which failed target health checks do not count. */
  readonly gracePeriodSeconds: number;
  /** See {@link configurationOf}. */
  readonly deploymentConfiguration?: DeploymentConfiguration;
}

/** Without any of its own, a service is deployed 100/200 and without a circuit breaker. */
export function configurationOf({ deploymentConfiguration = DEFAULT_CONFIGURATION }: ServiceSettings): DeploymentConfiguration {
  return deploymentConfiguration;
}

export interface ServiceTarget {
  readonly group: TargetGroup;
  readonly containerPort: number;
}

/** What a deployment gives to its tasks (ECS, service revision); what else a service is told counts without a deployment. */
export type ServiceRevision = Pick<ServiceSettings, 'definition' | 'targets'>;

export function isSameRevision(a: ServiceRevision, b: ServiceRevision): boolean {
  if (a.definition.arn !== b.definition.arn || a.targets.length !== b.targets.length) return false;
  return a.targets.every(({ group, containerPort }, i) => b.targets[i]?.group === group && b.targets[i]?.containerPort === containerPort);
}
