import type { ServerConfig, ToolConfig } from './fleet-config';
import { isOutcomeTool } from './outcome-tool';

/** A tool that the operator did not declare may change state; a call without a key runs, and is fenced. */
export const UNDECLARED_TOOL: ToolConfig = { effect: 'state_changing', key: 'fenced' };

const OWN_TOOL: ToolConfig = { effect: 'read_only', key: 'fenced' };

const TRUSTED_READ: ToolConfig = { effect: 'read_only', key: 'fenced' };

/**
 * What holds for the calls of a tool: the gateway's own only reads, for others it is the operator who says, then the server
 * where its word is trusted.
 * @param readOnlyHint the server's own `annotations.readOnlyHint`
 */
export function toolConfigOf(server: ServerConfig, tool: string, readOnlyHint = false): ToolConfig {
  if (isOutcomeTool(server, tool)) return OWN_TOOL;
  if (Object.hasOwn(server.tools, tool)) return server.tools[tool] as ToolConfig;
  return server.trustAnnotations === true && readOnlyHint ? TRUSTED_READ : UNDECLARED_TOOL;
}
