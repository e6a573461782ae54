import { LocalAccountError } from '../account-error';
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
import { arn, attributes, type Provisioner } from './provisioner';

/** Metadata key under which the constructs say how a container runs where its image cannot. */
const CONTAINERS = 'cdk-mcp-fleet:containers';

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
    'Tags',
  ],
  create: async ({ properties, stack, resource, generatedName, path }, { taskDefinitions, packages, images, tell }) => {
    const family = properties.Family ?? generatedName;
    const containers = properties.ContainerDefinitions ?? [];
    const hints = (resource.Metadata?.[CONTAINERS] ?? {}) as Readonly<Record<string, ContainerHint>>;
    const unknown = Object.keys(hints).filter((name) => !containers.some(({ Name }) => Name === name));
    if (unknown.length > 0)
      throw new LocalAccountError('INVALID_ASSEMBLY', `Metadata ${CONTAINERS} of ${path} names no container: ${unknown.join(', ')}.`);
    const ref = arn(stack, 'ecs', `task-definition/${family}:1`);
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
};

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
