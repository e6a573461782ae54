import type { Collision, Side, Update } from './update';

/** What another stack imports stays as it is for as long as it does. */
export function exportsInUse({ before, after, imported }: Update): Collision[] {
  const has = exportsOf(after);
  return [...exportsOf(before)]
    .filter(([name, { value }]) => imported.has(name) && has.get(name)?.value !== value)
    .map(([name, { output }]) => ({
      kind: 'exportInUse',
      logicalIds: [output],
      what: has.has(name) ? `The export ${name} would have another value.` : `The export ${name} would be gone.`,
      why: `Export ${name} cannot be ${has.has(name) ? 'updated' : 'deleted'} as it is in use by another stack.`,
      fix: 'Deploy the stacks that import it without it first, or keep the export until they do (Stack.exportValue).',
    }));
}

/** By name; an export whose name is known at deployment only is not found. */
function exportsOf(side: Side): Map<string, { readonly output: string; readonly value: string }> {
  const outputs = Object.entries(side.template.Outputs ?? {});
  return new Map(
    outputs.flatMap(([output, { Value, Export }]) =>
      typeof Export?.Name === 'string' ? [[Export.Name, { output, value: side.text(Value) }] as const] : [],
    ),
  );
}
