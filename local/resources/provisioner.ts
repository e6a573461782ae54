import { LocalAccountError } from '../account-error';
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
  /** What tells this one from every other that was or will be, also from the one that it replaces. */
  readonly identity: string;
}

/** One that exists, as it was made or changed last. */
export interface Existing<Properties> extends Pick<ResourceRequest<Properties>, 'address' | 'stack' | 'resource' | 'properties' | 'path'> {
  readonly ref: string;
}

/** What other resources see of one that exists. */
export interface Created {
  /** Value of `Ref`. */
  readonly ref: string;
  /** Value of `Fn::GetAtt`; undefined when it has no such attribute. */
  attribute(name: string): unknown;
  /** Attributes that nobody can tell but who made it; kept where the account persists. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Resolves when it works as it is meant to, where that takes longer than making it. @throws where it never will */
  readonly stable?: Promise<void>;
}

/** Making or changing it has failed after it was begun: what may be there of it is deleted, or changed back, by its physical id. */
export class HalfDone extends LocalAccountError {
  constructor(
    message: string,
    readonly ref: string,
    options?: ErrorOptions,
  ) {
    super('CREATE_FAILED', message, options);
  }
}

/** Makes one type of resource. */
// biome-ignore lint/suspicious/noExplicitAny: each provisioner reads the properties of its own type
export interface Provisioner<Properties = any> {
  readonly phase: ProvisioningPhase;
  /** What it is called in the line of its phase: singular and plural. */
  readonly noun: readonly [string, string];
  /** Properties that it honours. */
  readonly honours: readonly string[];
  /**
   * Properties that mean nothing on one machine: where a resource lies, what it costs and may use at most, what it is encrypted
   * with, who may manage it and is told of it, what keeps it from being deleted; {@link MEANINGLESS} are so for every type.
   * Any other property is refused by name, for it may change where calls go, who may make them, or what is stored.
   */
  readonly ignores: readonly string[];
  /** Narrows honoured properties to the parts that are read, so that nothing is asked of what only the other parts name. */
  reads?(properties: Properties, resource: Resource): Properties;
  /** What of the honoured properties is refused, in words such as `the property X of …`. @param stack absent for one of none */
  problems?(properties: Properties, path: string, stack?: Stack): string[];
  /** A property by which a resource outside the fleet becomes a part of one in it, as a rule does of its listener. */
  readonly joins?: string;
  /** Whether it outlives a run, where the account persists. */
  readonly survives?: boolean;
  /** Makes it; one that survived is taken as it is. @throws HalfDone where something may be there all the same */
  create(request: ResourceRequest<Properties>, machinery: Machinery): Promise<Created>;
  /** Applies changed properties in place; absent for a type that every change replaces. @throws HalfDone where it may have in part */
  update?(request: ResourceRequest<Properties>, before: Existing<Properties>, machinery: Machinery): Promise<Created>;
  /** Changes that AWS makes and one machine cannot, in words such as `a change of X of …`; told before anything changes. */
  unchangeable?(after: Properties, before: Properties, path: string): string[];
  delete(existing: Existing<Properties>, machinery: Machinery): Promise<void>;
}

/** What people are told by, of every type. */
const MEANINGLESS = ['Tags', 'Description'];

/** The properties that are neither honoured nor without meaning here. */
export function refusedProperties({ honours, ignores }: Provisioner, properties: Readonly<Record<string, unknown>>): string[] {
  const known = new Set([...honours, ...ignores, ...MEANINGLESS]);
  return known.has('*') ? [] : Object.keys(properties).filter((name) => !known.has(name));
}

/** The unresolved properties that a resource of this type is made from. */
export function readProperties(provisioner: Provisioner, resource: Resource): Record<string, unknown> {
  const all = provisioner.honours.includes('*');
  const honoured = Object.entries(resource.Properties ?? {}).filter(([name]) => all || provisioner.honours.includes(name));
  const properties = Object.fromEntries(honoured);
  return provisioner.reads?.(properties, resource) ?? properties;
}

export function attributes(values: Readonly<Record<string, unknown>>): (name: string) => unknown {
  return (name) => values[name];
}

export function arn(stack: Pick<Stack, 'account' | 'region'>, service: string, resource: string): string {
  // IAM is the same in all regions, and its ARNs name none.
  return `arn:aws:${service}:${service === 'iam' ? '' : stack.region}:${stack.account}:${resource}`;
}
