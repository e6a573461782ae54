import { parse as parseContentType } from 'content-type';
import Negotiator from 'negotiator';
import { FleetError } from '../../core/errors';
import { remembered } from '../../core/remembered';

/** Headers by which something is decided: a second one, or a list in one, could be read as either. `mcp-…` are, too. */
// biome-ignore format: a list of words
const DECIDING: ReadonlySet<string> = new Set([
  'authorization', 'content-type', 'content-encoding', 'idempotency-key', 'last-event-id', 'origin', 'host', 'traceparent',
]);
/** Visible ASCII and space (RFC 9110 § 5.5): what lies beyond is read in more than one way, and so is a folded line. */
const FIELD_VALUE = /^[\x20-\x7e\t]*$/;

const JSON_TYPE = 'application/json';
const STREAM_TYPE = 'text/event-stream';

/**
 * Refuses headers that two readers could read differently.
 * @param raw `IncomingMessage.rawHeaders`
 * @throws FleetError HEADER_MISMATCH
 */
export function checkFields(raw: readonly string[]): void {
  const seen = new Set<string>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase();
    if (!DECIDING.has(name) && !name.startsWith('mcp-')) continue;
    if (seen.has(name)) throw new FleetError('HEADER_MISMATCH', { reason: `${name} comes more than once` });
    if (!FIELD_VALUE.test(raw[index + 1] as string))
      throw new FleetError('HEADER_MISMATCH', { reason: `${name} holds more than visible ASCII` });
    seen.add(name);
  }
}

/**
 * Holds what a body claims to be against the one thing that it may be: JSON in UTF-8 (RFC 8259 § 8.1) as it stands.
 * @throws FleetError UNSUPPORTED_MEDIA_TYPE
 */
export function checkContent(type = '', coding = 'identity', transfer = 'chunked'): void {
  const { isJson, charsets } = readType(type);
  if (!isJson) throw unsupported(`got ${JSON.stringify(type.slice(0, 200))}`);
  if (charsets.some((charset) => charset !== 'utf-8' && charset !== 'utf8')) throw unsupported(`charset ${charsets.join()} is not utf-8`);
  if (transfer.trim().toLowerCase() !== 'chunked') throw unsupported(`Transfer-Encoding ${transfer.slice(0, 40)} is not taken`);
  if (coding.toLowerCase() !== 'identity')
    throw unsupported(`Content-Encoding ${coding.slice(0, 40)} is not taken`, { 'accept-encoding': 'identity' });
}

/** Callers write their headers in few ways, again and again. */
const REMEMBERED_HEADERS = 100;

/** One media type with its parameters (RFC 9110 § 8.3.1): of a list, as of two fields that were joined, each reader takes its own. */
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+(?:[ \t]*;[ \t]*(?:[\w.+-]+=(?:[^\s"(),/:;<=>?@[\\\]{}]*|"(?:[^"\\]|\\.)*"))?)*[ \t]*$/;

const readType = remembered(REMEMBERED_HEADERS, (type) => ({
  isJson: MEDIA_TYPE.test(type) && parseContentType(type).type === JSON_TYPE,
  charsets: [...type.matchAll(/charset\s*=\s*"?([^";,\s]*)/gi)].map(([, charset = '']) => charset.toLowerCase()),
}));

/**
 * Whether an answer can be given in a form that its reader takes (RFC 9110 § 12.5.1): a POST may be answered by JSON or by a stream.
 * @throws FleetError NOT_ACCEPTABLE
 */
export function checkAccept(method: string, accept: string | undefined): void {
  const wanted = method === 'GET' ? [STREAM_TYPE] : method === 'POST' ? [JSON_TYPE, STREAM_TYPE] : [];
  if (accept !== undefined && wanted.some((type) => !takenBy(accept).includes(type))) {
    throw new FleetError('NOT_ACCEPTABLE', {
      reason: `got ${JSON.stringify(accept?.slice(0, 200))}; ${wanted.join(' and ')} must be acceptable`,
    });
  }
}

/** Which of the forms a reader takes. Both are UTF-8 by definition; a range that says so is the range without. */
const takenBy = remembered(REMEMBERED_HEADERS, (accept) => {
  const ranges = accept.replace(/;\s*charset\s*=\s*"?utf-?8"?/gi, '');
  return new Negotiator({ headers: { accept: ranges } }).mediaTypes([JSON_TYPE, STREAM_TYPE]);
});

/** The token of `Authorization: Bearer` (RFC 6750 § 2.1); undefined where it holds none, or more than one. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w~+/.-]+=*) *$/i.exec(authorization ?? '')?.[1];
}

/**
 * The value of `Idempotency-Key`: a structured string (RFC 8941 § 3.3.3), or as many send it, bare.
 * @throws FleetError HEADER_MISMATCH for a list
 */
export function idempotencyKeyField(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(value)?.[1];
  if (quoted !== undefined) return quoted.replace(/\\(["\\])/g, '$1');
  if (value.includes('"') || value.includes(','))
    throw new FleetError('HEADER_MISMATCH', { reason: 'Idempotency-Key must hold one key; quote it if it has commas' });
  return value;
}

function unsupported(reason: string, headers?: Record<string, string>): FleetError {
  return new FleetError('UNSUPPORTED_MEDIA_TYPE', { reason, ...(headers !== undefined && { headers }) });
}
