import type { ContainerProperties } from '../ecs/task-definition';
import type { Plan } from '../plan';
import { readProperties } from '../resources/provisioner';
import { provisionerOf } from '../resources/registry';
import { resolveIntrinsics } from '../template/intrinsics';
import { needsOf } from '../template/needs';
import { scopeOf, type World } from '../template/scope';
import { secretProblems } from './container-secrets';
import type { SecretStore } from './secret-store';

/**
 * The secrets that running containers take and no stack makes, as far as they have no value; known before anything is started.
 * @param store one that holds only what was given
 */
export function importedSecretProblems({ runs }: Plan, world: World, store: SecretStore): string[] {
  return world.assembly.stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources).flatMap(([logicalId, resource]) => {
      const provisioner = provisionerOf(resource.Type);
      if (resource.Type !== 'AWS::ECS::TaskDefinition' || !provisioner || !runs({ stack: stack.name, logicalId })) return [];
      const { ContainerDefinitions = [] } = readProperties(provisioner, resource) as { ContainerDefinitions?: ContainerProperties[] };
      return ContainerDefinitions.flatMap((container) => {
        const path = `${stack.name}/${logicalId}/${container.Name}`;
        const imported = (container.Secrets ?? []).filter(({ ValueFrom }) => needsOf(ValueFrom, stack, path, world).length === 0);
        const Secrets = resolveIntrinsics(imported, scopeOf(stack, world), path) as ContainerProperties['Secrets'];
        return secretProblems({ ...container, Secrets: Secrets ?? [] }, path, store);
      });
    }),
  );
}
