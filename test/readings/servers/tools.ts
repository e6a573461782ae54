import type { ServerConfig } from '../../../core/fleet-config';

/** The tools of every server here. All do the same: they are journaled, and say what they were given. */
export const TOOLS = ['balance', 'pay', 'transfer', 'admin', 'files/read'] as const;
/** No agent is ever granted this one. */
export const FORBIDDEN = 'admin';

/** What the operator declares; `admin` is left to what holds for undeclared tools. */
export const TOOL_CONFIG: ServerConfig['tools'] = {
  balance: { effect: 'read_only', key: 'fenced' },
  'files/read': { effect: 'read_only', key: 'fenced' },
  pay: { effect: 'state_changing', key: 'fenced' },
  transfer: { effect: 'state_changing', key: 'required', keyArgument: 'reference' },
};

export const TOOL_LIST = TOOLS.map((name) => ({
  name,
  description: 'Says what it was given',
  inputSchema: { type: 'object' as const, properties: {}, additionalProperties: true },
}));

/** What a tool answers: its name and its arguments, as the server read them. */
export function resultOf(name: string, args: unknown) {
  return { content: [{ type: 'text' as const, text: JSON.stringify({ name, args: args ?? {} }) }] };
}

/** What every result of the sessionless era says (MCP 2026-07-28, basic § Results and server/utilities/caching). */
export const MODERN_RESULT = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
