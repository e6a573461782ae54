import { isDeepStrictEqual } from 'node:util';
import type { Resource } from '../assembly/template';
import type { Provisioner } from '../resources/provisioner';
import type { DeployedResource } from './deployed';
import { recreationOf } from './replacements';

/** Metadata by which the constructs tell how a container runs here: a part of what it is, on this machine. */
const HINTS = 'cdk-mcp-fleet:containers';

export interface Difference {
  readonly kind: 'none' | 'update' | 'replace';
  /** Names of the properties that differ. */
  readonly properties: readonly string[];
  /** Whether anything differs that its provisioner reads. */
  readonly effective: boolean;
}

/** How a resource has to change to become what a template says now. @param properties resolved, where it runs */
export function differenceOf(
  before: DeployedResource,
  { resource, properties }: Pick<DeployedResource, 'resource' | 'properties'>,
  provisioner: Provisioner | undefined,
): Difference {
  const written = differing(before.resource.Properties ?? {}, resource.Properties ?? {});
  const read = differing(before.properties, properties);
  const hinted = provisioner !== undefined && !isDeepStrictEqual(hintsOf(before.resource), hintsOf(resource));
  const changed = [...new Set([...written, ...read])];
  if (changed.length === 0 && !hinted) return { kind: 'none', properties: [], effective: false };
  const effective = provisioner !== undefined && (read.length > 0 || hinted);
  const recreates = changed.some((name) => recreationOf(resource.Type, name) === 'Always');
  const replace = recreates || (effective && provisioner.update === undefined);
  return { kind: replace ? 'replace' : 'update', properties: changed, effective };
}

/** Names of the members that are not the same on both sides. */
export function differing(before: object, after: object): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isDeepStrictEqual(Reflect.get(before, name), Reflect.get(after, name)));
}

function hintsOf({ Metadata }: Resource): unknown {
  return Metadata?.[HINTS];
}
