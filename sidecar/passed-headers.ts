/**
 * Headers that are not passed on, in either direction: those of one connection (RFC 9110 §7.6.1), those that hold
 * authority (an agent's token and cookies are not the server's, nor the other way round), and the fleet's own.
 */
const WITHHELD = new Set([
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
]);
const FLEET_PREFIX = 'mcp-fleet-';
/** The proxied request has a host and a length of its own, and an answer that is compressed could not be kept alive. */
const REQUEST_ONLY = new Set(['host', 'content-length', 'accept-encoding']);

/** Flat name–value pairs for the server. @param raw `IncomingMessage.rawHeaders` */
export function requestHeaders(raw: readonly string[]): string[] {
  return pass(raw, REQUEST_ONLY);
}

/** Flat name–value pairs for the gateway. @param raw pairs as undici gives them */
export function responseHeaders(raw: readonly (Buffer | string)[]): string[] {
  const text: string[] = [];
  for (const item of raw) text.push(typeof item === 'string' ? item : item.toString('latin1'));
  return pass(text);
}

/** @param flat name–value pairs, names in lower case */
export function withoutHeader(flat: readonly string[], name: string): string[] {
  return flat.filter((_, i) => flat[i - (i % 2)] !== name);
}

/** @param flat name–value pairs, names in lower case */
export function headerValue(flat: readonly string[], name: string): string | undefined {
  for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return flat[i + 1];
  return undefined;
}

function pass(raw: readonly string[], alsoWithheld?: ReadonlySet<string>): string[] {
  const passed: string[] = [];
  let nominated: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (name === 'connection') nominated = raw[i + 1]?.toLowerCase();
    if (WITHHELD.has(name) || name.startsWith(FLEET_PREFIX) || alsoWithheld?.has(name)) continue;
    passed.push(name, raw[i + 1] as string);
  }
  return nominated === undefined || /^(close|keep-alive)$/.test(nominated) ? passed : withoutNominated(passed, nominated);
}

/** `Connection` may name more headers that belong to the connection. */
function withoutNominated(passed: readonly string[], connection: string): string[] {
  const names = connection.split(',').map((name) => name.trim());
  return passed.filter((_, i) => !names.includes(passed[i - (i % 2)] as string));
}
