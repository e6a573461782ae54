import { FleetError } from '../core/errors';
import type { ServerConfig } from '../core/fleet-config';
import { IDEMPOTENCY_KEY_HEADER, LAST_EVENT_ID_HEADER, SESSION_HEADER, TASK_HEADER } from '../core/headers';
import { memberText } from '../core/json-members';
import { classifyMessage, type Message, requestIdOf } from '../core/message';
import { TASK_META } from '../core/meta';
import { METHODS, methodRule } from '../core/methods';
import { isOutcomeTool } from '../core/outcome-tool';
import type { JsonBounds } from '../core/reading/json-scan';
import { requestBounds } from '../core/request-limits';
import { openEvent } from '../core/sealed-event';
import { readStrictly } from '../core/strict-json';
import type { Identified, Lane, ToolCall } from './call';
import type { Held, Holdings } from './holdings';
import { checkHeaders } from './http/agreement';
import type { Exchange } from './http/exchange';
import { checkAccept, checkContent, idempotencyKeyField } from './http/request-head';
import { type Caller, type CallerParts, identifyCaller } from './identity/caller';
import type { SealKeys } from './identity/seal-keys';
import { checkOpening } from './opening';
import { describeRead } from './read-call';
import { describeCall } from './tool-call';

export interface IdentifyParts extends CallerParts {
  readonly sealKeys: SealKeys;
  readonly holdings: Holdings;
}

/** Says who asks what: the token gives the agent, the bytes of the body give the message, and the headers must agree with it. */
export async function identify(exchange: Exchange, parts: IdentifyParts): Promise<Identified> {
  const caller = await identifyCaller(exchange, parts);
  const { method } = exchange.request;
  // Clients that keep an empty id have none.
  const sessionId = exchange.header(SESSION_HEADER) || undefined;
  const held = parts.holdings.hold(caller.server, caller.agentId, exchange.gone);
  const asked = { ...caller, held, ...(sessionId !== undefined && { sessionId }) };
  if (method === 'GET' || method === 'DELETE') {
    checkAccept(method, exchange.header('accept'));
    return { ...asked, ...taskOf(exchange, undefined), ...laneWithoutBody(exchange, asked, parts.sealKeys) };
  }
  if (method !== 'POST')
    throw new FleetError('METHOD_NOT_ALLOWED', {
      reason: `${method} is not one of POST, GET, DELETE`,
      headers: { allow: 'POST, GET, DELETE' },
    });
  checkContent(exchange.header('content-type'), exchange.header('content-encoding'), exchange.header('transfer-encoding'));
  checkAccept(method, exchange.header('accept'));
  const { requestLimits } = parts.config;
  const body = await exchange.readBody(held, requestLimits?.bodyBytes);
  return readMessage(body, exchange, asked, requestBounds(requestLimits));
}

type Asked = Caller & { readonly held: Held; readonly sessionId?: string };

function readMessage(body: Buffer, exchange: Exchange, asked: Asked, bounds: JsonBounds): Identified {
  const { value, text } = readStrictly(body, bounds);
  if (Array.isArray(value) && !exchange.isPart) return { ...asked, lane: 'batch', text };
  exchange.requestId = requestIdOf(value) === null ? null : (memberText(text, 'id') as string);
  const message = classifyMessage(value);
  checkHeaders(exchange, message);
  const lane = laneOf(message, asked.serverConfig);
  if (lane === 'open') checkOpening(text);
  const { sessionId: _, ...sessionless } = asked;
  const toolCall = callIn(message, text, exchange, asked.serverConfig);
  return {
    ...(message.era === 'legacy' ? asked : sessionless),
    ...taskOf(exchange, message),
    lane,
    message,
    text,
    ...(toolCall !== undefined && { toolCall }),
  };
}

/** What needs more than the use of its server. */
function callIn(message: Message, text: string, exchange: Exchange, server: ServerConfig): ToolCall | undefined {
  const rule = message.kind === 'request' ? methodRule(message.method, message.era, server) : undefined;
  if (message.kind !== 'request' || rule?.kind !== 'request' || rule.grant === 'server') return undefined;
  if (rule.grant !== 'tool') return describeRead(message, text, rule.grant);
  return describeCall(message, text, idempotencyKeyField(exchange.header(IDEMPOTENCY_KEY_HEADER)), server);
}

/** A GET that names an event of ours goes on behind it; any other opens the server's own stream. */
function laneWithoutBody(
  exchange: Exchange,
  { agentId: agent, server, sessionId }: Asked,
  { all: keys }: SealKeys,
): Pick<Identified, 'lane' | 'resumes'> {
  if (exchange.request.method === 'DELETE') return { lane: 'close' };
  const binding = { agent, server, ...(sessionId !== undefined && { session: sessionId }) };
  const resumes = openEvent(exchange.header(LAST_EVENT_ID_HEADER) ?? '', binding, keys);
  if (resumes === undefined) {
    if (sessionId !== undefined) return { lane: 'stream' };
    throw new FleetError('METHOD_NOT_ALLOWED', {
      reason:
        'a GET opens the stream of a session, and no Mcp-Session-Id came: begin with POST initialize (the HTTP+SSE transport of 2024-11-05 is not served)',
      headers: { allow: 'POST' },
    });
  }
  if (resumes.kind === 'server') {
    const { request } = resumes;
    if (request === undefined) return { lane: 'stream', resumes };
    exchange.requestId = request.requestId;
    return { lane: METHODS[request.method]?.lists === undefined ? 'relay' : 'list', resumes };
  }
  // SDK clients take this status for a server without a stream, and ask no more.
  if (resumes.told === true)
    throw new FleetError('METHOD_NOT_ALLOWED', {
      reason: 'the answer to that request was the event named',
      headers: { allow: 'POST, DELETE' },
    });
  exchange.requestId = resumes.requestId;
  return { lane: 'resume', resumes };
}

/** What the table does not know is answered as the SDKs' servers do: a request by an error, a notification not at all. */
function laneOf(message: Message, server: ServerConfig): Lane {
  if (message.kind === 'response') return 'relay';
  const rule = methodRule(message.method, message.era, server);
  if (rule?.kind !== message.kind) return message.kind === 'request' ? 'unlisted' : 'dropped';
  if (rule.grant === 'tool') return isOutcomeTool(server, message.params.name) ? 'ask' : 'call';
  if (rule.lists !== undefined) return 'list';
  if (rule.recorded) return 'call';
  if (message.method === 'notifications/cancelled') return 'cancel';
  return message.method === 'initialize' ? 'open' : 'relay';
}

/** Longest name of an agent's task, in bytes of UTF-8. */
export const TASK_LIMIT_BYTES = 255;

function taskOf(exchange: Exchange, message: Message | undefined): { task?: string } {
  const meta = message === undefined || message.kind === 'response' ? {} : message.meta;
  const trace = /^[\da-f]{2}-([\da-f]{32})-/.exec(String(meta.traceparent ?? exchange.header('traceparent') ?? ''))?.[1];
  const task = meta[TASK_META] ?? exchange.header(TASK_HEADER) ?? trace;
  if (typeof task !== 'string' || task === '') return {};
  if (Buffer.byteLength(task) <= TASK_LIMIT_BYTES) return { task };
  throw new FleetError('INVALID_PARAMS', { reason: `the name of a task has at most ${TASK_LIMIT_BYTES} bytes` });
}
