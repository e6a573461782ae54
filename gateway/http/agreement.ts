import { FleetError } from '../../core/errors';
import { METHOD_HEADER, NAME_HEADER, PROTOCOL_VERSION_HEADER } from '../../core/headers';
import { LEGACY_REVISIONS, type Message, MODERN_REVISION, MODERN_VERSION_META, type RequestMessage } from '../../core/message';
import { METHODS } from '../../core/methods';
import { decodeHeaderValue } from '../../core/param-headers';
import type { Json } from '../../core/strict-json';
import type { Exchange } from './exchange';

/**
 * Holds the headers against the body, which is what decides: a modern request must carry them, and none may contradict.
 * @throws FleetError HEADER_MISMATCH (-32020), INVALID_PARAMS (-32602), UNSUPPORTED_VERSION (-32022)
 */
export function checkHeaders(exchange: Exchange, message: Message): void {
  checkVersion(exchange.header(PROTOCOL_VERSION_HEADER), message);
  if (message.kind === 'response') {
    if (exchange.header(METHOD_HEADER) !== undefined) throw mismatch(`${METHOD_HEADER} stands beside a response, which has no method`);
    return;
  }
  // Of notifications the specification asks for none; where one is there it must be true, as for the SDKs' servers.
  const required = message.era === 'modern' && message.kind === 'request';
  agree(METHOD_HEADER, exchange.header(METHOD_HEADER), message.method, required);
  if (message.kind === 'request') checkName(exchange.header(NAME_HEADER), message, required);
}

function checkVersion(header: string | undefined, message: Message): void {
  if (message.era === 'modern') checkModernVersion(header, message.revision);
  else if (header === MODERN_REVISION && message.kind === 'request') {
    throw new FleetError('INVALID_PARAMS', { reason: `a request of ${MODERN_REVISION} needs params._meta["${MODERN_VERSION_META}"]` });
  } else if (header !== undefined && header !== MODERN_REVISION && !isLegacy(header)) {
    throw unsupported(header, [...LEGACY_REVISIONS, MODERN_REVISION]);
  }
}

/** First header against body, then body against what is spoken here. */
function checkModernVersion(header: string | undefined, revision: Json | undefined): void {
  agree(PROTOCOL_VERSION_HEADER, header, String(revision), true);
  if (revision !== MODERN_REVISION) throw unsupported(revision, [MODERN_REVISION]);
}

function isLegacy(revision: string): boolean {
  return (LEGACY_REVISIONS as readonly string[]).includes(revision);
}

function unsupported(requested: Json | undefined, supported: readonly string[]): FleetError {
  return new FleetError('UNSUPPORTED_VERSION', {
    reason: `${JSON.stringify(requested)?.slice(0, 60)} was asked for; ${supported.join(', ')} can be had`,
    data: { supported, requested },
  });
}

function checkName(header: string | undefined, message: RequestMessage, required: boolean): void {
  const member = Object.hasOwn(METHODS, message.method) ? METHODS[message.method]?.namedBy : undefined;
  if (member === undefined) return;
  const value = message.params[member];
  if (typeof value !== 'string') return; // the server refuses it for what it is
  agree(NAME_HEADER, header === undefined ? undefined : decodeHeaderValue(NAME_HEADER, header), value, required);
}

function agree(name: string, header: string | undefined, body: string, required: boolean): void {
  if (header === undefined && required) throw mismatch(`${name} is missing`);
  if (header !== undefined && header !== body) throw mismatch(`${name} does not repeat what the body says`);
}

function mismatch(reason: string): FleetError {
  return new FleetError('HEADER_MISMATCH', { reason });
}
