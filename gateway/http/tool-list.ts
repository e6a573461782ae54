import type { Defined } from '../../core/definition-pins';
import type { Era } from '../../core/era';
import { allowsTool, deniesTool } from '../../core/granted';
import { type Members, readMembers, writeMembers } from '../../core/json-members';
import { isOutcomeTool, OUTCOME_TOOL, OUTCOME_TOOL_LISTING } from '../../core/outcome-tool';
import { toolConfigOf } from '../../core/tool-config';
import { isToolName } from '../../core/tool-name';
import type { Forwarded } from '../call';
import { withDemand } from './tool-demand';

/** Whose list it is, and which part of it. */
export interface ListReader extends Pick<Forwarded, 'decision' | 'server' | 'serverConfig' | 'ownTasks'> {
  readonly era: Era;
  readonly firstPage: boolean;
}

/** Who hears of what a list says beside its tools, and says what of it agents get. */
export interface ListNotes {
  hidden(name: string): void;
  /** Whether what its server defines so is shown. */
  admits(defined: Defined, name: string, definition: string): boolean;
  schema(name: string): void;
}

/** One tool as this agent sees it, or none: one that it may not call, or that nobody can. */
export function presentTool(name: string, tool: Members, { decision, serverConfig }: ListReader, notes: ListNotes): string[] {
  if (!isToolName(name as unknown)) {
    notes.hidden(name.slice(0, 100));
    return [];
  }
  if (tool.has('outputSchema')) notes.schema(name);
  if (isOutcomeTool(serverConfig, name) || !allowsTool(decision, name)) return [];
  if (serverConfig.pins !== undefined && !notes.admits('tools', name, writeMembers(tool))) return [];
  return [writeMembers(withDemand(tool, toolConfigOf(serverConfig, name, isReadOnly(tool))))];
}

function isReadOnly(tool: Members): boolean {
  return readMembers(tool.get('annotations')).get('readOnlyHint')?.trim() === 'true';
}

/** The gateway's own tool, where the server has one. */
export function ownTools({ decision, serverConfig, firstPage }: ListReader): string[] {
  if (!firstPage || !isOutcomeTool(serverConfig, OUTCOME_TOOL) || deniesTool(decision, OUTCOME_TOOL)) return [];
  return [JSON.stringify(OUTCOME_TOOL_LISTING)];
}
