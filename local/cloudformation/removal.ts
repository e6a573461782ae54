import { addressText } from '../assembly/template';
import type { Machinery } from '../machinery';
import { provisionerOf } from '../resources/registry';
import { type DeployedResource, existing } from './deployed';
import { happening, reasonOf, type TellResource } from './events';

/** Why a resource goes: each has a policy of its own in the template (CloudFormation, DeletionPolicy and UpdateReplacePolicy). */
export type Cause = 'removed' | 'replaced' | 'rolled back';

export interface Removal {
  readonly resource: DeployedResource;
  readonly cause: Cause;
}

export interface RemovalParts {
  readonly machinery: Machinery;
  readonly tell: TellResource;
  /** Logical ids that stay in any case (DeleteStack, RetainResources). */
  readonly retain?: ReadonlySet<string>;
}

export interface Removed {
  /** What a policy keeps. */
  readonly retained: readonly DeployedResource[];
  readonly failed: readonly { readonly resource: DeployedResource; readonly reason: string }[];
  /** What is still there: what failed, and what it depends on. */
  readonly left: readonly DeployedResource[];
  readonly gone: readonly DeployedResource[];
}

/** Removes resources, each after those that depend on it. One that fails, and what it depends on, stays; the others go on. */
export async function removeAll(removals: readonly Removal[], parts: RemovalParts): Promise<Removed> {
  const retained: DeployedResource[] = [];
  const failed: { resource: DeployedResource; reason: string }[] = [];
  const going = new Map<Removal, Promise<boolean>>();
  const dependents = (removal: Removal): readonly Removal[] =>
    removals.filter((other) => other !== removal && other.resource.needs.includes(addressText(removal.resource.address)));
  const gone = (removal: Removal): Promise<boolean> => {
    const known = going.get(removal);
    if (known) return known;
    const work = Promise.resolve().then(async () => {
      const before = await Promise.all(dependents(removal).map(gone));
      if (before.includes(false)) return false;
      return removeOne(removal);
    });
    going.set(removal, work);
    return work;
  };
  const removeOne = async ({ resource, cause }: Removal): Promise<boolean> => {
    const { logicalId } = resource.address;
    if (isKept(resource, cause) || parts.retain?.has(logicalId)) {
      retained.push(resource);
      parts.tell(happening(resource, 'DELETE_SKIPPED', resource.created.ref));
      return true;
    }
    parts.tell(happening(resource, 'DELETE_IN_PROGRESS', resource.created.ref));
    try {
      const provisioner = resource.runs ? provisionerOf(resource.resource.Type) : undefined;
      if (resource.alive || provisioner?.survives) await provisioner?.delete(existing(resource), parts.machinery);
    } catch (error) {
      const reason = reasonOf(error);
      failed.push({ resource, reason });
      parts.tell(happening(resource, 'DELETE_FAILED', resource.created.ref, reason));
      return false;
    }
    parts.tell(happening(resource, 'DELETE_COMPLETE', resource.created.ref));
    return true;
  };
  const outcomes = await Promise.all(removals.map(gone));
  const ended = (done: boolean) => removals.filter((_, i) => outcomes[i] === done).map(({ resource }) => resource);
  return { retained, failed, left: ended(false), gone: ended(true) };
}

/**
 * Whether a policy keeps it. A snapshot is what one machine has no place for: it is kept, too. `RetainExceptOnCreate` lets go of
 * what never came to be used.
 */
function isKept({ resource }: DeployedResource, cause: Cause): boolean {
  const { DeletionPolicy = 'Delete', UpdateReplacePolicy = 'Delete' } = resource;
  const policy = cause === 'replaced' ? UpdateReplacePolicy : DeletionPolicy;
  if (policy === 'RetainExceptOnCreate') return cause === 'removed';
  return policy === 'Retain' || (policy === 'Snapshot' && cause !== 'rolled back');
}
