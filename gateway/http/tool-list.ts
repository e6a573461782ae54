import { type Era, isObject } from '../../core/message';
import { allowsTool, type Decision } from '../../core/policy';
import type { Json } from '../../core/strict-json';

/**
 * Leaves only the tools in a `tools/list` response that the agent may call. A list that depends on who asks is `private`
 * for caches (MCP 2026-07-28, caching). Parsed and written anew, so that no spelling of a name can slip through.
 */
export function filterTools(text: string, decision: Decision, era: Era): string {
  if (decision.tools.includes('*') && decision.deniedTools.length === 0) return text;
  const response = JSON.parse(text) as Json;
  if (!isObject(response) || !isObject(response.result) || !Array.isArray(response.result.tools)) return text;
  const tools = response.result.tools.filter((tool) => isObject(tool) && allowsTool(decision, String(tool.name)));
  const scope = era === 'modern' ? { cacheScope: 'private' } : {};
  return JSON.stringify({ ...response, result: { ...response.result, tools, ...scope } });
}
