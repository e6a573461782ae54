import type { Sent } from './send';

export const ERAS = ['legacy', 'modern'] as const;
export type EraName = (typeof ERAS)[number];
type Headers = Sent['headers'];

export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';
const MODERN_META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 'attacker', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A message of an era with the headers that it needs. */
export interface Said {
  readonly headers: Headers;
  readonly body: string;
}

let ids = 0;

/** @param params without what the era itself adds @param meta members of `_meta` beside those */
export function say(era: EraName, method: string, params: object = {}, meta: object = {}): Said {
  const whole = era === 'modern' ? { ...MODERN_META, ...meta } : meta;
  const said = Object.keys(whole).length === 0 ? params : { ...params, _meta: whole };
  const { name, uri } = params as { readonly name?: string; readonly uri?: string };
  return {
    headers: headersOf(era, method, uri ?? name),
    body: JSON.stringify({ jsonrpc: '2.0', id: ++ids, method, params: said }),
  };
}

/** A call of a tool. */
export function call(era: EraName, tool: string, args: object, meta: object = {}): Said {
  return say(era, 'tools/call', { name: tool, arguments: args }, meta);
}

/** What the protocol wants of each request. */
export function headersOf(era: EraName, method: string, name?: string): Headers {
  const base: [string, string][] = [
    ['content-type', 'application/json'],
    ['accept', 'application/json, text/event-stream'],
    ['mcp-protocol-version', era === 'modern' ? MODERN : LEGACY],
  ];
  if (era === 'legacy') return base;
  const named: [string, string][] = name === undefined || !/^[\x21-\x7e]+$/.test(name) ? [] : [['mcp-name', name]];
  return [...base, ['mcp-method', method], ...named];
}

/** Headers without some names, and with others at the end. */
export function changed(headers: Headers, change: Readonly<Record<string, string | undefined>>): Headers {
  const given = Object.entries(change).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return [...headers.filter(([name]) => !(name in change)), ...given];
}
