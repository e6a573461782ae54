import type { About, Draft } from './change';
import type { Permission } from './declared';
import { shownSecret } from './shown';

/** Secrets that a container is given: names and references, never a value. Another in place of one is both given and taken. */
export function secretChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Draft[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((variable): Draft[] => {
    const [had, has] = [before.get(variable), after.get(variable)];
    if (had === has) return [];
    const about: About = { kind: 'secret', what: `secret in ${variable}` };
    const [old, made] = shownPair(had, has);
    return [
      ...(made === undefined ? [] : [{ ...about, severity: 'widens', after: made } as const]),
      ...(old === undefined ? [] : [{ ...about, severity: 'narrows', before: old, breaks: 'it is not told any more' } as const]),
    ];
  });
}

/** Short, unless both would read the same. */
function shownPair(before: string | undefined, after: string | undefined): readonly (string | undefined)[] {
  const short = [before, after].map((reference) => reference && shownSecret(reference));
  return short[0] === short[1] ? [before, after] : short;
}

/** What roles may do, by resource. An action that a wider one covers is neither won nor lost. */
export function permissionChanges(what: string, before: readonly Permission[], after: readonly Permission[]): Draft[] {
  const come = grouped(after.filter((one) => !before.some((other) => covers(other, one))));
  const gone = grouped(before.filter((one) => !after.some((other) => covers(other, one))));
  return [...come.map((group) => draftOf(what, group, 'after')), ...gone.map((group) => draftOf(what, group, 'before'))];
}

interface Group extends Omit<Permission, 'action'> {
  readonly actions: string[];
}

function draftOf(what: string, { effect, resource, condition, actions, role }: Group, side: 'before' | 'after'): Draft {
  // A deny that goes allows more.
  const widens = (effect === 'Allow') === (side === 'after');
  const may = effect === 'Allow' ? 'may' : 'may not';
  const when = condition === '' ? '' : `, if ${condition}`;
  return {
    kind: 'permission',
    what: `${what.replace('ROLE', role)} ${may}`,
    severity: widens ? 'widens' : 'narrows',
    [side]: `${actions.join(', ')} on ${resource}${when}`,
  };
}

function grouped(permissions: readonly Permission[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const { action, ...rest } of permissions) {
    const key = JSON.stringify([rest.effect, rest.resource, rest.condition, rest.role]);
    const group = groups.get(key) ?? { ...rest, actions: [] };
    if (!group.actions.includes(action)) group.actions.push(action);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function covers(wide: Permission, narrow: Permission): boolean {
  const alike = wide.effect === narrow.effect && wide.condition === narrow.condition && wide.role === narrow.role;
  return alike && matches(wide.action.toLowerCase(), narrow.action.toLowerCase()) && matches(wide.resource, narrow.resource);
}

/** `*` and `?` of IAM. */
function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return pattern === text || new RegExp(`^${expression}$`, 's').test(text);
}
