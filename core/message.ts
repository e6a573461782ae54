import { FleetError } from './errors';
import type { Json } from './strict-json';

/** The first sessionless revision of the protocol. */
export const MODERN_REVISION = '2026-07-28';
/** Revisions that begin with `initialize`. */
export const LEGACY_REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;
/** `_meta` member that makes a request a modern one (MCP 2026-07-28, basic § Versioning). */
export const MODERN_VERSION_META = 'io.modelcontextprotocol/protocolVersion';

export type Era = 'legacy' | 'modern';
export type JsonObject = { readonly [member: string]: Json };
export type RequestId = string | number;

/** One JSON-RPC message, classified once from its body. `revision` is what a modern one names, spoken here or not. */
export type Message =
  | {
      readonly kind: 'request';
      readonly era: Era;
      readonly revision?: Json;
      readonly id: RequestId;
      readonly method: string;
      readonly params: JsonObject;
      readonly meta: JsonObject;
    }
  | {
      readonly kind: 'notification';
      readonly era: Era;
      readonly revision?: Json;
      readonly method: string;
      readonly params: JsonObject;
      readonly meta: JsonObject;
    }
  | { readonly kind: 'response'; readonly era: 'legacy' };

export type RequestMessage = Extract<Message, { kind: 'request' }>;

const NONE: JsonObject = Object.freeze({});

/**
 * Says what one parsed body is.
 * @throws FleetError INVALID_REQUEST when it is no single JSON-RPC 2.0 message
 */
export function classifyMessage(body: Json): Message {
  if (Array.isArray(body)) throw invalid('it is a batch, which revisions since 2025-06-18 do not have; send one message per POST');
  if (!isObject(body)) throw invalid('it is not an object');
  if (body.jsonrpc !== '2.0') throw invalid('"jsonrpc" must be "2.0"');
  if (body.method === undefined) return classifyResponse(body);
  if (typeof body.method !== 'string') throw invalid('"method" must be a string');
  const params = optionalObject(body.params, '"params"');
  const meta = optionalObject(params._meta, '"params._meta"');
  const claimed = eraOf(meta);
  if (body.id === undefined) return { kind: 'notification', ...claimed, method: body.method, params, meta };
  if (typeof body.id !== 'string' && !Number.isInteger(body.id)) throw invalid('"id" must be a string or an integer');
  return { kind: 'request', ...claimed, id: body.id as RequestId, method: body.method, params, meta };
}

/** The id that an error about this body should carry, where one can be told. */
export function requestIdOf(body: Json): RequestId | null {
  if (!isObject(body) || body.method === undefined) return null;
  return typeof body.id === 'string' || typeof body.id === 'number' ? body.id : null;
}

export function isObject(value: Json | undefined): value is { [member: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function classifyResponse(body: JsonObject): Message {
  if (body.id === undefined || (body.result === undefined && body.error === undefined)) {
    throw invalid('it is neither a request ("method"), a notification, nor a response ("id" with "result" or "error")');
  }
  return { kind: 'response', era: 'legacy' };
}

function eraOf(meta: JsonObject): { era: Era; revision?: Json } {
  const revision = meta[MODERN_VERSION_META];
  return revision === undefined ? { era: 'legacy' } : { era: 'modern', revision };
}

function optionalObject(value: Json | undefined, name: string): JsonObject {
  if (value === undefined) return NONE;
  if (!isObject(value)) throw invalid(`${name} must be an object`);
  return value;
}

function invalid(reason: string): FleetError {
  return new FleetError('INVALID_REQUEST', { reason });
}
