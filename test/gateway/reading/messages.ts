/** Messages that agents send in these tests. */

export const VERSION_META = 'io.modelcontextprotocol/protocolVersion';
export const MODERN_META = { [VERSION_META]: '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
export const KEY_META = 'cdk-mcp-fleet/idempotencyKey';

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'agent', version: '1' } },
};

/** A call; one with a key names an intent. */
export function call(name: string, args: object = {}, key?: string, id: unknown = 1): object {
  const meta = key === undefined ? {} : { _meta: { [KEY_META]: key } };
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, ...meta } };
}

/** Headers that a modern message needs beside its body. */
export function modernHeaders(method: string, name?: string): Record<string, string> {
  return { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...(name !== undefined && { 'mcp-name': name }) };
}

/** A modern request. */
export function modern(method: string, params: { readonly _meta?: object } & Record<string, unknown> = {}, id: unknown = 1): object {
  return { ...modernNotification(method, params), id };
}

export function modernNotification(method: string, params: { readonly _meta?: object } & Record<string, unknown> = {}): object {
  return { jsonrpc: '2.0', method, params: { ...params, _meta: { ...params._meta, ...MODERN_META } } };
}
