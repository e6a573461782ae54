import type { Stack } from '../assembly/cloud-assembly';
import { isTrue, resolveIntrinsics } from './intrinsics';
import { exportedBy, nestedOutput, outputOf, type Placed, parentParameter, scopeOf, type World } from './scope';

/** A name that resolving a value would read: of a resource, or of something that does not exist. */
export interface Need {
  readonly stack: Stack;
  readonly logicalId: string;
  /** Absent for `Ref`. */
  readonly attribute?: string;
  /** Where it is read, as `Stack/LogicalId/Properties/…`. */
  readonly path: string;
}

/**
 * What resolving a value reads, through outputs and parameters of other stacks, and only on the sides that conditions choose.
 * Parameters that have no resource behind them are no needs.
 */
export function needsOf(value: unknown, stack: Stack, path: string, world: World): Need[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => needsOf(item, stack, `${path}/${i}`, world));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, argument]) => {
    const read = READERS[key];
    return read ? read(argument, stack, path, world) : needsOf(argument, stack, `${path}/${key}`, world);
  });
}

type Reader = (argument: unknown, stack: Stack, path: string, world: World) => Need[];

const READERS: Readonly<Record<string, Reader>> = {
  Ref: (name, stack, path, world) => named(String(name), undefined, stack, path, world),
  'Fn::GetAtt': (argument, stack, path, world) => {
    const [id = '', ...attribute] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
    return named(id, attribute.join('.'), stack, path, world);
  },
  'Fn::Sub': (argument, stack, path, world) => {
    const [text, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [unknown, Record<string, unknown>];
    const names = [...String(text).matchAll(/\$\{([^!}][^}]*)\}/g)].map(([, name = '']) => name.trim());
    const own = names.filter((name) => !Object.hasOwn(variables, name)).map((name) => name.split('.'));
    return [
      ...own.flatMap(([id = '', ...attribute]) => named(id, attribute.join('.') || undefined, stack, path, world)),
      ...needsOf(variables, stack, path, world),
    ];
  },
  'Fn::If': (argument, stack, path, world) => {
    const [condition, whenTrue, whenFalse] = argument as [string, unknown, unknown];
    return needsOf(isTrue(condition, scopeOf(stack, world), path) ? whenTrue : whenFalse, stack, path, world);
  },
  'Fn::ImportValue': (argument, stack, path, world) => {
    const name = resolveIntrinsics(argument, scopeOf(stack, world), path);
    return elsewhere(exportedBy(String(name), world), path, world);
  },
  'Fn::GetStackOutput': (argument, stack, path, world) => {
    const { StackName, OutputName } = resolveIntrinsics(argument, scopeOf(stack, world), path) as Record<string, unknown>;
    return elsewhere(outputOf(world.assembly, String(StackName), String(OutputName)), path, world);
  },
};

function named(id: string, attribute: string | undefined, stack: Stack, path: string, world: World): Need[] {
  if (id.startsWith('AWS::')) return [];
  const handed = parentParameter(stack, id);
  if (handed) return elsewhere(handed, path, world);
  const output = attribute === undefined ? undefined : nestedOutput(stack, id, attribute);
  if (output) return elsewhere(output, path, world);
  if (attribute === undefined && Object.hasOwn(stack.template.Parameters ?? {}, id)) return [];
  return [{ stack, logicalId: id, path, ...(attribute !== undefined && { attribute }) }];
}

/** A value of another stack; one that does not exist is said when it is resolved. */
function elsewhere(placed: Placed | undefined, path: string, world: World): Need[] {
  return placed ? needsOf(placed.value, placed.stack, path, world) : [];
}
