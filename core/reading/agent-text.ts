import type { Era } from '../era';
import { readMembers, writeMembers } from '../json-members';
import { METHODS } from '../methods';
import type { AwaitedRequest } from '../sealed-event';
import { markTask, saidText } from '../stamp';
import { agentProgressToken } from '../upstream-id';
import type { ServerNotification, ServerRequest } from './server-message';

/** `_meta` member that names the request of a subscription (MCP 2026-07-28, patterns/subscriptions). */
const SUBSCRIPTION_META = 'io.modelcontextprotocol/subscriptionId';

/**
 * What an agent is sent of a server's notification or request: under its own ids and tokens, and without words of the gateway's.
 * @param awaited the request on whose stream it came
 * @returns undefined for what is nobody's: progress of a token that no request had, a method that only agents may say, a request in the
 *   modern era, in which servers ask by `input_required` only (MCP 2026-07-28, patterns/mrtr)
 */
export function agentText(
  message: ServerNotification | ServerRequest,
  awaited: AwaitedRequest | undefined,
  era: Era = 'legacy',
): string | undefined {
  const rule = Object.hasOwn(METHODS, message.method) ? METHODS[message.method] : undefined;
  if (rule !== undefined && (rule.from === 'client' || rule.kind !== message.kind)) return undefined;
  if (message.kind === 'request' && era === 'modern') return undefined;
  const id = message.kind === 'request' ? JSON.stringify(message.id) : undefined;
  if (message.params === undefined) return saidText(message.method, undefined, id);
  const params = readMembers(message.params);
  if (message.method === 'notifications/progress') {
    const token = agentProgressToken(parse(params.get('progressToken')), awaited?.upstreamId);
    if (token === undefined) return undefined;
    params.set('progressToken', token);
  }
  if (awaited !== undefined) {
    if (message.method === 'notifications/cancelled' && names(params.get('requestId'), awaited)) params.set('requestId', awaited.requestId);
    const meta = params.get('_meta');
    if (meta !== undefined) params.set('_meta', withSubscription(meta, awaited));
  }
  const said = writeMembers(params);
  return saidText(message.method, message.method === 'notifications/tasks' ? markTask(said) : said, id);
}

/** A `_meta` under the id that the agent knows its subscription by. */
export function withSubscription(meta: string, awaited: AwaitedRequest): string {
  const members = readMembers(meta);
  if (!names(members.get(SUBSCRIPTION_META), awaited)) return meta;
  return writeMembers(members.set(SUBSCRIPTION_META, awaited.requestId));
}

function names(id: string | undefined, { upstreamId }: AwaitedRequest): boolean {
  return id === String(upstreamId) || id === `"${upstreamId}"`;
}

function parse(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}
