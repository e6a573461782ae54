import { LocalAccountError } from '../account-error';
import type { Stack } from '../assembly/cloud-assembly';
import { addressText } from '../assembly/template';
import type { Plan } from '../plan';
import { readProperties } from '../resources/provisioner';
import { provisionerOf } from '../resources/registry';
import { resolveIntrinsics } from '../template/intrinsics';
import { scopeOf, type World } from '../template/scope';
import { collisionsOf } from './collisions';
import type { DeployedResources } from './deployed';

export interface Judged {
  readonly before: readonly Stack[];
  readonly after: readonly Stack[];
  /** Names of the stacks that change; those that import of the others must find what they import. */
  readonly changing: ReadonlySet<string>;
  /** The stacks as they shall be. */
  readonly world: World;
}

/** @throws LocalAccountError with everything that AWS would refuse of a change, in its words where they can be quoted */
export function refuseCollisions({ before, after, changing, world }: Judged): void {
  const imported = new Set(after.filter(({ name }) => !changing.has(name)).flatMap((stack) => importsOf(stack, world)));
  const found = before.flatMap((stack) => {
    const next = after.find(({ name }) => name === stack.name)?.template ?? { Resources: {} };
    return collisionsOf(stack.template, next, imported).map(({ what, why, fix }) => `  - ${stack.name}: ${what} ${why} ${fix}`);
  });
  if (found.length > 0)
    throw new LocalAccountError('REFUSED', `CloudFormation would refuse this change; nothing was changed.\n${found.join('\n')}`);
}

/** Changes that AWS makes and this machine cannot, in words. */
export function unchangeableIn(after: readonly Stack[], resources: DeployedResources, plan: Pick<Plan, 'runs'>): string[] {
  return after.flatMap((stack) =>
    Object.entries(stack.template.Resources).flatMap(([logicalId, resource]) => {
      const address = { stack: stack.name, logicalId };
      const path = addressText(address);
      const before = resources.get(path);
      const provisioner = provisionerOf(resource.Type);
      if (!before?.runs || !provisioner?.unchangeable || !plan.runs(address)) return [];
      return provisioner.unchangeable(readProperties(provisioner, resource), readProperties(provisioner, before.resource), path);
    }),
  );
}

function importsOf(stack: Stack, world: World): string[] {
  const found: string[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, item] of Object.entries(value)) {
      if (name === 'Fn::ImportValue') found.push(String(resolveIntrinsics(item, scopeOf(stack, world), stack.name)));
      else look(item);
    }
  };
  look(stack.template.Resources);
  return found;
}
