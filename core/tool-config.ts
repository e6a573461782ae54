import type { ServerConfig, ToolConfig } from './fleet-config';
import { isOutcomeTool } from './outcome-tool';

/** A tool that the operator did not declare may change state; a call without a key runs, and is fenced. */
export const UNDECLARED_TOOL: ToolConfig = { effect: 'state_changing', key: 'fenced' };

const OWN_TOOL: ToolConfig = { effect: 'read_only', key: 'fenced' };

/** What holds for the calls of a tool: the gateway's own only reads, for others it is the operator who says. */
export function toolConfigOf(server: ServerConfig, tool: string): ToolConfig {
  if (isOutcomeTool(server, tool)) return OWN_TOOL;
  return Object.hasOwn(server.tools, tool) ? (server.tools[tool] as ToolConfig) : UNDECLARED_TOOL;
}
