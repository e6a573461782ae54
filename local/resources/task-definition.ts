import { LocalAccountError, unsupported } from '../account-error';
import { type ContainerHint, localFolder, type ProgramSources, readProgram } from '../ecs/container-program';
import { withServerCommand } from '../ecs/server-command';
import {
  type ContainerDefinition,
  type ContainerProperties,
  roleOf,
  serverOf,
  type TaskDefinitionProperties,
} from '../ecs/task-definition';
import type { Machinery } from '../machinery';
import { secretProblems } from '../secrets/container-secrets';
import { arn, attributes, type Provisioner } from './provisioner';

/** Metadata key under which the constructs say how a container runs where its image cannot. */
const CONTAINERS = 'cdk-mcp-fleet:containers';

/** What is read of a container. */
const CONTAINER_HONOURS = [
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
  honours: ['Family', 'ContainerDefinitions'],
  ignores: [
    'Cpu',
    'Memory',
    'NetworkMode',
    'RequiresCompatibilities',
    'RuntimePlatform',
    'ExecutionRoleArn',
    'TaskRoleArn',
    'EphemeralStorage',
    'EnableFaultInjection',
  ],
  reads: ({ ContainerDefinitions = [], ...rest }, { Metadata }) => ({
    ...rest,
    ContainerDefinitions: ContainerDefinitions.map((container) => {
      const replaced = hintsOf(Metadata)[container.Name]?.command !== undefined && roleOf(container) === 'server';
      const members = Object.entries(container).filter(([name]) => CONTAINER_HONOURS.includes(name));
      return Object.fromEntries([...members, ...(replaced ? [['Image', 'replaced']] : [])]) as ContainerProperties;
    }),
  }),
  problems: ({ ContainerDefinitions = [] }, path) =>
    ContainerDefinitions.flatMap((container) =>
      CONTAINER_REFUSES.filter((name) => !isEmpty(Reflect.get(container, name))).map(
        (name) => `the property ${name} of container ${container.Name} of ${path}`,
      ),
    ),
  create: async ({ properties, stack, resource, generatedName, path }, { taskDefinitions, packages, images, tell, secrets }) => {
    const family = properties.Family ?? generatedName;
    const containers = properties.ContainerDefinitions ?? [];
    const hints = hintsOf(resource.Metadata);
    const unknown = Object.keys(hints).filter((name) => !containers.some(({ Name }) => Name === name));
    if (unknown.length > 0)
      throw new LocalAccountError('INVALID_ASSEMBLY', `Metadata ${CONTAINERS} of ${path} names no container: ${unknown.join(', ')}.`);
    const withoutValue = containers.flatMap((container) => secretProblems(container, `${path}/${container.Name}`, secrets));
    if (withoutValue.length > 0) throw unsupported(withoutValue);
    const ref = arn(stack, 'ecs', `task-definition/${family}:${nextRevision(family, taskDefinitions)}`);
    const server = serverOf(containers);
    const definitions = await Promise.all(
      containers.map((container) => {
        const request = { container, hint: hints[container.Name] ?? {}, path: `${path}/${container.Name}` };
        return orNothing(request, readContainer(request, { assets: stack.assets, images, packages }), tell);
      }),
    );
    taskDefinitions.set(ref, { arn: ref, family, ...(server && { server }), containers: definitions.filter((made) => made !== undefined) });
    return { ref, attribute: attributes({ TaskDefinitionArn: ref }) };
  },
  delete: async ({ ref }, { taskDefinitions }) => void taskDefinitions.delete(ref),
};

function nextRevision(family: string, taskDefinitions: Machinery['taskDefinitions']): number {
  const own = [...taskDefinitions.values()].filter((definition) => definition.family === family);
  return Math.max(0, ...own.map(({ arn }) => Number(arn.split(':').at(-1)))) + 1;
}

function hintsOf(metadata: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, ContainerHint>> {
  return (metadata?.[CONTAINERS] ?? {}) as Readonly<Record<string, ContainerHint>>;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

interface ContainerRequest {
  readonly container: ContainerProperties;
  readonly hint: ContainerHint;
  readonly path: string;
}

async function readContainer({ container, hint, path }: ContainerRequest, sources: ProgramSources): Promise<ContainerDefinition> {
  const role = roleOf(container);
  const program = await readProgram(container, hint, sources, path, role === 'sidecar');
  return {
    role,
    program,
    properties: hint.command && role === 'sidecar' ? withServerCommand(container, hint.command, localFolder(hint, path)) : container,
  };
}

/** A task goes on without a container that is not essential: where only Docker can run that one, it is left out and told of. */
async function orNothing(
  { container, path }: ContainerRequest,
  definition: Promise<ContainerDefinition>,
  tell: Machinery['tell'],
): Promise<ContainerDefinition | undefined> {
  try {
    return await definition;
  } catch (error) {
    if (container.Essential !== false || !LocalAccountError.is(error) || error.code !== 'UNSUPPORTED') throw error;
    tell('not run here', `container ${path} (${container.Image}), which is not essential`);
    return undefined;
  }
}
