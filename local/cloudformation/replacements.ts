import facts from './replacements.json';
import type { PropertyChange } from './stacks';

interface TypeFacts {
  readonly always?: readonly string[];
  readonly conditionally?: readonly string[];
  /** Properties, or attributes that only AWS gives, that tell one resource of a type from another. */
  readonly identifier?: readonly string[];
  /** It holds data: a new one in its place is empty. */
  readonly stateful?: boolean;
  /** Of types that other APIs than its own may change. */
  readonly properties?: readonly string[];
}

/** AWS's own specification, as `build/replacements.mjs` writes it. */
const TYPES = new Map(Object.entries<TypeFacts>(facts));

/**
 * Whether a change of a property replaces the resource.
 *
 * - A custom resource says by its answer whether it is another one: only of `ServiceToken` is anything known beforehand.
 * - A type that the specification does not have is an extension, or newer than it: nobody here knows, so any property may.
 *
 * @param property its name; of a path such as `Code.S3Key` the first segment counts, as in CloudFormation's own change sets
 */
export function recreationOf(type: string, property: string): PropertyChange['recreation'] {
  const name = property.split('.', 1)[0] as string;
  if (isCustomResource(type)) return name === 'ServiceToken' ? 'Conditionally' : 'Never';
  if (type === 'AWS::CDK::Metadata') return 'Never'; // an extension, too: it stands for no resource, and changes with each version of the CDK
  const known = TYPES.get(type);
  if (known === undefined) return 'Conditionally';
  if (known.always?.includes(name)) return 'Always';
  return known.conditionally?.includes(name) ? 'Conditionally' : 'Never';
}

/** What `cdk import` names a resource by; empty for a type that the specification does not have. */
export function identifierOf(type: string): readonly string[] {
  return TYPES.get(type)?.identifier ?? [];
}

/** Whether a resource of this type holds data that a new one in its place would not. */
export function isStateful(type: string): boolean {
  return TYPES.get(type)?.stateful ?? false;
}

/** Every property of a type that Cloud Control would change; undefined for other types. */
export function propertiesOf(type: string): readonly string[] | undefined {
  return TYPES.get(type)?.properties;
}

export function isCustomResource(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}
