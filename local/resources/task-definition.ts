import { LocalAccountError } from '../account-error';
import {
  type ContainerHint,
  type ContainerProperties,
  roleOf,
  type TaskDefinitionProperties,
  type TaskRoles,
} from '../ecs/task-definition';
import { QUOTAS } from '../quotas';
import { metriclessContainers } from './log-group';
import { attributes, type Provisioner } from './provisioner';
import { registerTaskDefinition } from './task-registration';

/** Metadata key under which the constructs say how a container runs where its image cannot. */
const CONTAINERS = 'cdk-mcp-fleet:containers';

/** What is read of a container. */
export const CONTAINER_HONOURS = [
  'Name',
  'Image',
  'Essential',
  'EntryPoint',
  'Command',
  'WorkingDirectory',
  'Environment',
  'Secrets',
  'PortMappings',
  'DependsOn',
  'HealthCheck',
  'StopTimeout',
];
/** Of where a container logs only the group is read: who looks after a fleet on AWS reads there. */
const LOG_GROUP = 'awslogs-group';
/** What would give a container other files, variables or hosts than it has here. */
const CONTAINER_REFUSES = [
  'CredentialSpecs',
  'EnvironmentFiles',
  'ExtraHosts',
  'FirelensConfiguration',
  'Links',
  'MountPoints',
  'VolumesFrom',
];

export const taskDefinition: Provisioner<TaskDefinitionProperties> = {
  phase: 'services',
  noun: ['task definition', 'task definitions'],
  honours: ['Family', 'ContainerDefinitions', 'TaskRoleArn', 'ExecutionRoleArn'],
  ignores: ['Cpu', 'Memory', 'NetworkMode', 'RequiresCompatibilities', 'RuntimePlatform', 'EphemeralStorage', 'EnableFaultInjection'],
  reads: ({ ContainerDefinitions = [], ...rest }, { Metadata }) => ({
    ...rest,
    ContainerDefinitions: ContainerDefinitions.map((container) => {
      const replaced = hintsOf(Metadata)[container.Name]?.command !== undefined && roleOf(container) === 'server';
      const members = Object.entries(container).filter(([name]) => CONTAINER_HONOURS.includes(name));
      const group = container.LogConfiguration?.Options?.[LOG_GROUP];
      return Object.fromEntries([
        ...members,
        ...(replaced ? [['Image', 'replaced']] : []),
        ...(group === undefined ? [] : [['LogConfiguration', { Options: { [LOG_GROUP]: group } }]]),
      ]) as ContainerProperties;
    }),
  }),
  problems: ({ ContainerDefinitions = [] }, path) =>
    ContainerDefinitions.flatMap((container) =>
      CONTAINER_REFUSES.filter((name) => !isEmpty(Reflect.get(container, name))).map(
        (name) => `the property ${name} of container ${container.Name} of ${path}`,
      ),
    ),
  create: async ({ properties, stack, resource, generatedName, path }, machinery) => {
    const containers = properties.ContainerDefinitions ?? [];
    const size = sizeOfDefinition(properties);
    if (size > QUOTAS.taskDefinition.most)
      throw new LocalAccountError(
        'CREATE_FAILED',
        `${path}: Actual length: '${size}'. Max allowed length is '${QUOTAS.taskDefinition.most}' bytes.`,
      );
    const hints = hintsOf(resource.Metadata);
    const unknown = Object.keys(hints).filter((name) => !containers.some(({ Name }) => Name === name));
    if (unknown.length > 0)
      throw new LocalAccountError('INVALID_ASSEMBLY', `Metadata ${CONTAINERS} of ${path} names no container: ${unknown.join(', ')}.`);
    const request = {
      family: properties.Family ?? generatedName,
      declared: { containers, hints: { ...hints, ...metriclessContainers(resource, stack.template, hints) } },
      roles: rolesOf(properties),
      place: stack,
      assets: stack.assets,
      path,
    };
    const { arn: ref } = await registerTaskDefinition(request, machinery);
    return { ref, attribute: attributes({ TaskDefinitionArn: ref }) };
  },
  delete: async ({ ref }, { taskDefinitions }) => taskDefinitions.delete(ref),
};

/** As it is registered: without blanks, in bytes. */
export function sizeOfDefinition(definition: object): number {
  return Buffer.byteLength(JSON.stringify(definition));
}

/** Of a task definition, as a template or a request names them. */
export function rolesOf({ TaskRoleArn, ExecutionRoleArn }: Pick<TaskDefinitionProperties, 'TaskRoleArn' | 'ExecutionRoleArn'>): TaskRoles {
  return { ...(TaskRoleArn && { task: TaskRoleArn }), ...(ExecutionRoleArn && { execution: ExecutionRoleArn }) };
}

function hintsOf(metadata: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, ContainerHint>> {
  return (metadata?.[CONTAINERS] ?? {}) as Readonly<Record<string, ContainerHint>>;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}
