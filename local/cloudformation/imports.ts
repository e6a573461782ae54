import type { Stack } from '../assembly/cloud-assembly';
import { isBootstrapType, provisionerOf } from '../resources/registry';
import type { DeployedResource } from './deployed';
import type { DeployedStacks } from './deployed-stacks';
import { identifierOf } from './replacements';
import { type ChangeSetRequest, CloudFormationError } from './stacks';

/**
 * Gives what a template imports the addresses that it has there: what a stack has kept behind. Of what has only a name here, nobody
 * can tell whether it exists in an account; it is taken for granted.
 * @throws CloudFormationError for a resource that does not exist
 */
export function takeImports(deployed: DeployedStacks, stack: Stack, { imports = [], importExisting = false }: ChangeSetRequest): void {
  for (const { logicalId, type, identifier } of imports) {
    if (provisionerOf(type) === undefined || isBootstrapType(type)) continue;
    const found = keptAs(deployed, type, Object.values(identifier));
    if (found === undefined)
      throw new CloudFormationError('ValidationError', `${type} with identifier ${JSON.stringify(identifier)} does not exist here`);
    deployed.readdress(found, { stack: stack.name, logicalId });
  }
  if (!importExisting) return;
  for (const [logicalId, { Type, Properties = {} }] of Object.entries(stack.template.Resources)) {
    const [property] = identifierOf(Type);
    const name = property === undefined ? undefined : Properties[property];
    const found = typeof name === 'string' ? keptAs(deployed, Type, [name]) : undefined;
    if (found) deployed.readdress(found, { stack: stack.name, logicalId });
  }
}

function keptAs(deployed: DeployedStacks, type: string, names: readonly string[]): DeployedResource | undefined {
  return [...deployed.retained.values()].find(({ resource, created }) => resource.Type === type && names.includes(created.ref));
}
