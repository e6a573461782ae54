import type { Stack } from '../assembly/cloud-assembly';
import { isTrue, resolveIntrinsics } from '../template/intrinsics';
import { scopeOf, type World } from '../template/scope';
import type { StackOutput } from './stacks';

/** The outputs of a stack whose resources exist. */
export function outputsOf(stack: Stack, world: World): StackOutput[] {
  const scope = scopeOf(stack, world);
  return Object.entries(stack.template.Outputs ?? {}).flatMap(([key, { Value, Export, Description, Condition }]) => {
    const path = `${stack.name}/Outputs/${key}`;
    if (Condition !== undefined && !isTrue(Condition, scope, path)) return [];
    const exportName = Export && resolveIntrinsics(Export.Name, scope, path);
    const value = String(resolveIntrinsics(Value, scope, path));
    return [
      {
        key,
        value,
        ...(Description !== undefined && { description: Description }),
        ...(exportName !== undefined && { exportName: String(exportName) }),
      },
    ];
  });
}
