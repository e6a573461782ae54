import { addressText } from '../assembly/template';
import { readProperties } from '../resources/provisioner';
import { provisionerOf } from '../resources/registry';
import { resolveIntrinsics } from '../template/intrinsics';
import { type Need, needsOf } from '../template/needs';
import { type Placed, scopeOf, type World } from '../template/scope';
import type { DeployedResources } from './deployed';
import { differenceOf } from './difference';
import { textIn } from './exports-in-use';
import { isCustomResource } from './replacements';

/** What becomes of what a resource says of itself: its name, or an attribute. */
type Fate = 'same' | 'another' | 'unknown';

/** What can be told of values before anything is changed. */
export class Foresight {
  /** Names of what is there now, in the stacks as they shall be. */
  private readonly world: World;

  constructor(
    private readonly resources: DeployedResources,
    /** The stacks as they are. */
    private readonly before: World,
    after: World,
  ) {
    this.world = { ...after, names: (stack, logicalId) => resources.get(addressText({ stack: stack.name, logicalId }))?.created };
  }

  /** Whether a value stays what it is; where only the deployment tells, it is taken to. */
  isSame(had: Placed, has: Placed, path: string): boolean {
    const fates = this.fatesOf(has.value, has.stack, path);
    if (fates.includes('another')) return false;
    return fates.includes('unknown') || textIn(this.before, had, path) === textIn(this.world, has, path);
  }

  private fatesOf(value: unknown, stack: Placed['stack'], path: string): Fate[] {
    return needsOf(value, stack, path, this.world).map((need) => this.fateOf(need));
  }

  private fateOf({ stack, logicalId, attribute }: Need): Fate {
    const path = addressText({ stack: stack.name, logicalId });
    const resource = stack.template.Resources[logicalId];
    const before = this.resources.get(path);
    if (resource === undefined) return 'unknown';
    // Whatever is made anew goes by another name than all that is there; the function of a custom resource may say otherwise.
    if (before?.resource.Type !== resource.Type) return isCustomResource(resource.Type) ? 'unknown' : 'another';
    const provisioner = before.runs ? provisionerOf(resource.Type) : undefined;
    const unresolved = provisioner ? readProperties(provisioner, resource) : (resource.Properties ?? {});
    const isSettled = !provisioner || this.fatesOf(unresolved, stack, path).every((fate) => fate === 'same');
    const properties = provisioner && isSettled ? resolveIntrinsics(unresolved, scopeOf(stack, this.world), path) : before.properties;
    const { kind } = differenceOf(before, { resource, properties: properties as typeof before.properties }, provisioner);
    if (kind === 'replace') return 'another';
    const staysSo = kind === 'none' || (attribute === undefined && !isCustomResource(resource.Type));
    return isSettled && staysSo ? 'same' : 'unknown';
  }
}
