import type { Stack } from '../assembly/cloud-assembly';
import { isTrue, resolveIntrinsics } from '../template/intrinsics';
import { exportedBy, type Placed, scopeOf, type World } from '../template/scope';
import { invalid } from './stacks';

/** What other stacks import stays, with its value, for as long as they do. */
export interface ExportInUse {
  readonly stack: string;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

export interface ExportsParts {
  /** The stacks as they are. */
  readonly before: World;
  /** The stacks as they shall be, or have become. */
  readonly after: World;
  /** Names of the stacks that change: what they import of one another changes with them. */
  readonly changing: ReadonlySet<string>;
  /** Whether a value of `before` and its successor are the same, where `after` does not tell it yet. */
  readonly isSame?: (had: Placed, has: Placed, path: string) => boolean;
}

/** Exports that would be gone, or have another value, while other stacks import them. */
export function exportsInUse({ before, after, changing, isSame }: ExportsParts): ExportInUse[] {
  const same = isSame ?? ((had, has, path) => textIn(before, had, path) === textIn(after, has, path));
  const importers = importersIn(
    after,
    after.assembly.stacks.filter(({ name }) => !changing.has(name)),
  );
  return [...importers].flatMap(([name, stacks]): ExportInUse[] => {
    const had = exportedBy(name, before);
    const has = exportedBy(name, after);
    // What another stack changes here, such as that a table runs from now on, is no change of this one.
    if (had === undefined || (has && !changing.has(has.stack.name))) return [];
    const stays = has?.stack.name === had.stack.name;
    if (has && stays && same(had, has, `${has.stack.name}/Outputs`)) return [];
    return [
      {
        stack: had.stack.name,
        what: stays ? `The export ${name} would have another value.` : `The export ${name} would be gone.`,
        why: `Export ${name} cannot be ${stays ? 'updated' : 'deleted'} as it is in use by ${listed(stacks)}.`,
        fix: 'Deploy the stacks that import it without it first, or keep the export until they do (Stack.exportValue).',
      },
    ];
  });
}

/** By the name of an export: names of the stacks that import it. */
export function importersIn(world: World, stacks: readonly Stack[] = world.assembly.stacks): Map<string, readonly string[]> {
  const importers = new Map<string, Set<string>>();
  for (const stack of stacks)
    for (const name of importsOf(stack, world)) importers.set(name, (importers.get(name) ?? new Set()).add(stack.name));
  return new Map([...importers].map(([name, names]) => [name, [...names]]));
}

/** @throws CloudFormationError for a stack that imports what nobody exports */
export function requireExports(stacks: readonly Stack[], world: World): void {
  const missing = [...importersIn(world, stacks).keys()].find((name) => exportedBy(name, world) === undefined);
  if (missing !== undefined) throw invalid(`No export named ${missing} found`);
}

/** An output as CloudFormation has it: text. */
export function textIn(world: World, { stack, value }: Placed, path: string): string {
  return String(resolveIntrinsics(value, scopeOf(stack, world), path));
}

/** On the sides that conditions choose. */
function importsOf(stack: Stack, world: World): string[] {
  const scope = scopeOf(stack, world);
  const found: string[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, item] of Object.entries(value)) {
      if (name === 'Fn::ImportValue') found.push(String(resolveIntrinsics(item, scope, stack.name)));
      else if (name === 'Fn::If' && Array.isArray(item)) look(item[isTrue(String(item[0]), scope, stack.name) ? 1 : 2]);
      else look(item);
    }
  };
  for (const member of [...Object.values(stack.template.Resources), ...Object.values(stack.template.Outputs ?? {})])
    if (member.Condition === undefined || isTrue(member.Condition, scope, stack.name)) look(member);
  return found;
}

/** `A`, `A and B`, `A, B and C`, as CloudFormation lists them. */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
