import { DEFINED_BY } from '../../core/definition-pins';
import { endedBy } from '../../core/endings';
import { leavesOut, refusalOf, type Wanted } from '../../core/granted';
import { type Members, readMembers, writeMembers } from '../../core/json-members';
import { elementsOf, readElement } from '../../core/listed';
import { METHODS, type MethodRule } from '../../core/methods';
import type { Decision } from '../../core/policy';
import { dropLikes } from '../../core/reading/folding';
import type { Forwarded } from '../call';
import { type ListNotes, type ListReader, ownTools, presentTool } from './tool-list';

/** Which list of a server is filtered, and under which name it stands in the result. */
export type Listed = NonNullable<MethodRule['lists']>;

/** What an element of each list is known by. No other member may be taken for it. */
const NAMED_BY = { ...DEFINED_BY, tasks: 'taskId' } as const;
const KINDS = { tools: 'tool', resources: 'resource', resourceTemplates: 'template', prompts: 'prompt' } as const satisfies Partial<
  Record<Listed, Wanted['kind']>
>;

/** The list that the answer to a request, or a resumed stream, is about. */
export function listedBy({ message, resumes }: Pick<Forwarded, 'message' | 'resumes'>): Listed | undefined {
  const method = answeredMethod({ message, resumes });
  return method === undefined || !Object.hasOwn(METHODS, method) ? undefined : METHODS[method]?.lists;
}

/** The method of the request that an answer is to, also on a resumed stream. */
export function answeredMethod({ message, resumes }: Pick<Forwarded, 'message' | 'resumes'>): string | undefined {
  return message?.kind === 'request' ? message.method : resumes?.kind === 'server' ? resumes.request?.method : undefined;
}

/**
 * Makes of a list of a server the one that this agent gets: only what it may use, tools each with what it demands, and the gateway's own
 * tool on the first page where the server has one. A list that depends on who asks is `private` for caches (MCP 2026-07-28, caching).
 * Every element is written anew, so that no spelling of a name can slip through.
 * @param result JSON text of the result
 * @param notes told of tools that cannot be called, for their names do not fit into a row, and of those whose results follow a schema
 * @throws FleetError OUTCOME_UNKNOWN for what is no list: what cannot be filtered does not leave
 */
export function presentList(result: string, listed: Listed, reader: ListReader, notes: ListNotes): string {
  const members = dropLikes(readMembers(result), new Set([listed]));
  const list = members.get(listed);
  if (list?.[0] !== '[') throw endedBy('no_response', `the result has no list of ${listed}`, { retry: 'safe' });
  const shown = elementsOf(list).flatMap((text) => {
    const element = elementOf(text, NAMED_BY[listed]);
    return element === undefined ? [] : present(element, listed, reader, notes);
  });
  members.set(listed, `[${[...shown, ...(listed === 'tools' ? ownTools(reader) : [])].join(',')}]`);
  if (reader.era === 'modern' && isPrivate(listed, reader.decision)) members.set('cacheScope', '"private"');
  return writeMembers(members);
}

/** What an element of a list is called; undefined for one without a name, which nobody can ask for. */
function elementOf(text: string, member: string): Element | undefined {
  const members = readElement(text, member);
  const name: unknown = JSON.parse(members.get(member) ?? 'null');
  return typeof name === 'string' ? { name, members } : undefined;
}

interface Element {
  readonly name: string;
  readonly members: Members;
}

function present({ name, members }: Element, listed: Listed, reader: ListReader, notes: ListNotes): string[] {
  if (listed === 'tools') return presentTool(name, members, reader, notes);
  const { decision, ownTasks, server, serverConfig } = reader;
  const text = writeMembers(members);
  if (listed === 'tasks') return ownTasks?.has(name) === true ? [text] : [];
  if (refusalOf(decision, server, { kind: KINDS[listed], name }) !== undefined) return [];
  return serverConfig.pins === undefined || notes.admits(listed, name, text) ? [text] : [];
}

function isPrivate(listed: Listed, decision: Decision): boolean {
  return listed === 'tasks' || leavesOut(decision, KINDS[listed]);
}
