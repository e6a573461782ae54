import { type Members, readMembers, writeMembers } from '../../core/json-members';
import { elementsOf, isListOfObjects } from '../../core/listed';
import { readStrictly } from '../../core/strict-json';
import { DEFINITION_BOUNDS, definitionDigest, toolNameIn } from '../../core/tool-pins';
import { CommandError, EXIT } from '../exit';
import { prettyJson } from './pretty-json';

/** JSON texts of the definitions that are approved, by server. */
export type Approvals = ReadonlyMap<string, readonly string[]>;

/** A definition that nobody has approved, and what is new in it. */
export interface Pending {
  readonly tool: string;
  /** JSON text. */
  readonly definition: string;
  /** Members that differ from the one that was approved last; undefined where none of that name was. */
  readonly changed: readonly string[] | undefined;
}

/** @throws CommandError for what is no such file */
export function readApprovals(bytes: Uint8Array, path: string): Approvals {
  const refuse = (why: string): never => {
    throw new CommandError(EXIT.USAGE, `${path} is no file of approved tools: ${why}.`, 'it is { "<server>": [ { "name": …, … } ] }');
  };
  let text: string;
  try {
    ({ text } = readStrictly(bytes, DEFINITION_BOUNDS));
  } catch (error) {
    return refuse((error as Error).message);
  }
  const lists = readMembers(text);
  if (text[0] !== '{' || ![...lists.values()].every(isListOfObjects)) return refuse('it has no lists of tools');
  return new Map([...lists].map(([server, list]) => [server, elementsOf(list)]));
}

/** What is to be approved of the definitions that were seen; each once, by name. */
export function pendingOf(approvals: Approvals, server: string, seen: readonly string[]): readonly Pending[] {
  const approved = approvals.get(server) ?? [];
  const known = new Set(approved.map(definitionDigest));
  const pending = seen.flatMap((text): readonly Pending[] => {
    const digest = definitionDigest(text);
    const tool = toolNameIn(text);
    if (digest === undefined || tool === undefined || known.has(digest)) return [];
    known.add(digest);
    const before = approved.findLast((definition) => toolNameIn(definition) === tool);
    const definition = readStrictly(Buffer.from(text), DEFINITION_BOUNDS).text;
    return [{ tool, definition, changed: before === undefined ? undefined : changesIn(readMembers(before), readMembers(definition)) }];
  });
  return pending.toSorted((one, other) => (one.tool < other.tool ? -1 : 1));
}

/** With what is approved now behind what was: a server may go back to what it said before. */
export function withApproved(approvals: Approvals, server: string, approved: readonly Pending[]): Approvals {
  return new Map(approvals).set(server, [...(approvals.get(server) ?? []), ...approved.map(({ definition }) => definition)]);
}

/** The file's own text, for its reviewers. */
export function textOf(approvals: Approvals): string {
  const lists = [...approvals].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `${prettyJson(writeMembers(new Map(lists.map(([server, tools]) => [server, `[${tools.join(',')}]`]))))}\n`;
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
