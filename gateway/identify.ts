import { randomUUID } from 'node:crypto';
import { type Agent, agentId } from '../core/agent';
import { callDigest } from '../core/call-digest';
import { type CallEvent, parseCallEventId } from '../core/call-event-id';
import { FleetError } from '../core/errors';
import type { FleetConfig, ServerConfig } from '../core/fleet-config';
import { IDEMPOTENCY_KEY_HEADER, LAST_EVENT_ID_HEADER, SESSION_HEADER, TASK_HEADER } from '../core/headers';
import { KEY_LIMIT_BYTES } from '../core/key-demand';
import { classifyMessage, isObject, type Message, type RequestMessage, requestIdOf } from '../core/message';
import { KEY_META, TASK_META } from '../core/meta';
import { isOutcomeTool } from '../core/outcome-tool';
import { type Json, parseStrictly } from '../core/strict-json';
import { toolConfigOf } from '../core/tool-config';
import type { Identified, Lane, ToolCall } from './call';
import { checkHeaders } from './http/agreement';
import { isAllowedOrigin } from './http/cors';
import type { Exchange } from './http/exchange';
import type { TokenVerifier } from './identity/tokens';

export interface IdentifyParts {
  readonly config: Pick<FleetConfig, 'allowedOrigins' | 'servers'>;
  readonly tokens: TokenVerifier;
}

/** Says who asks what: the token gives the agent, the bytes of the body give the message, and the headers must agree with it. */
export async function identify(exchange: Exchange, parts: IdentifyParts): Promise<Identified> {
  const caller = await identifyCaller(exchange, parts);

  const { method } = exchange.request;
  const sessionId = exchange.header(SESSION_HEADER);
  const session = sessionId === undefined ? {} : { sessionId };
  if (method === 'GET' || method === 'DELETE')
    return { ...caller, ...session, ...taskOf(exchange, undefined), ...laneWithoutBody(exchange) };
  if (method !== 'POST')
    throw new FleetError('METHOD_NOT_ALLOWED', {
      reason: `${method} is not one of POST, GET, DELETE`,
      headers: { allow: 'POST, GET, DELETE' },
    });

  checkMediaTypes(exchange);
  const body = await exchange.readBody();
  const parsed = parseStrictly(body);
  if (Array.isArray(parsed)) return { ...caller, ...session, lane: 'batch', body };
  exchange.requestId = requestIdOf(parsed);
  const message = classifyMessage(parsed);
  checkHeaders(exchange, message);
  const lane = laneOf(message, caller.serverConfig);
  return {
    ...caller,
    ...(message.era === 'legacy' && session),
    ...taskOf(exchange, message),
    lane,
    message,
    body,
    ...((lane === 'call' || lane === 'ask') && { toolCall: describeCall(message as RequestMessage, exchange, caller.serverConfig) }),
  };
}

/** Who asks, and for which server. */
export async function identifyCaller(exchange: Exchange, { config, tokens }: IdentifyParts): Promise<Caller> {
  checkOrigin(exchange, config.allowedOrigins);
  const agent = await verifyToken(exchange, tokens);
  const serverConfig = findServer(exchange.serverName, config.servers);
  return { exchange, agent, agentId: agentId(agent), server: exchange.serverName, serverConfig };
}

type Caller = Pick<Identified, 'exchange' | 'agent' | 'agentId' | 'server' | 'serverConfig'>;

function checkOrigin(exchange: Exchange, allowed: readonly string[]): void {
  const origin = exchange.header('origin');
  if (origin !== undefined && !isAllowedOrigin(origin, exchange.header('host'), allowed)) {
    throw new FleetError('ORIGIN_DENIED', { reason: `${JSON.stringify(origin.slice(0, 200))} is not among the fleet's allowedOrigins` });
  }
}

async function verifyToken(exchange: Exchange, tokens: TokenVerifier): Promise<Agent> {
  const [scheme, token] = exchange.header('authorization')?.split(' ') ?? [];
  try {
    if (scheme?.toLowerCase() !== 'bearer' || !token)
      throw new FleetError('UNAUTHENTICATED', { reason: 'send "Authorization: Bearer <access token>"' });
    return await tokens.verify(token);
  } catch (error) {
    if (!FleetError.is(error) || error.kind !== 'UNAUTHENTICATED') throw error;
    throw new FleetError('UNAUTHENTICATED', {
      ...error.detail,
      headers: { 'www-authenticate': challenge(exchange, token ? 'invalid_token' : undefined) },
    });
  }
}

/** RFC 6750 §3 challenge with the `resource_metadata` of RFC 9728 §5.1. */
function challenge(exchange: Exchange, error: string | undefined): string {
  const metadata = `${exchange.baseUrl}/.well-known/oauth-protected-resource/${exchange.serverName}/mcp`;
  return `Bearer ${error === undefined ? '' : `error="${error}", `}resource_metadata="${metadata}"`;
}

