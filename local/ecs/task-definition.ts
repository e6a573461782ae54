import { FLEET_CONFIG_VARIABLE, SIDECAR_CONFIG_VARIABLE } from '../../core/fleet-config';
import type { Role } from '../local-account';
import type { NpmPackage } from './npm-package';

/** AWS::ECS::TaskDefinition, as far as it is read. */
export interface TaskDefinitionProperties {
  readonly Family?: string;
  readonly TaskRoleArn?: string;
  readonly ExecutionRoleArn?: string;
  readonly ContainerDefinitions?: readonly ContainerProperties[];
}

export interface ContainerProperties {
  readonly Name: string;
  readonly Image: string;
  readonly Essential?: boolean;
  readonly EntryPoint?: readonly string[];
  readonly Command?: readonly string[];
  readonly WorkingDirectory?: string;
  readonly Environment?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Secrets?: readonly { readonly Name: string; readonly ValueFrom: string }[];
  readonly PortMappings?: readonly { readonly ContainerPort: number }[];
  readonly DependsOn?: readonly { readonly ContainerName: string; readonly Condition: Condition }[];
  readonly HealthCheck?: HealthCheckProperties;
  readonly StopTimeout?: number;
  readonly LogConfiguration?: { readonly Options?: Readonly<Record<string, string>> };
}

export interface HealthCheckProperties {
  readonly Command: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly Retries?: number;
  readonly StartPeriod?: number;
}

export type Condition = 'START' | 'HEALTHY' | 'COMPLETE' | 'SUCCESS';

/** What the constructs say of a container whose image cannot be run from its files alone. */
export interface ContainerHint {
  readonly npm?: NpmPackage & { readonly bin?: string };
  /** Runs in place of the image, or, for a sidecar, in place of the server's command. */
  readonly command?: readonly string[];
  /** The server's own folder, relative to the app's. */
  readonly directory?: string;
  /** Whether its lines are in a log group in which CloudWatch looks for no metrics. */
  readonly metricless?: boolean;
  /** Of an image: the folder that it is built from, relative to the app's; told only to who watches it. */
  readonly builtFrom?: string;
}

/** How a container runs as a process of this machine. */
export interface ContainerProgram {
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Folders that come first on the PATH. */
  readonly path: readonly string[];
  /** Folder that stands for the root of its image; absent where no image is laid out. */
  readonly root?: string;
}

/** One container of a task definition: what the template says, and what runs it here. */
export interface ContainerDefinition {
  readonly properties: ContainerProperties;
  readonly program: ContainerProgram;
  readonly role: Role;
  /** As {@link ContainerHint.metricless}. */
  readonly metricless?: boolean;
}

/** ARNs of the roles of a task. */
export interface TaskRoles {
  /** Its containers': without one they have no credentials. */
  readonly task?: string;
  /** By which ECS makes it. */
  readonly execution?: string;
}

export interface TaskDefinition {
  readonly arn: string;
  readonly roles?: TaskRoles;
  readonly family: string;
  /** The server of the fleet that its sidecar names. */
  readonly server?: string;
  readonly containers: readonly ContainerDefinition[];
  /** What it was made from. */
  readonly declared: DeclaredContainers;
}

export interface DeclaredContainers {
  readonly containers: readonly ContainerProperties[];
  /** By name of a container. */
  readonly hints: Readonly<Record<string, ContainerHint>>;
}

/** The number at the end of its ARN. */
export function revisionOf({ arn }: TaskDefinition): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}

export function environmentOf(container: ContainerProperties): Record<string, string> {
  return Object.fromEntries((container.Environment ?? []).map(({ Name, Value }) => [Name, String(Value)]));
}

/** Which program of the fleet a container is; the configuration that it is given tells. */
export function roleOf(container: ContainerProperties): Role {
  const environment = environmentOf(container);
  if (FLEET_CONFIG_VARIABLE in environment) return 'gateway';
  return SIDECAR_CONFIG_VARIABLE in environment ? 'sidecar' : 'server';
}

/** The server that the sidecar among these containers stands beside. */
export function serverOf(containers: readonly ContainerProperties[]): string | undefined {
  for (const container of containers) {
    const config = environmentOf(container)[SIDECAR_CONFIG_VARIABLE];
    if (config) return (JSON.parse(config) as { server?: string }).server;
  }
  return undefined;
}

/** Every port that a container of the task listens on, as the template numbers it. */
export function portsOf(containers: readonly ContainerDefinition[]): number[] {
  const mapped = containers.flatMap(({ properties }) => (properties.PortMappings ?? []).map(({ ContainerPort }) => Number(ContainerPort)));
  const told = containers.map(({ properties }) => Number(environmentOf(properties).PORT)).filter((port) => port > 0);
  return [...new Set([...mapped, ...told])];
}
