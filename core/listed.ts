import { findElements } from './json-members';
import { dropLikes } from './reading/folding';
import { withoutOwnWords } from './reading/server-message';

/** The texts of the elements of a list. @param list JSON text; what is no list has none */
export function elementsOf(list = ''): readonly string[] {
  return list[0] === '[' ? findElements(list, 0).map(({ start, end }) => list.slice(start, end)) : [];
}

/** Whether it is a list of objects. @param list JSON text */
export function isListOfObjects(list: string): boolean {
  return list[0] === '[' && elementsOf(list).every((element) => element[0] === '{');
}

/**
 * What a server says of a tool, a resource or whatever it lists: it has one name, also for a client that takes no notice of case, and no
 * words that are ours. What is no object has no members.
 * @param naming the member that it is known by
 */
export function readElement(text: string, naming: string): Map<string, string> {
  return dropLikes(text[0] === '{' ? withoutOwnWords(text) : new Map<string, string>(), namesOf(naming));
}

const sets = new Map<string, ReadonlySet<string>>();

function namesOf(naming: string): ReadonlySet<string> {
  const names = sets.get(naming) ?? new Set([naming]);
  sets.set(naming, names);
  return names;
}
