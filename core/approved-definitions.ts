import { DEFINED, DEFINITION_BOUNDS, type Defined } from './definition-pins';
import { readMembers } from './json-members';
import { elementsOf, isListOfObjects } from './listed';
import { readStrictly } from './strict-json';

/** JSON texts of what is approved of one server, by kind. */
export type ApprovedDefinitions = Readonly<Partial<Record<Defined, readonly string[]>>>;

/**
 * Reads the file of what is approved, by server: `{ "<server>": { "tools": [ … ], "prompts": [ … ], … } }`. A list in place of the kinds is
 * of tools.
 * @throws Error that says why it is no such file
 */
export function definitionsIn(bytes: Uint8Array): ReadonlyMap<string, ApprovedDefinitions> {
  const { text } = readStrictly(bytes, DEFINITION_BOUNDS);
  if (text[0] !== '{') throw new Error('it is no object');
  return new Map([...readMembers(text)].map(([server, kinds]) => [server, kindsIn(server, kinds)]));
}

function kindsIn(server: string, kinds: string): ApprovedDefinitions {
  if (kinds[0] === '[') return { tools: listIn(server, 'tools', kinds) };
  if (kinds[0] !== '{') throw new Error(`"${server}" is neither a list of tools nor an object with one`);
  return Object.fromEntries(
    [...readMembers(kinds)].map(([kind, list]) => {
      const defined = DEFINED.find((one) => one === kind);
      if (defined === undefined) throw new Error(`${JSON.stringify(kind.slice(0, 60))} of "${server}" is none of ${DEFINED.join(', ')}`);
      return [defined, listIn(server, defined, list)];
    }),
  );
}

function listIn(server: string, defined: Defined, list: string): readonly string[] {
  if (!isListOfObjects(list)) throw new Error(`"${defined}" of "${server}" is no list of objects`);
  return elementsOf(list);
}
