import { unsupported } from '../account-error';
import { invalid } from './invalid-argument';
import { subnetsOf } from './subnets';

/** What the intrinsic functions of one template can refer to. */
export interface Scope {
  readonly stack: string;
  readonly region: string;
  /** Value of `Ref`: of a resource, a parameter or a pseudo parameter. `AWS::NoValue` is answered by {@link NO_VALUE}. */
  ref(name: string, path: string): unknown;
  attribute(logicalId: string, attribute: string, path: string): unknown;
  /** The unresolved condition. */
  condition(name: string, path: string): unknown;
  mapping(map: string, first: string, second: string, path: string): unknown;
  importValue(name: string, path: string): unknown;
  stackOutput(stack: string, output: string, path: string): unknown;
}

/** Stands for `AWS::NoValue`: the property or element is left out. */
export const NO_VALUE = Symbol('AWS::NoValue');

/**
 * Replaces every intrinsic function inside a value.
 * @param path where the value stands, as `Stack/LogicalId/Properties/…`; every refusal names it
 * @throws LocalAccountError for a function outside those below, or one with wrong arguments
 */
export function resolveIntrinsics(value: unknown, scope: Scope, path: string): unknown {
  const resolved = resolve(value, scope, path);
  return resolved === NO_VALUE ? undefined : resolved;
}

function resolve(value: unknown, scope: Scope, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, i) => resolve(item, scope, `${path}/${i}`)).filter((item) => item !== NO_VALUE);
  if (typeof value === 'string') return refuseDynamicReference(value, path);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries.length === 1 ? (entries[0] as [string, unknown]) : [undefined, undefined];
  if (name !== undefined && (name === 'Ref' || name === 'Condition' || name.startsWith('Fn::'))) {
    // `Condition` is a function only inside conditions; in an IAM statement it is a property like any other.
    if (name !== 'Condition' || typeof argument === 'string') return call(name, argument, scope, path);
  }
  const result: Record<string, unknown> = {};
  for (const [key, item] of entries) {
    const resolved = resolve(item, scope, `${path}/${key}`);
    if (resolved !== NO_VALUE) result[key] = resolved;
  }
  return result;
}

function call(name: string, argument: unknown, scope: Scope, path: string): unknown {
  const implementation = FUNCTIONS[name];
  if (!implementation) throw unsupported([`${name} at ${path}; it resolves ${Object.keys(FUNCTIONS).join(', ')}`]);
  return implementation(argument, scope, `${path}/${name}`);
}

type Intrinsic = (argument: unknown, scope: Scope, path: string) => unknown;

const FUNCTIONS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope, path) => scope.ref(asString(argument, path), path),
  Condition: (argument, scope, path) => isTrue(asString(argument, path), scope, path),
  'Fn::GetAtt': (argument, scope, path) => {
    const [logicalId, ...attribute] = typeof argument === 'string' ? argument.split('.') : asList(argument, path);
    return scope.attribute(asString(logicalId, path), attribute.map((part) => asString(resolve(part, scope, path), path)).join('.'), path);
  },
  'Fn::Join': (argument, scope, path) => {
    const [delimiter, list] = asList(argument, path);
    return asList(resolve(list, scope, path), path)
      .map((part) => asText(part, path))
      .join(asString(delimiter, path));
  },
  'Fn::Sub': (argument, scope, path) => substitute(argument, scope, path),
  'Fn::Select': (argument, scope, path) => {
    const [index, list] = asList(argument, path);
    const items = asList(resolve(list, scope, path), path);
    const position = Number(resolve(index, scope, path));
    if (!(position in items)) throw invalid(path, `index ${position} of a list of ${items.length}`, `0 to ${items.length - 1}`);
    return items[position];
  },
  'Fn::Split': (argument, scope, path) => {
    const [delimiter, text] = asList(argument, path);
    return asString(resolve(text, scope, path), path).split(asString(delimiter, path));
  },
  'Fn::GetAZs': (argument, scope, path) => {
    const region = asString(resolve(argument, scope, path), path) || scope.region;
    return ['a', 'b', 'c'].map((zone) => region + zone);
  },
  'Fn::Base64': (argument, scope, path) => Buffer.from(asString(resolve(argument, scope, path), path)).toString('base64'),
  'Fn::FindInMap': (argument, scope, path) => {
    const [map, first, second] = asList(argument, path).map((part) => asString(resolve(part, scope, path), path));
    return scope.mapping(map as string, first as string, second as string, path);
  },
  'Fn::Cidr': (argument, scope, path) => {
    const [block, count, bits] = asList(argument, path).map((part) => resolve(part, scope, path));
    return subnetsOf(asString(block, path), Number(count), Number(bits), path);
  },
  'Fn::Length': (argument, scope, path) => asList(resolve(argument, scope, path), path).length,
  'Fn::ToJsonString': (argument, scope, path) => JSON.stringify(resolve(argument, scope, path)),
  'Fn::ImportValue': (argument, scope, path) => scope.importValue(asString(resolve(argument, scope, path), path), path),
  'Fn::GetStackOutput': (argument, scope, path) => {
    const { StackName, OutputName } = resolve(argument, scope, path) as { StackName?: unknown; OutputName?: unknown };
    return scope.stackOutput(asString(StackName, path), asString(OutputName, path), path);
  },
  'Fn::If': (argument, scope, path) => {
    const [condition, whenTrue, whenFalse] = asList(argument, path);
    return resolve(isTrue(asString(condition, path), scope, path) ? whenTrue : whenFalse, scope, path);
  },
  'Fn::Equals': (argument, scope, path) => {
    const [left, right] = asList(argument, path).map((side) => JSON.stringify(resolve(side, scope, path)));
    return left === right;
  },
  'Fn::And': (argument, scope, path) => asList(argument, path).every((part) => resolve(part, scope, path) === true),
  'Fn::Or': (argument, scope, path) => asList(argument, path).some((part) => resolve(part, scope, path) === true),
  'Fn::Not': (argument, scope, path) => resolve(asList(argument, path)[0], scope, path) !== true,
};

/** Names of the functions that are resolved, but for `Ref` and `Condition`. */
export const INTRINSICS: readonly string[] = Object.keys(FUNCTIONS).filter((name) => name.startsWith('Fn::'));

/** Whether a named condition of the template holds. */
export function isTrue(condition: string, scope: Scope, path: string): boolean {
  return resolve(scope.condition(condition, path), scope, path) === true;
}

/** `${Name}`, `${Resource.Attribute}`, and `${!literal}`, which stays as `${literal}`. */
function substitute(argument: unknown, scope: Scope, path: string): string {
  const [text, variables] = typeof argument === 'string' ? [argument, {}] : (asList(argument, path) as [string, Record<string, unknown>]);
  return asString(text, path).replaceAll(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return asText(resolve(variables[name], scope, path), path);
    const [logicalId, ...attribute] = name.trim().split('.');
    const value = attribute.length > 0 ? scope.attribute(logicalId as string, attribute.join('.'), path) : scope.ref(name.trim(), path);
    return asText(value, path);
  });
}

export function isDynamic(text: string): boolean {
  return text.includes('{{resolve:');
}

function refuseDynamicReference(text: string, path: string): string {
  if (isDynamic(text)) throw unsupported([`the dynamic reference in "${text}" at ${path}`]);
  return text;
}

function asString(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalid(path, JSON.stringify(value), 'a string');
  return value;
}

function asText(value: unknown, path: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return asString(value, path);
}

function asList(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) throw invalid(path, JSON.stringify(value), 'a list');
  return value;
}
