import type { Era } from './era';
import type { OwnMethod, ServerConfig } from './fleet-config';

/** What is known of one method of the protocol. */
export interface MethodRule {
  readonly kind: 'request' | 'notification';
  /** Eras whose messages to a server may name it. */
  readonly eras: readonly Era[];
  /** Who may say it. */
  readonly from: 'client' | 'server' | 'either';
  /**
   * What saying it twice does. `read`: nothing, and it may be given up. `repeatable`: the same once more. `once`: something else than
   * saying it once, or nobody knows. `tool`: the tool's own policy says.
   */
  readonly effect: 'read' | 'repeatable' | 'once' | 'tool';
  /**
   * What grants it: the use of the server, or of what it names: a tool, a resource, a prompt, either of them by `ref`, the resources of a
   * subscription, or a task of one of the agent's own calls.
   */
  readonly grant: 'server' | 'tool' | 'resource' | 'prompt' | 'reference' | 'subscription' | 'task';
  /** The list in its result that is filtered by the agent's grants, and of tasks by its calls. */
  readonly lists?: 'tools' | 'resources' | 'resourceTemplates' | 'prompts' | 'tasks';
  /** Whether it has a row in the ledger. */
  readonly recorded: boolean;
  /** The member of `params` that the header `Mcp-Name` repeats (MCP 2026-07-28, Streamable HTTP § Standard Headers). */
  readonly namedBy?: 'name' | 'uri' | 'taskId';
}

const BOTH: readonly Era[] = ['legacy', 'modern'];
const LEGACY: readonly Era[] = ['legacy'];
const MODERN: readonly Era[] = ['modern'];

const read = { kind: 'request', from: 'client', effect: 'read', grant: 'server', recorded: false } as const;
const told = { kind: 'notification', from: 'client', effect: 'repeatable', grant: 'server', recorded: false } as const;

/**
 * Every method that passes: what a message is, says this table and nothing else. MCP 2024-11-05 to 2026-07-28, with the tasks of
 * 2025-11-25 and of the extension `io.modelcontextprotocol/tasks`.
 */
// biome-ignore format: one line per method reads as the table it is
export const METHODS: Readonly<Record<string, MethodRule>> = {
  'tools/call': { ...read, eras: BOTH, effect: 'tool', grant: 'tool', recorded: true, namedBy: 'name' },
  'tools/list': { ...read, eras: BOTH, lists: 'tools' },

  initialize: { ...read, eras: LEGACY, effect: 'repeatable' },
  ping: { ...read, eras: LEGACY, from: 'either' },
  'server/discover': { ...read, eras: MODERN },
  'subscriptions/listen': { ...read, eras: MODERN, grant: 'subscription' },
  'resources/list': { ...read, eras: BOTH, lists: 'resources' },
  'resources/templates/list': { ...read, eras: BOTH, lists: 'resourceTemplates' },
  'resources/read': { ...read, eras: BOTH, grant: 'resource', recorded: true, namedBy: 'uri' },
  'resources/subscribe': { ...read, eras: LEGACY, effect: 'repeatable', grant: 'resource', recorded: true },
  'resources/unsubscribe': { ...read, eras: LEGACY, effect: 'repeatable' },
  'prompts/list': { ...read, eras: BOTH, lists: 'prompts' },
  'prompts/get': { ...read, eras: BOTH, grant: 'prompt', recorded: true, namedBy: 'name' },
  'completion/complete': { ...read, eras: BOTH, grant: 'reference', recorded: true },
  'logging/setLevel': { ...read, eras: LEGACY, effect: 'repeatable' },
  'tasks/get': { ...read, eras: BOTH, from: 'either', grant: 'task', namedBy: 'taskId' },
  'tasks/result': { ...read, eras: LEGACY, from: 'either', grant: 'task' },
  'tasks/list': { ...read, eras: LEGACY, from: 'either', lists: 'tasks' },
  'tasks/cancel': { ...read, eras: BOTH, from: 'either', effect: 'repeatable', grant: 'task', namedBy: 'taskId' },
  'tasks/update': { ...read, eras: MODERN, effect: 'once', grant: 'task', namedBy: 'taskId' },

  'notifications/initialized': { ...told, eras: LEGACY },
  'notifications/cancelled': { ...told, eras: BOTH, from: 'either' },
  'notifications/progress': { ...told, eras: BOTH, from: 'either' },
  'notifications/roots/list_changed': { ...told, eras: LEGACY },
  'notifications/tasks/status': { ...told, eras: LEGACY, from: 'either' },

  'sampling/createMessage': { ...read, eras: LEGACY, from: 'server', effect: 'once' },
  'elicitation/create': { ...read, eras: LEGACY, from: 'server', effect: 'once' },
  'roots/list': { ...read, eras: LEGACY, from: 'server' },
  'notifications/message': { ...told, eras: BOTH, from: 'server' },
  'notifications/tools/list_changed': { ...told, eras: BOTH, from: 'server' },
  'notifications/prompts/list_changed': { ...told, eras: BOTH, from: 'server' },
  'notifications/resources/list_changed': { ...told, eras: BOTH, from: 'server' },
  'notifications/resources/updated': { ...told, eras: BOTH, from: 'server' },
  'notifications/elicitation/complete': { ...told, eras: BOTH, from: 'server' },
  'notifications/subscriptions/acknowledged': { ...told, eras: MODERN, from: 'server' },
  'notifications/tasks': { ...told, eras: MODERN, from: 'server' },
};

/** What holds for a method that an agent names to a server; undefined for one that does not pass. */
export function methodRule(method: string, era: Era, { methods = {} }: Pick<ServerConfig, 'methods'>): MethodRule | undefined {
  const rule = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (rule !== undefined) return rule.from !== 'server' && rule.eras.includes(era) ? rule : undefined;
  const own: OwnMethod | undefined = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (own === undefined) return undefined;
  return { ...(own.kind === 'request' ? read : told), eras: BOTH, effect: own.readOnly === true ? 'read' : 'once' };
}
