import { addressText } from '../assembly/template';
import type { Machinery } from '../machinery';
import { provisionerOf } from '../resources/registry';
import { type DeployedResource, existing, requestFor } from './deployed';
import { happening, reasonOf, type TellResource } from './events';
import { type Removal, type Removed, removeAll } from './removal';
import type { Step } from './stack-deployment';

export interface RolledBack extends Removed {
  /** Resources that were changed back, by address; one that goes by a physical id of its own may have another one now. */
  readonly restored: ReadonlyMap<string, DeployedResource>;
  readonly notRestored: readonly { readonly resource: DeployedResource; readonly reason: string }[];
}

/** Undoes what a deployment has done, the last first: what was changed is changed back, what was made is removed. */
export async function rollBack(
  steps: readonly Step[],
  { machinery, tell }: { readonly machinery: Machinery; readonly tell: TellResource },
): Promise<RolledBack> {
  const restored = new Map<string, DeployedResource>();
  const notRestored: { resource: DeployedResource; reason: string }[] = [];
  const made: Removal[] = [];
  for (const step of [...steps].reverse()) {
    if (step.kind === 'made') made.push({ resource: step.after, cause: 'rolled back' });
    else await changeBack(step.before, step.after);
  }
  const stable = await Promise.allSettled([...restored.values()].map(({ created }) => created.stable));
  [...restored.values()].forEach((resource, i) => {
    const outcome = stable[i];
    if (outcome?.status === 'rejected') notRestored.push({ resource, reason: reasonOf(outcome.reason) });
  });
  const removed = await removeAll(made, { machinery, tell });
  return { ...removed, restored, notRestored };

  async function changeBack(before: DeployedResource, after: DeployedResource): Promise<void> {
    const key = addressText(before.address);
    if (before.life !== after.life) {
      restored.set(key, before);
      made.push({ resource: after, cause: 'rolled back' });
      return;
    }
    const provisioner = before.runs ? provisionerOf(before.resource.Type) : undefined;
    try {
      tell(happening(before, 'UPDATE_IN_PROGRESS', after.created.ref));
      const created = await provisioner?.update?.(requestFor(before, before.properties, before.life), existing(after), machinery);
      const back = { ...before, created: created ?? before.created };
      if (created && created.ref !== after.created.ref) made.push({ resource: after, cause: 'rolled back' });
      restored.set(key, back);
      tell(happening(before, 'UPDATE_COMPLETE', back.created.ref));
    } catch (error) {
      const reason = reasonOf(error);
      tell(happening(before, 'UPDATE_FAILED', after.created.ref, reason));
      notRestored.push({ resource: after, reason });
    }
  }
}
