import { FleetError } from '../core/errors';
import { METHOD_HEADER, NAME_HEADER, PROTOCOL_VERSION_HEADER } from '../core/headers';
import { LEGACY_REVISIONS, type Message, MODERN_REVISION, type RequestMessage } from '../core/message';
import { decodeHeaderValue } from '../core/param-headers';
import type { Exchange } from './exchange';

/** What `Mcp-Name` must repeat, by method (MCP 2026-07-28, Streamable HTTP § Standard Headers). */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

/**
 * Holds the headers against the body, which is what decides: a modern request must carry them, and none may contradict.
 * @throws FleetError HEADER_MISMATCH (-32020), UNSUPPORTED_VERSION (-32022)
 */
export function checkHeaders(exchange: Exchange, message: Message): void {
  checkVersion(exchange.header(PROTOCOL_VERSION_HEADER), message);
  if (message.kind === 'response') return;
  const required = message.era === 'modern';
  agree(METHOD_HEADER, exchange.header(METHOD_HEADER), message.method, required);
  if (message.kind === 'request') checkName(exchange.header(NAME_HEADER), message, required);
}

function checkVersion(header: string | undefined, message: Message): void {
  if (message.era === 'modern') agree(PROTOCOL_VERSION_HEADER, header, MODERN_REVISION, true);
  if (message.era === 'modern' || header === undefined || (LEGACY_REVISIONS as readonly string[]).includes(header)) return;
  if (header === MODERN_REVISION) {
    throw mismatch(`${PROTOCOL_VERSION_HEADER} says ${MODERN_REVISION} and the body carries no such version in params._meta`);
  }
  throw new FleetError('UNSUPPORTED_VERSION', {
    reason: `${PROTOCOL_VERSION_HEADER} says ${JSON.stringify(header.slice(0, 40))}; allowed are ${[...LEGACY_REVISIONS, MODERN_REVISION].join(', ')}`,
    data: { supported: [...LEGACY_REVISIONS, MODERN_REVISION], requested: header },
  });
}

function checkName(header: string | undefined, message: RequestMessage, required: boolean): void {
  const member = NAMED_BY[message.method];
  if (member === undefined) return;
  const value = message.params[member];
  if (typeof value !== 'string') return; // the server refuses it for what it is
  agree(NAME_HEADER, header === undefined ? undefined : decodeHeaderValue(NAME_HEADER, header), value, required);
}

function agree(name: string, header: string | undefined, body: string, required: boolean): void {
  if (header === undefined && required) throw mismatch(`${name} is missing`);
  if (header !== undefined && header.trim() !== body) throw mismatch(`${name} does not repeat what the body says`);
}

function mismatch(reason: string): FleetError {
  return new FleetError('HEADER_MISMATCH', { reason });
}
