import type { Era } from './era';
import { FleetError } from './errors';
import { KEY_META, TASK_META } from './meta';
import { ambiguousName } from './reading/folding';
import type { Json } from './strict-json';

/** The first sessionless revision of the protocol. */
export const MODERN_REVISION = '2026-07-28';
/** Revisions that begin with `initialize`. */
export const LEGACY_REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;
/** `_meta` member that makes a request a modern one (MCP 2026-07-28, basic § Versioning). */
export const MODERN_VERSION_META = 'io.modelcontextprotocol/protocolVersion';

export type JsonObject = { readonly [member: string]: Json };
export type RequestId = string | number;

interface Said {
  readonly era: Era;
  /** What a modern message names, spoken here or not. */
  readonly revision?: Json;
  readonly method: string;
  /** Empty where `params` is absent or null. */
  readonly params: JsonObject;
  readonly meta: JsonObject;
}

/** One JSON-RPC message of an agent, classified once from its body. */
export type Message =
  | ({ readonly kind: 'request'; readonly id: RequestId } & Said)
  | ({ readonly kind: 'notification' } & Said)
  | { readonly kind: 'response'; readonly era: 'legacy'; readonly id: RequestId };

export type RequestMessage = Extract<Message, { kind: 'request' }>;

const NONE: JsonObject = Object.freeze({});

/** Longest id of a request, in bytes of UTF-8. */
export const REQUEST_ID_LIMIT_BYTES = 255;

/** Members of a JSON-RPC 2.0 message. */
const ENVELOPE = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);
/** Members of `params` that somebody reads: the gateway, or any server of any revision. */
// biome-ignore format: a list of words
const PARAMS = new Set([
  '_meta', 'name', 'arguments', 'cursor', 'uri', 'level', 'ref', 'argument', 'context', 'task', 'taskId', 'protocolVersion', 'capabilities', 'clientInfo',
  'requestId', 'reason', 'progressToken', 'progress', 'total', 'message', 'inputResponses', 'requestState', 'notifications',
]);
/** Members of `_meta` that somebody reads. */
// biome-ignore format: a list of words
const META = new Set([
  MODERN_VERSION_META, 'io.modelcontextprotocol/clientCapabilities', 'io.modelcontextprotocol/clientInfo', 'io.modelcontextprotocol/logLevel',
  'io.modelcontextprotocol/related-task', 'io.modelcontextprotocol/subscriptionId', 'progressToken', 'traceparent', 'tracestate', 'baggage', KEY_META, TASK_META,
]);

/**
 * Says what one parsed body is. Null stands for absent in `params` and `_meta`, where servers differ.
 * @throws FleetError INVALID_REQUEST when it is no single JSON-RPC 2.0 message, or a parser that takes no notice of case could read another
 */
export function classifyMessage(body: Json): Message {
  if (Array.isArray(body)) throw invalid('it is a batch, which revisions since 2025-06-18 do not have; send one message per POST');
  if (!isObject(body)) throw invalid('it is not an object');
  if (body.jsonrpc !== '2.0') throw invalid('"jsonrpc" must be "2.0"');
  checkNames(body, ENVELOPE, 'the message');
  const stranger = Object.keys(body).find((name) => !ENVELOPE.has(name));
  if (stranger !== undefined) throw invalid(`${quoted(stranger)} is no member of a JSON-RPC message`);
  if (body.method === undefined) return classifyResponse(body);
  if (typeof body.method !== 'string') throw invalid('"method" must be a string');
  if (body.result !== undefined || body.error !== undefined) throw invalid('it has "method" and is a response at once');
  const params = optionalObject(body.params, '"params"');
  const meta = optionalObject(params._meta, '"params._meta"');
  checkNames(params, PARAMS, '"params"');
  checkNames(meta, META, '"params._meta"');
  checkToken(meta.progressToken);
  const said = { ...eraOf(meta), method: body.method, params, meta };
  return body.id === undefined ? { kind: 'notification', ...said } : { kind: 'request', ...said, id: idOf(body) };
}

/** The id that an error about this body should carry, where one can be told. */
export function requestIdOf(body: Json): RequestId | null {
  if (!isObject(body) || body.method === undefined) return null;
  return typeof body.id === 'string' || typeof body.id === 'number' ? body.id : null;
}

export function isObject(value: Json | undefined): value is { [member: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An answer to a request of the server: exactly one of result and error, where null beside the other is absent. */
function classifyResponse(body: JsonObject): Message {
  const { result = null, error = null } = body;
  const given = body.result !== undefined || body.error !== undefined;
  if (body.id === undefined || !given || (result !== null && error !== null)) {
    throw invalid('it is neither a request ("method"), a notification, nor a response ("id" with "result" or "error")');
  }
  return { kind: 'response', era: 'legacy', id: idOf(body) };
}

function idOf({ id }: JsonObject): RequestId {
  if (typeof id === 'string' ? Buffer.byteLength(id) <= REQUEST_ID_LIMIT_BYTES : Number.isInteger(id)) return id as RequestId;
  throw invalid(`"id" must be an integer or a string of at most ${REQUEST_ID_LIMIT_BYTES} bytes`);
}

function eraOf(meta: JsonObject): { era: Era; revision?: Json } {
  const revision = meta[MODERN_VERSION_META];
  return revision === undefined ? { era: 'legacy' } : { era: 'modern', revision };
}

function optionalObject(value: Json | undefined, name: string): JsonObject {
  if (value === undefined || value === null) return NONE;
  if (!isObject(value)) throw invalid(`${name} must be an object`);
  return value;
}

/** A token of another kind would be passed on and never heard of again. */
function checkToken(token: Json | undefined): void {
  if (token !== undefined && typeof token !== 'string' && typeof token !== 'number')
    throw invalid('"progressToken" must be a string or a number');
}

function checkNames(object: JsonObject, known: ReadonlySet<string>, where: string): void {
  const name = ambiguousName(Object.keys(object), known);
  if (name !== undefined) throw invalid(`${quoted(name)} in ${where} differs in case only from another name that is read there`);
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}

function invalid(reason: string): FleetError {
  return new FleetError('INVALID_REQUEST', { reason });
}
