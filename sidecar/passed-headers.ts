import { LAST_EVENT_ID_HEADER, SESSION_HEADER } from '../core/headers';
import { OWN_EVENT_ID } from './event-stream';

/**
 * Headers that are not passed on, in either direction: those of one connection (RFC 9110 §7.6.1), those that hold
 * authority (an agent's token and cookies are not the server's, nor the other way round), the fleet's own, and a session's id,
 * which is told by who knows under which it is known on the other side.
 */
const WITHHELD = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'authorization',
  'cookie',
  'set-cookie',
  SESSION_HEADER,
];
const FLEET_PREFIX = 'mcp-fleet-';
const FROM_SERVER = new Set(WITHHELD);
/** A stream may be written into, and may end where its server did not think. */
const FROM_STREAM = new Set([...WITHHELD, 'content-length']);
/** The proxied request has a host and a length of its own, and an answer that is compressed could not be kept alive. */
const FROM_GATEWAY = new Set([...WITHHELD, 'host', 'content-length', 'accept-encoding']);

/**
 * Flat name–value pairs for the server.
 * @param raw `IncomingMessage.rawHeaders`
 * @param credential name of the header by which the gateway itself is known to the server
 */
export function requestHeaders(raw: readonly string[], credential?: string): string[] {
  return pass(raw, FROM_GATEWAY, credential);
}

/** Flat name–value pairs for the gateway. @param raw flat name–value pairs of the server */
export function responseHeaders(raw: readonly string[], isStream: boolean): string[] {
  return pass(raw, isStream ? FROM_STREAM : FROM_SERVER);
}

function pass(raw: readonly string[], withheld: ReadonlySet<string>, credential?: string): string[] {
  const passed: string[] = [];
  let nominated: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    if (name === 'connection') nominated = (nominated === undefined ? '' : `${nominated},`) + value.toLowerCase();
    if ((withheld.has(name) && name !== credential) || name.startsWith(FLEET_PREFIX)) continue;
    // No server has given such an id.
    if (name === LAST_EVENT_ID_HEADER && value.startsWith(OWN_EVENT_ID)) continue;
    passed.push(name, value);
  }
  return nominated === undefined || /^(close|keep-alive)$/.test(nominated) ? passed : withoutNominated(passed, nominated);
}

/** `Connection` may name more headers that belong to the connection. */
function withoutNominated(passed: readonly string[], connection: string): string[] {
  const names = connection.split(',').map((name) => name.trim());
  return passed.filter((_, i) => !names.includes(passed[i - (i % 2)] as string));
}
