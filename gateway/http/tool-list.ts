import { findElements, type Members, readMembers, writeMembers } from '../../core/json-members';
import { isOutcomeTool, OUTCOME_TOOL, OUTCOME_TOOL_LISTING } from '../../core/outcome-tool';
import { allowsTool, type Decision, deniesTool } from '../../core/policy';
import { toolConfigOf } from '../../core/tool-config';
import type { Authorized } from '../call';
import { withDemand } from './tool-demand';

/**
 * Makes of a server's `tools/list` response the one that this agent gets: only the tools that it may call, each with what it
 * demands, and the gateway's own tool on the first page where the server has one. A list that depends on who asks is
 * `private` for caches (MCP 2026-07-28, caching). Bytes that need no change stay as the server wrote them.
 */
export function presentTools(text: string, request: Authorized): string {
  if (!isJson(text)) return text;
  const response = readMembers(text.trim());
  const result = readMembers(response.get('result'));
  const tools = result.get('tools');
  if (tools?.[0] !== '[') return text;
  const listed = findElements(tools, 0).map(({ start, end }) => tools.slice(start, end));
  const shown = [...listed.flatMap((tool) => presentTool(tool, request)), ...ownTools(request)];
  const filtered = isFiltered(request.decision);
  if (!filtered && shown.length === listed.length && shown.every((tool, index) => tool === listed[index])) return text;
  result.set('tools', `[${shown.join(',')}]`);
  if (filtered && request.message?.era === 'modern') result.set('cacheScope', '"private"');
  response.set('result', writeMembers(result));
  return writeMembers(response);
}

/** One tool or none. What is filtered is written anew, so that no spelling of a name can slip through. */
function presentTool(text: string, { decision, serverConfig }: Authorized): string[] {
  const filtered = isFiltered(decision);
  const tool = readMembers(text);
  const name: unknown = JSON.parse(tool.get('name') ?? 'null');
  if (typeof name !== 'string') return filtered ? [] : [text];
  if (isOutcomeTool(serverConfig, name) || (filtered && !allowsTool(decision, name))) return [];
  const demanding = withDemand(tool, toolConfigOf(serverConfig, name, isReadOnly(tool)));
  return [filtered || demanding !== tool ? writeMembers(demanding) : text];
}

function isReadOnly(tool: Members): boolean {
  return readMembers(tool.get('annotations')).get('readOnlyHint')?.trim() === 'true';
}

function ownTools({ decision, serverConfig, message }: Authorized): string[] {
  const isFirstPage = message?.kind === 'request' && (message.params.cursor ?? null) === null;
  if (!isFirstPage || !isOutcomeTool(serverConfig, OUTCOME_TOOL) || deniesTool(decision, OUTCOME_TOOL)) return [];
  return [JSON.stringify(OUTCOME_TOOL_LISTING)];
}

function isFiltered({ tools, deniedTools }: Decision): boolean {
  return !tools.includes('*') || deniedTools.length > 0;
}

/** An answer that is none can be nobody's list of tools. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
