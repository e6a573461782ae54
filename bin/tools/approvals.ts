import { type ApprovedDefinitions, definitionsIn } from '../../core/approved-definitions';
import { DEFINED, DEFINITION_BOUNDS, type Defined, definitionDigest, nameIn, ONLY_ONE } from '../../core/definition-pins';
import { type Members, readMembers, writeMembers } from '../../core/json-members';
import { readStrictly } from '../../core/strict-json';
import { CommandError, EXIT } from '../exit';
import { prettyJson } from './pretty-json';

/** What is approved, by server. */
export type Approvals = ReadonlyMap<string, ApprovedDefinitions>;

/** What a server was heard to say of one thing. */
export interface Seen {
  readonly defined: Defined;
  /** JSON text. */
  readonly definition: string;
}

/** A definition that nobody has approved, and what is new in it. */
export interface Pending extends Seen {
  readonly name: string;
  /** Members that differ from the one that was approved last; undefined where none of that name was. */
  readonly changed: readonly string[] | undefined;
}

/** @throws CommandError for what is no such file */
export function readApprovals(bytes: Uint8Array, path: string): Approvals {
  try {
    return definitionsIn(bytes);
  } catch (error) {
    const why = `${path} is no file of approved tools: ${(error as Error).message}.`;
    throw new CommandError(EXIT.USAGE, why, 'it is { "<server>": { "tools": [ { "name": …, … } ], … } }');
  }
}

/** What is to be approved of the definitions that were seen; each once, by kind and name. */
export function pendingOf(approvals: Approvals, server: string, seen: readonly Seen[]): readonly Pending[] {
  return DEFINED.flatMap((defined) => {
    const texts = seen.filter((one) => one.defined === defined).map(({ definition }) => definition);
    return pendingAmong(texts, defined, approvals.get(server)?.[defined] ?? []);
  });
}

function pendingAmong(texts: readonly string[], defined: Defined, approved: readonly string[]): readonly Pending[] {
  const known = new Set(approved.map((definition) => definitionDigest(defined, definition)));
  const pending = texts.flatMap((text): readonly Pending[] => {
    const digest = definitionDigest(defined, text);
    const name = nameIn(defined, text);
    if (digest === undefined || name === undefined || known.has(digest)) return [];
    known.add(digest);
    const before = approved.findLast((definition) => nameIn(defined, definition) === name);
    const definition = readStrictly(Buffer.from(text), DEFINITION_BOUNDS).text;
    const changed = before === undefined ? undefined : changesIn(readMembers(before), readMembers(definition));
    return [{ defined, name, definition, changed }];
  });
  return pending.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** With what is approved now behind what was: a server may go back to what it said before. */
export function withApproved(approvals: Approvals, server: string, approved: readonly Pending[]): Approvals {
  const before = approvals.get(server) ?? {};
  const lists = DEFINED.map((defined): [Defined, readonly string[]] => {
    const added = approved.filter((one) => one.defined === defined).map(({ definition }) => definition);
    return [defined, [...(before[defined] ?? []), ...added]];
  });
  return new Map(approvals).set(server, Object.fromEntries(lists.filter(([, list]) => list.length > 0)));
}

/** How many definitions of a server are approved. */
export function countOf(approvals: Approvals, server: string): number {
  return Object.values(approvals.get(server) ?? {}).reduce((sum, list) => sum + list.length, 0);
}

/** What a definition is called where somebody reads it. */
export function titleOf({ defined, name }: Pick<Pending, 'defined' | 'name'>): string {
  if (defined === 'tools') return name;
  return name === ONLY_ONE ? defined : `${defined} ${name}`;
}

/** The file's own text, for its reviewers. */
export function textOf(approvals: Approvals): string {
  const servers = [...approvals].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `${prettyJson(writeMembers(new Map(servers.map(([server, definitions]) => [server, kindsText(definitions)]))))}\n`;
}

/** Who has only tools keeps the list that it had. */
function kindsText(definitions: ApprovedDefinitions): string {
  const lists = DEFINED.flatMap((defined): [string, string][] => {
    const list = definitions[defined] ?? [];
    return list.length === 0 ? [] : [[defined, `[${list.join(',')}]`]];
  });
  const [first] = lists;
  return lists.length < 2 && (first === undefined || first[0] === 'tools') ? (first?.[1] ?? '[]') : writeMembers(new Map(lists));
}

/** Names of members, and of the properties of schemas. */
function changesIn(before: Members, after: Members): readonly string[] {
  return namesOfChanges(before, after).flatMap((name) => {
    const properties = namesOfChanges(propertiesOf(before.get(name)), propertiesOf(after.get(name)));
    return properties.length === 0 ? [name] : properties.map((property) => `${name}.${property}`);
  });
}

function namesOfChanges(before: Members, after: Members): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
}

function propertiesOf(schema: string | undefined): Members {
  return readMembers(readMembers(schema).get('properties'));
}
