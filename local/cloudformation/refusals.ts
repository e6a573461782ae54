import { LocalAccountError } from '../account-error';
import type { Stack } from '../assembly/cloud-assembly';
import { addressText } from '../assembly/template';
import type { Plan } from '../plan';
import { readProperties } from '../resources/provisioner';
import { provisionerOf } from '../resources/registry';
import { collisionsOf } from './collisions';
import type { DeployedResources } from './deployed';
import { type ExportsParts, exportsInUse } from './exports-in-use';
import { Foresight } from './foresight';
import { outputsOf } from './outputs';

export interface Judged extends Pick<ExportsParts, 'before' | 'after' | 'changing'> {
  readonly resources: DeployedResources;
}

/** @throws LocalAccountError with everything that AWS would refuse of a change, in its words where they can be quoted */
export function refuseCollisions({ before, after, changing, resources }: Judged): void {
  const foresight = new Foresight(resources, before, after);
  const found = [
    ...before.assembly.stacks.flatMap(({ name, template }) => {
      const next = after.assembly.stacks.find((stack) => stack.name === name)?.template ?? { Resources: {} };
      return collisionsOf(template, next).map((collision) => ({ stack: name, ...collision }));
    }),
    ...exportsInUse({ before, after, changing, isSame: (...values) => foresight.isSame(...values) }),
  ];
  const lines = found.map(({ stack, what, why, fix }) => `  - ${stack}: ${what} ${why} ${fix}`);
  if (lines.length > 0)
    throw new LocalAccountError('REFUSED', `CloudFormation would refuse this change; nothing was changed.\n${lines.join('\n')}`);
}

/** What only the deployment has told: outputs without a value, and exports in use. @throws Error as CloudFormation says it */
export function refuseOutputs(parts: Pick<ExportsParts, 'before' | 'after' | 'changing'>): void {
  for (const stack of parts.after.assembly.stacks) if (parts.changing.has(stack.name)) outputsOf(stack, parts.after);
  const found = exportsInUse(parts);
  if (found.length > 0) throw new Error(found.map(({ why, fix }) => `${why} ${fix}`).join('\n'));
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