function findServer(name: string, servers: Readonly<Record<string, ServerConfig>>): ServerConfig {
  const server = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (server === undefined) throw new FleetError('UNKNOWN_SERVER', { reason: `"${name.slice(0, 40)}" is not a server of this fleet` });
  return server;
}

function checkMediaTypes(exchange: Exchange): void {
  const type = exchange.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new FleetError('UNSUPPORTED_MEDIA_TYPE', { reason: `got ${JSON.stringify(type ?? '')}` });
  const accept = exchange.header('accept') ?? '';
  if (accept.includes('*/*')) return;
  if (!accept.includes('application/json') || !accept.includes('text/event-stream')) {
    throw new FleetError('NOT_ACCEPTABLE', { reason: `got ${JSON.stringify(accept.slice(0, 200))}` });
  }
}

/** A GET that names an event of ours resumes a call's answer; any other opens the server's own stream. */
function laneWithoutBody(exchange: Exchange): { lane: Lane; resumes?: CallEvent } {
  if (exchange.request.method === 'DELETE') return { lane: 'close' };
  const resumes = parseCallEventId(exchange.header(LAST_EVENT_ID_HEADER) ?? '');
  if (resumes === undefined) {
    if (exchange.header(SESSION_HEADER) !== undefined) return { lane: 'stream' };
    throw new FleetError('METHOD_NOT_ALLOWED', {
      reason:
        'a GET opens the stream of a session, and no Mcp-Session-Id came: begin with POST initialize (the HTTP+SSE transport of 2024-11-05 is not served)',
      headers: { allow: 'POST' },
    });
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

function laneOf(message: Message, server: ServerConfig): Lane {
  if (message.kind !== 'request') return 'relay';
  if (message.method === 'tools/call') return isOutcomeTool(server, message.params.name) ? 'ask' : 'call';
  if (message.method === 'tools/list') return 'list';
  if (message.method === 'initialize' && message.era === 'legacy') return 'open';
  return 'relay';
}

function describeCall(message: RequestMessage, exchange: Exchange, server: ServerConfig): ToolCall {
  const { name, arguments: args } = message.params;
  if (typeof name !== 'string' || name === '') throw new FleetError('INVALID_PARAMS', { reason: 'tools/call needs "name", a string' });
  if (args !== undefined && !isObject(args))
    throw new FleetError('INVALID_PARAMS', { reason: '"arguments" of tools/call must be an object' });
  const policy = toolConfigOf(server, name);
  const { inputResponses, requestState } = message.params;
  const continuation =
    inputResponses === undefined && requestState === undefined ? undefined : [inputResponses ?? null, requestState ?? null];
  const key = idempotencyKey(message, exchange, policy.keyArgument === undefined ? undefined : args?.[policy.keyArgument]);
  return {
    callId: randomUUID(),
    tool: name,
    argumentsText: JSON.stringify(args ?? {}),
    digest: callDigest(name, args, continuation),
    ...(continuation !== undefined && { continuation: true as const }),
    policy,
    ...(key !== undefined && { idempotencyKey: key }),
  };
}

/** The key from `_meta`, the header (draft-ietf-httpapi-idempotency-key-header, a quoted string), or the declared argument; all that are given must agree. */
function idempotencyKey(message: RequestMessage, exchange: Exchange, argument: Json | undefined): string | undefined {
  const header = exchange.header(IDEMPOTENCY_KEY_HEADER)?.replace(/^"(.*)"$/, '$1');
  const given = [message.meta[KEY_META], header, argument].filter((key) => key !== undefined && key !== null);
  const [key] = given;
  if (key === undefined) return undefined;
  if (given.some((other) => other !== key))
    throw new FleetError('HEADER_MISMATCH', { reason: 'the idempotency keys in _meta, header and argument differ' });
  if (typeof key !== 'string' || key.length === 0 || Buffer.byteLength(key) > KEY_LIMIT_BYTES) {
    throw new FleetError('INVALID_PARAMS', { reason: `an idempotency key must be a string of 1 to ${KEY_LIMIT_BYTES} bytes` });
  }
  return key;
}

function taskOf(exchange: Exchange, message: Message | undefined): { task?: string } {
  const meta = message === undefined || message.kind === 'response' ? {} : message.meta;
  const trace = /^[\da-f]{2}-([\da-f]{32})-/.exec(String(meta.traceparent ?? exchange.header('traceparent') ?? ''))?.[1];
  const task = meta[TASK_META] ?? exchange.header(TASK_HEADER) ?? trace;
  return typeof task === 'string' && task !== '' ? { task: task.slice(0, 255) } : {};
}
