import type { Stack } from '../assembly/cloud-assembly';
import type { Resource, ResourceAddress } from '../assembly/template';
import type { Machinery } from '../machinery';

/** Phases of a start, in order; each provisioner belongs to one. */
export type ProvisioningPhase = 'tables' | 'secrets' | 'functions' | 'load balancers' | 'services';

/** A resource whose dependencies exist, with its properties resolved. */
export interface ResourceRequest<Properties> {
  readonly address: ResourceAddress;
  readonly stack: Stack;
  readonly resource: Resource;
  readonly properties: Properties;
  /** `Stack/LogicalId`, for messages. */
  readonly path: string;
  /** A name that is unique in the account, for a resource whose template names none. */
  readonly generatedName: string;
}

/** What other resources see of one that exists. */
export interface Created {
  /** Value of `Ref`. */
  readonly ref: string;
  /** Value of `Fn::GetAtt`; undefined when it has no such attribute. */
  attribute(name: string): unknown;
}

/** Makes one type of resource. */
// biome-ignore lint/suspicious/noExplicitAny: each provisioner reads the properties of its own type
export interface Provisioner<Properties = any> {
  readonly phase: ProvisioningPhase;
  /** What it is called in the line of its phase: singular and plural. */
  readonly noun: readonly [string, string];
  /** Properties that it honours. */
  readonly honours: readonly string[];
  /** Properties that mean nothing on one machine. Any other property is refused by name. */
  readonly ignores: readonly string[];
  create(request: ResourceRequest<Properties>, machinery: Machinery): Promise<Created>;
}

export function attributes(values: Readonly<Record<string, unknown>>): (name: string) => unknown {
  return (name) => values[name];
}

export function arn(stack: Stack, service: string, resource: string): string {
  // IAM is the same in all regions, and its ARNs name none.
  return `arn:aws:${service}:${service === 'iam' ? '' : stack.region}:${stack.account}:${resource}`;
}
