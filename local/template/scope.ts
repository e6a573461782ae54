import { LocalAccountError, unsupported } from '../account-error';
import type { CloudAssembly, Stack } from '../assembly/cloud-assembly';
import { type StandIns, standInFix } from '../stand-ins';
import { isTrue, NO_VALUE, resolveIntrinsics, type Scope } from './intrinsics';

/** What a resource that exists is called by others; undefined when there is no such resource, or not yet. */
export interface Names {
  readonly ref: unknown;
  attribute(name: string): unknown;
}

/** An assembly in which the values of one stack are resolved. */
export interface World {
  readonly assembly: CloudAssembly;
  readonly standIns: StandIns;
  names(stack: Stack, logicalId: string): Names | undefined;
}

/** What every template may refer to. */
export const PSEUDO_PARAMETERS = [
  'AWS::Region',
  'AWS::AccountId',
  'AWS::Partition',
  'AWS::URLSuffix',
  'AWS::StackName',
  'AWS::StackId',
  'AWS::NotificationARNs',
  'AWS::NoValue',
] as const;

/** What the intrinsic functions of one stack's template refer to: its own resources, parameters, and other stacks. */
export function scopeOf(stack: Stack, world: World): Scope {
  const { name, region, account, template } = stack;
  const pseudo = pseudoParameters(stack);
  return {
    stack: name,
    region,
    ref: (id, path) =>
      (Object.hasOwn(pseudo, id) ? pseudo[id as keyof typeof pseudo] : world.names(stack, id)?.ref) ?? parameterOf(stack, id, path, world),
    attribute: (id, attribute, path) => {
      const output = nestedOutput(stack, id, attribute);
      const value = output
        ? resolveIntrinsics(output.value, scopeOf(output.stack, world), path)
        : world.names(stack, id)?.attribute(attribute);
      if (value !== undefined) return value;
      throw unsupported([`the attribute ${attribute} of ${name}/${id} (${template.Resources[id]?.Type}), read at ${path}`]);
    },
    condition: (condition, path) => found(template.Conditions?.[condition], `condition "${condition}"`, path),
    mapping: (map, first, second, path) => found(template.Mappings?.[map]?.[first]?.[second], `mapping ${map}.${first}.${second}`, path),
    importValue: (exported, path) => {
      const output = found(exportedBy(exported, world), `export "${exported}"`, path);
      return resolveIntrinsics(output.value, scopeOf(output.stack, world), path);
    },
    stackOutput: (other, output, path) => {
      const declared = found(outputOf(world.assembly, other, output), `output ${other}.${output}`, path);
      return resolveIntrinsics(declared.value, scopeOf(declared.stack, world), path);
    },
  };

  function pseudoParameters(of: Stack): Readonly<Record<(typeof PSEUDO_PARAMETERS)[number], unknown>> {
    return {
      'AWS::Region': region,
      'AWS::AccountId': account,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': of.name,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${of.name}/local`,
      'AWS::NotificationARNs': [],
      'AWS::NoValue': NO_VALUE,
    };
  }
}

/** A value and the stack whose names it uses. */
export interface Placed {
  readonly stack: Stack;
  readonly value: unknown;
}

/** The output of a nested stack that `Fn::GetAtt: [id, Outputs.Name]` of its parent reads. */
export function nestedOutput(stack: Stack, logicalId: string, attribute: string): Placed | undefined {
  const nested = stack.nested.get(logicalId);
  const output = /^Outputs\.(.+)$/.exec(attribute)?.[1];
  const declared = nested && output !== undefined ? nested.template.Outputs?.[output] : undefined;
  return nested && declared && { stack: nested, value: declared.Value };
}

/** What the parent of a nested stack hands it as a parameter. */
export function parentParameter({ parent }: Stack, name: string): Placed | undefined {
  const handed = parent?.stack.template.Resources[parent.logicalId]?.Properties?.Parameters as Record<string, unknown> | undefined;
  return parent && handed && Object.hasOwn(handed, name) ? { stack: parent.stack, value: handed[name] } : undefined;
}

export function outputOf({ stacks }: CloudAssembly, name: string, output: string): Placed | undefined {
  const stack = stacks.find((candidate) => candidate.name === name);
  const declared = stack?.template.Outputs?.[output];
  return stack && declared && { stack, value: declared.Value };
}

export function exportedBy(exported: string, world: World): Placed | undefined {
  for (const stack of world.assembly.stacks) {
    const scope = scopeOf(stack, world);
    for (const { Export, Value, Condition } of Object.values(stack.template.Outputs ?? {})) {
      const path = `${stack.name}/Outputs`;
      if (Export === undefined || (Condition !== undefined && !isTrue(Condition, scope, path))) continue;
      if (resolveIntrinsics(Export.Name, scope, path) === exported) return { stack, value: Value };
    }
  }
  return undefined;
}

function parameterOf(stack: Stack, name: string, path: string, world: World): unknown {
  const key = `${stack.name}/${name}`;
  const standIn = world.standIns.valueOf(key);
  if (standIn !== undefined) return standIn;
  const handed = parentParameter(stack, name);
  if (handed) return resolveIntrinsics(handed.value, scopeOf(handed.stack, world), path);
  const parameter = stack.template.Parameters?.[name];
  if (!parameter) return found(undefined, `resource or parameter "${name}" (or its condition does not hold)`, path);
  if (parameter.Type.startsWith('AWS::SSM::'))
    throw unsupported([`the SSM parameter ${String(parameter.Default)} (${key}), read at ${path}; ${standInFix(key)}`]);
  if (parameter.Default === undefined) throw unsupported([`the parameter ${key}, read at ${path}: it has no Default; ${standInFix(key)}`]);
  return parameter.Default;
}

function found<T>(value: T | undefined, what: string, path: string): T {
  if (value === undefined) throw new LocalAccountError('INVALID_ASSEMBLY', `${path} names the ${what}, which does not exist.`);
  return value;
}
