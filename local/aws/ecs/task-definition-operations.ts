import type { ContainerProperties, TaskDefinition } from '../../ecs/task-definition';
import { revisionOf } from '../../ecs/task-definition';
import type { Machinery } from '../../machinery';
import { QUOTAS } from '../../quotas';
import { arn, refusedProperties } from '../../resources/provisioner';
import { CONTAINER_HONOURS, rolesOf, sizeOfDefinition, taskDefinition } from '../../resources/task-definition';
import { registerTaskDefinition } from '../../resources/task-registration';
import { AwsError, notImplemented } from '../aws-error';
import { type JsonOperations, type JsonRequest, listOf, requiredText, textOf } from '../json-service';
import type { IsNameOnly } from '../name-only';
import { page } from '../pages';
import { hintsAfter } from './hints';
import { capitalized, uncapitalized } from './member-names';

const FAMILY = /^[\w-]{1,255}$/;

export function taskDefinitionOperations(machinery: Machinery, isNameOnly: IsNameOnly): JsonOperations {
  const { taskDefinitions, publishing, ecs } = machinery;
  return {
    DescribeTaskDefinition: (request) => {
      const found = taskDefinitions.find(requiredText(request, 'taskDefinition'));
      if (!found) throw new AwsError('ClientException', 'Unable to describe task definition.');
      return { taskDefinition: described(found) };
    },
    ListTaskDefinitions: (request) => {
      const family = textOf(request, 'familyPrefix');
      const all = taskDefinitions.all().filter((each) => family === undefined || each.family === family);
      const list = JSON.stringify(['ListTaskDefinitions', family]);
      const { items, nextToken } = page(all, ({ arn }) => arn, { list, token: textOf(request, 'nextToken') });
      return { taskDefinitionArns: items.map(({ arn }) => arn), nextToken };
    },
    RegisterTaskDefinition: async (request) => {
      const family = requiredText(request, 'family');
      const size = sizeOfDefinition(request);
      if (size > QUOTAS.taskDefinition.most)
        throw new AwsError('ClientException', `Actual length: '${size}'. Max allowed length is '${QUOTAS.taskDefinition.most}' bytes.`);
      if (!FAMILY.test(family)) throw new AwsError('ClientException', `"${family}" is no name of a family.`);
      const before = taskDefinitions.latest(family);
      if (before === undefined && isNameOnly('AWS::ECS::TaskDefinition', family))
        return { taskDefinition: { family, status: 'ACTIVE', taskDefinitionArn: arn(ecs, 'ecs', `task-definition/${family}:0`) } };
      const containers = containersOf(request);
      const assets = { file: () => undefined, fileNamedIn: () => undefined, image: (uri: string) => publishing.images.pushed(uri) };
      const hints = hintsAfter(before?.declared.hints ?? {}, containers, assets);
      const roles = rolesOf(capitalized(request) as JsonRequest);
      const registration = { family, declared: { containers, hints }, roles, place: ecs, assets, path: family };
      return { taskDefinition: described(await registerTaskDefinition(registration, machinery)) };
    },
    DeregisterTaskDefinition: (request) => {
      const found = taskDefinitions.find(requiredText(request, 'taskDefinition'));
      if (!found) throw new AwsError('ClientException', 'Unable to describe task definition.');
      taskDefinitions.delete(found.arn);
      return { taskDefinition: { ...described(found), status: 'INACTIVE' } };
    },
  };
}

/** The containers as a template would have them; what it may not say is refused here, too. */
function containersOf(request: JsonRequest): readonly ContainerProperties[] {
  const properties = capitalized(withoutEmpty(request)) as JsonRequest;
  const given = listOf(properties, 'ContainerDefinitions') as readonly ContainerProperties[];
  if (given.length === 0) throw new AwsError('ClientException', 'Container list cannot be empty.');
  const refused = refusedProperties(taskDefinition, properties).map((name) => `${name} of ecs:RegisterTaskDefinition`);
  const problems = [...refused, ...(taskDefinition.problems?.({ ContainerDefinitions: given }, 'ecs:RegisterTaskDefinition') ?? [])];
  if (problems.length > 0) throw notImplemented(problems.join(', '));
  return given.map((container) => {
    if (typeof container.Name !== 'string' || typeof container.Image !== 'string')
      throw new AwsError('ClientException', 'Container.name and Container.image should not be null.');
    return Object.fromEntries(
      Object.entries(container).filter(([name]) => CONTAINER_HONOURS.includes(name)),
    ) as unknown as ContainerProperties;
  });
}

/** Without what says nothing: `volumes: []` of a definition that was described before it is registered again. */
function withoutEmpty(request: JsonRequest): JsonRequest {
  return Object.fromEntries(
    Object.entries(request).filter(([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)),
  );
}

/** As far as it is read: what means nothing on one machine is not kept. */
function described(definition: TaskDefinition): object {
  const { arn, family, declared, roles = {} } = definition;
  return {
    taskDefinitionArn: arn,
    family,
    revision: Number(revisionOf(definition)),
    status: 'ACTIVE',
    networkMode: 'awsvpc',
    compatibilities: ['FARGATE'],
    requiresCompatibilities: ['FARGATE'],
    volumes: [],
    placementConstraints: [],
    containerDefinitions: uncapitalized(declared.containers),
    ...(roles.task !== undefined && { taskRoleArn: roles.task }),
    ...(roles.execution !== undefined && { executionRoleArn: roles.execution }),
  };
}
