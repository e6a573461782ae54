import { LocalAccountError, unsupported } from '../account-error';
import type { Assets } from '../assembly/assets';
import type { Stack } from '../assembly/cloud-assembly';
import { withChildUsers } from '../ecs/child-users';
import { localFolder, type ProgramSources, readProgram } from '../ecs/container-program';
import { withServerCommand } from '../ecs/server-command';
import {
  type ContainerDefinition,
  type ContainerHint,
  type ContainerProgram,
  type ContainerProperties,
  type DeclaredContainers,
  roleOf,
  serverOf,
  type TaskDefinition,
  type TaskRoles,
} from '../ecs/task-definition';
import type { Machinery } from '../machinery';
import { secretProblems } from '../secrets/container-secrets';
import { arn } from './provisioner';

export interface TaskRegistration {
  readonly family: string;
  readonly declared: DeclaredContainers;
  readonly roles: TaskRoles;
  readonly place: Pick<Stack, 'account' | 'region'>;
  readonly assets: Assets;
  /** For messages. */
  readonly path: string;
}

/**
 * Makes the next revision of a family.
 * @throws LocalAccountError for a container that cannot be run here
 */
export async function registerTaskDefinition(
  { family, declared, roles, place, assets, path }: TaskRegistration,
  { taskDefinitions, packages, images, tell, secrets }: Machinery,
): Promise<TaskDefinition> {
  const { containers, hints } = declared;
  const withoutValue = containers.flatMap((container) => secretProblems(container, `${path}/${container.Name}`, secrets));
  if (withoutValue.length > 0) throw unsupported(withoutValue);
  const server = serverOf(containers);
  const definitions = await Promise.all(
    containers.map((container) => {
      const request = { container, hint: hints[container.Name] ?? {}, path: `${path}/${container.Name}` };
      return orNothing(request, readContainer(request, { assets, images, packages }), tell);
    }),
  );
  const made = definitions.filter((definition) => definition !== undefined);
  return taskDefinitions.register({ family, ...(server && { server }), containers: made, declared, roles }, (revision) =>
    arn(place, 'ecs', `task-definition/${family}:${revision}`),
  );
}

interface ContainerRequest {
  readonly container: ContainerProperties;
  readonly hint: ContainerHint;
  readonly path: string;
}

async function readContainer({ container, hint, path }: ContainerRequest, sources: ProgramSources): Promise<ContainerDefinition> {
  const role = roleOf(container);
  const program = await readProgram(container, hint, sources, path, role === 'sidecar');
  return { role, program, properties: propertiesHere(container, hint, program, path), ...(hint.metricless && { metricless: true }) };
}

/** Of a sidecar: with the command that a developer has declared, and children apart from each other where this machine allows it. */
function propertiesHere(container: ContainerProperties, hint: ContainerHint, program: ContainerProgram, path: string): ContainerProperties {
  if (roleOf(container) !== 'sidecar') return container;
  if (!hint.command) return withChildUsers(container, program, { npm: hint.npm });
  const folder = localFolder(hint, path);
  return withServerCommand(withChildUsers(container, program, { folder }), hint.command, folder);
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
