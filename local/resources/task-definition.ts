import { LocalAccountError } from '../account-error';
import { type ContainerHint, readProgram } from '../ecs/container-program';
import { roleOf, serverOf, type TaskDefinitionProperties } from '../ecs/task-definition';
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
  create: async ({ properties, stack, resource, generatedName, path }, { taskDefinitions, folder }) => {
    const family = properties.Family ?? generatedName;
    const containers = properties.ContainerDefinitions ?? [];
    const hints = (resource.Metadata?.[CONTAINERS] ?? {}) as Readonly<Record<string, ContainerHint>>;
    const unknown = Object.keys(hints).filter((name) => !containers.some(({ Name }) => Name === name));
    if (unknown.length > 0)
      throw new LocalAccountError('INVALID_ASSEMBLY', `Metadata ${CONTAINERS} of ${path} names no container: ${unknown.join(', ')}.`);
    const ref = arn(stack, 'ecs', `task-definition/${family}:1`);
    const server = serverOf(containers);
    taskDefinitions.set(ref, {
      arn: ref,
      family,
      ...(server && { server }),
      containers: await Promise.all(
        containers.map(async (container) => ({
          properties: container,
          program: await readProgram(container, hints[container.Name] ?? {}, stack.assets, folder, `${path}/${container.Name}`),
          role: roleOf(container),
        })),
      ),
    });
    return { ref, attribute: attributes({ TaskDefinitionArn: ref }) };
  },
};
