import type { Stack } from '../assembly/cloud-assembly';
import { addressText, type Resource, type ResourceAddress } from '../assembly/template';
import type { Created, Existing, ResourceRequest } from '../resources/provisioner';

type Properties = Readonly<Record<string, unknown>>;

/** A resource of the account, as it was made or changed last. */
export interface DeployedResource {
  readonly address: ResourceAddress;
  /** With the template whose names it uses. */
  readonly stack: Stack;
  /** As that template declares it. */
  readonly resource: Resource;
  /** What it was made from: resolved where it runs. */
  readonly properties: Properties;
  readonly created: Created;
  /** Whether it is something here, rather than a name. */
  readonly runs: boolean;
  /** Addresses of what had to exist before it. */
  readonly needs: readonly string[];
  /** Its first life is 1; a replacement is the next one. */
  readonly life: number;
  /** Whether this run has made it: else it is known from an earlier one, which kept it. */
  readonly alive: boolean;
  readonly changedAt: Date;
}

/** Resources by address, as `Stack/LogicalId`. */
export type DeployedResources = ReadonlyMap<string, DeployedResource>;

/** What is asked of a provisioner for one life of a resource. */
export function requestFor(
  { stack, address, resource }: Pick<DeployedResource, 'stack' | 'address' | 'resource'>,
  properties: Properties,
  life: number,
): ResourceRequest<Properties> {
  const path = addressText(address);
  // The same in each run, so that state which persists is found again.
  const name = `${stack.name}-${address.logicalId}`;
  return {
    address,
    stack,
    resource,
    properties,
    path,
    generatedName: life === 1 ? name : `${name}-${life}`,
    identity: life === 1 ? path : `${path}#${life}`,
  };
}

export function existing({ address, stack, resource, properties, created }: DeployedResource): Existing<Properties> {
  return { address, stack, resource, properties, path: addressText(address), ref: created.ref };
}
