import type { Stack } from '../assembly/cloud-assembly';
import { resolveIntrinsics } from '../template/intrinsics';
import { parentParameter, scopeOf, type World } from '../template/scope';
import type { StackSource } from './stack-record';

/** What a stack was made from that the API was not given: one of an assembly, or one that is nested. */
export function sourceOf(stack: Stack, world: World, tags: StackSource['tags']): StackSource {
  const parameters = Object.entries(stack.template.Parameters ?? {}).map(([name, { Default }]) => {
    const handed = parentParameter(stack, name);
    const value = handed ? resolveIntrinsics(handed.value, scopeOf(handed.stack, world), `${stack.name}/Parameters/${name}`) : Default;
    return [name, String(value ?? '')];
  });
  return { template: JSON.stringify(stack.template, null, 1), parameters: Object.fromEntries(parameters), tags, capabilities: [] };
}
