import { endedBy } from '../../core/endings';
import type { Era } from '../../core/era';
import { findElements, type Members, readMembers, writeMembers } from '../../core/json-members';
import { isOutcomeTool, OUTCOME_TOOL, OUTCOME_TOOL_LISTING } from '../../core/outcome-tool';
import { allowsTool, type Decision, deniesTool } from '../../core/policy';
import { dropLikes } from '../../core/reading/folding';
import { withoutOwnWords } from '../../core/reading/server-message';
import { toolConfigOf } from '../../core/tool-config';
import { isToolName } from '../../core/tool-name';
import type { Authorized } from '../call';
import { withDemand } from './tool-demand';

/** Whose list it is, and which part of it. */
export interface ListReader extends Pick<Authorized, 'decision' | 'serverConfig'> {
  readonly era: Era;
  readonly firstPage: boolean;
}

/** Who hears of what a list says beside its tools. */
export interface ListNotes {
  hidden(name: string): void;
  schema(name: string): void;
}

/**
 * Makes of a server's list of tools the one that this agent gets: only the tools that it may call, each with what it demands, and the
 * gateway's own tool on the first page where the server has one. A list that depends on who asks is `private` for caches
 * (MCP 2026-07-28, caching). Every tool is written anew, so that no spelling of a name can slip through.
 * @param result JSON text of the result
 * @param notes told of tools that cannot be called, for their names do not fit into a row, and of those whose results follow a schema
 * @throws FleetError OUTCOME_UNKNOWN for what is no list: what cannot be filtered does not leave
 */
export function presentTools(result: string, reader: ListReader, notes: ListNotes): string {
  const members = dropLikes(readMembers(result), ['tools']);
  const tools = members.get('tools');
  if (tools?.[0] !== '[') throw endedBy('no_response', 'the result has no list of tools', { retry: 'safe' });
  const shown = findElements(tools, 0).flatMap(({ start, end }) => presentTool(tools.slice(start, end), reader, notes));
  members.set('tools', `[${[...shown, ...ownTools(reader)].join(',')}]`);
  if (isFiltered(reader.decision) && reader.era === 'modern') members.set('cacheScope', '"private"');
  return writeMembers(members);
}

/** One tool or none; it has one name, also for a client that takes no notice of case. One without is no tool. */
function presentTool(text: string, { decision, serverConfig }: ListReader, notes: ListNotes): string[] {
  const tool = dropLikes(text[0] === '{' ? withoutOwnWords(text) : new Map<string, string>(), ['name']);
  const name: unknown = JSON.parse(tool.get('name') ?? 'null');
  if (!isToolName(name)) {
    if (typeof name === 'string') notes.hidden(name.slice(0, 100));
    return [];
  }
  if (tool.has('outputSchema')) notes.schema(name);
  if (isOutcomeTool(serverConfig, name) || !allowsTool(decision, name)) return [];
  return [writeMembers(withDemand(tool, toolConfigOf(serverConfig, name, isReadOnly(tool))))];
}

function isReadOnly(tool: Members): boolean {
  return readMembers(tool.get('annotations')).get('readOnlyHint')?.trim() === 'true';
}

function ownTools({ decision, serverConfig, firstPage }: ListReader): string[] {
  if (!firstPage || !isOutcomeTool(serverConfig, OUTCOME_TOOL) || deniesTool(decision, OUTCOME_TOOL)) return [];
  return [JSON.stringify(OUTCOME_TOOL_LISTING)];
}

function isFiltered({ tools, deniedTools }: Decision): boolean {
  return !tools.includes('*') || deniedTools.length > 0;
}
