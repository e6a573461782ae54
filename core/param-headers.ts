import { FleetError } from './errors';
import { exactNumber } from './exact-number';
import { PARAM_HEADER_PREFIX } from './headers';
import { isObject, type JsonObject } from './message';
import { likeOf } from './reading/folding';
import type { Json } from './strict-json';

/** An argument that a tool's schema wants repeated in a header (MCP 2026-07-28, Streamable HTTP § Custom Headers). */
export interface ParamHeader {
  /** Lower-case header name, `mcp-param-` and the annotation. */
  readonly header: string;
  /** Where the argument stands, from the outermost member inwards. */
  readonly path: readonly string[];
}

/** The schema keyword that names the header. */
const ANNOTATION = 'x-mcp-header';
/** A number as JSON writes one (RFC 8259 § 6). */
const NUMBER = /^-?(?:0|[1-9]\d{0,20})(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
const ANNOTATED_TYPES: readonly Json[] = ['string', 'integer', 'boolean'];

/** The headers that a tool's input schema asks for. An annotation that breaks the rules asks for none: clients drop such tools. */
export function paramHeaders(inputSchema: Json | undefined): ParamHeader[] {
  const found: ParamHeader[] = [];
  collect(inputSchema, [], found);
  const names = found.map(({ header }) => header);
  return new Set(names).size === names.length ? found : [];
}

/** Holds the headers of a call against its arguments. @throws FleetError HEADER_MISMATCH */
export function checkParamHeaders(wanted: readonly ParamHeader[], args: JsonObject, header: (name: string) => string | undefined): void {
  for (const { header: name, path } of wanted) {
    const value = argumentAt(args, path);
    const given = header(name);
    if (value === undefined || value === null) {
      if (given !== undefined) throw mismatch(name, 'stands for an argument that the body does not have');
    } else if (given === undefined) {
      throw mismatch(name, 'is missing');
    } else if (!says(decodeHeaderValue(name, given), value)) {
      throw mismatch(name, 'does not repeat what the body says');
    }
  }
}

/** The headers that repeat the arguments of a call. */
export function writeParamHeaders(wanted: readonly ParamHeader[], args: JsonObject): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { header, path } of wanted) {
    const value = argumentAt(args, path);
    if (value !== undefined && value !== null) headers[header] = encodeHeaderValue(String(value));
  }
  return headers;
}

/** A text as a header value: as it is where a header can carry it and it cannot be taken for an encoded one. */
export function encodeHeaderValue(text: string): string {
  const plain = /^[\x20-\x7e]*$/.test(text) && text === text.trim() && !text.startsWith('=?base64?');
  return plain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

/**
 * A header value as text: one that no header can carry comes as `=?base64?…?=` (MCP 2026-07-28, § Header Encoding).
 * @throws FleetError HEADER_MISMATCH for invalid base64
 */
export function decodeHeaderValue(name: string, value: string): string {
  const trimmed = value.trim();
  const encoded = /^=\?base64\?(.*)\?=$/.exec(trimmed)?.[1];
  if (encoded === undefined) return trimmed;
  if (!/^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(encoded)) throw mismatch(name, 'holds invalid base64');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    throw mismatch(name, 'holds base64 of what is no UTF-8');
  }
}

function collect(schema: Json | undefined, path: readonly string[], found: ParamHeader[]): void {
  if (!isObject(schema) || !isObject(schema.properties)) return;
  for (const [member, property] of Object.entries(schema.properties)) {
    if (!isObject(property)) continue;
    const name = property[ANNOTATION];
    if (typeof name === 'string' && TOKEN.test(name) && ANNOTATED_TYPES.includes(property.type as Json)) {
      found.push({ header: PARAM_HEADER_PREFIX + name.toLowerCase(), path: [...path, member] });
    }
    collect(property, [...path, member], found);
  }
}

/** @throws FleetError HEADER_MISMATCH where another member could be taken for one on the way */
function argumentAt(args: JsonObject, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((at, member) => {
    if (!isObject(at)) return undefined;
    const like = likeOf(Object.keys(at), member);
    if (like !== undefined)
      throw mismatch(`the argument ${JSON.stringify(like.slice(0, 60))}`, 'differs in case only from one that a header repeats');
    return Object.hasOwn(at, member) ? at[member] : undefined;
  }, args);
}

function says(text: string, value: Json): boolean {
  return typeof value === 'number' ? NUMBER.test(text) && exactNumber(text) === exactNumber(String(value)) : text === String(value);
}

function mismatch(name: string, what: string): FleetError {
  return new FleetError('HEADER_MISMATCH', { reason: `${name} ${what}` });
}
