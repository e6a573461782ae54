import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { EVENT_ID_PREFIX } from './headers';
import type { Json } from './strict-json';

/** Names an event of one of our streams: the answer to a call, or an event of the server's. */
export type EventName = CallEvent | ServerEvent;

/** Where the answer to a call will be. */
export interface CallEvent {
  readonly kind: 'call';
  /** Last part of the row's key: `k:` and the caller's key, or `c:` and the call id. */
  readonly row: string;
  /** JSON text of the id of the request that awaits the answer. */
  readonly requestId: string;
  /** The id stands on the answer itself: who comes back with it has had it. */
  readonly told?: true;
}

/** Behind which event of the server's its stream goes on, and what a response on it will be. */
export interface ServerEvent {
  readonly kind: 'server';
  /** The server's own event id. */
  readonly id: string;
  /** The request whose stream it was; absent for the standalone stream of a session. */
  readonly request?: AwaitedRequest;
}

/** What a response is judged by, wherever it arrives. */
export interface AwaitedRequest {
  readonly method: string;
  /** JSON text of the id that the agent gave. */
  readonly requestId: string;
  /** The id that the server was given. */
  readonly upstreamId: number;
  /** The tool of a `tools/call`. */
  readonly tool?: string;
  /** A list is continued: it is not its first page. */
  readonly continued?: true;
}

/** Who may come back with an event id. */
export interface EventBinding {
  readonly agent: string;
  readonly server: string;
  /** The session id that the agent holds; absent where there is none. */
  readonly session?: string;
}

/** Longest event id, in characters. */
export const EVENT_ID_LIMIT = 1024;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The id under which an event leaves: a prefix and `[A-Za-z0-9_-]`, AES-256-GCM under a key of the session's own, so that random nonces never come
 * near their bound (NIST SP 800-38D § 8.3). Undefined for one that would be longer than others carry: such an event has no id.
 */
export function sealEvent(event: EventName, binding: EventBinding, key: Buffer): string | undefined {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyFor(binding, key), nonce, { authTagLength: TAG_BYTES });
  const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify(pack(event)), 'utf8'), cipher.final(), cipher.getAuthTag()]);
  const id = EVENT_ID_PREFIX + sealed.toString('base64url');
  return id.length > EVENT_ID_LIMIT ? undefined : id;
}

/** What an event id of ours names. Undefined for any other, one that was altered, and one of another agent, server or session. */
export function openEvent(id: string, binding: EventBinding, keys: readonly Buffer[]): EventName | undefined {
  if (id.length > EVENT_ID_LIMIT || !id.startsWith(EVENT_ID_PREFIX)) return undefined;
  const text = id.slice(EVENT_ID_PREFIX.length);
  const sealed = Buffer.from(text, 'base64url');
  if (sealed.length <= NONCE_BYTES + TAG_BYTES || sealed.toString('base64url') !== text) return undefined;
  for (const key of keys) {
    const packed = open(sealed, keyFor(binding, key));
    if (packed !== undefined) return unpack(JSON.parse(packed) as Json[]);
  }
  return undefined;
}

function open(sealed: Buffer, key: KeyObject): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return undefined; // the tag does not fit
  }
}

/** Sessions whose key is remembered. */
const REMEMBERED_KEYS = 10_000;
/** Keys of sessions, by the one that they come from: making one takes several times what sealing with it takes. */
const remembered = new WeakMap<Buffer, Map<string, KeyObject>>();

function keyFor({ agent, server, session = '' }: EventBinding, key: Buffer): KeyObject {
  const known = remembered.get(key) ?? new Map<string, KeyObject>();
  remembered.set(key, known);
  const bound = `event id v1\0${server}\0${agent}\0${session}`;
  const made = known.get(bound) ?? createSecretKey(createHmac('sha256', key).update(bound).digest());
  if (known.size >= REMEMBERED_KEYS && !known.has(bound)) known.delete(known.keys().next().value as string);
  known.set(bound, made);
  return made;
}

function pack(event: EventName): Json[] {
  if (event.kind === 'call') return ['c', event.row, event.requestId, event.told === true ? 1 : 0];
  const { id, request } = event;
  if (request === undefined) return ['s', id];
  return ['s', id, request.method, request.requestId, request.upstreamId, request.tool ?? null, request.continued === true ? 1 : 0];
}

/** Its seal was ours: it has the shape that {@link pack} gave it. */
function unpack(packed: Json[]): EventName {
  if (packed[0] === 'c') {
    const [, row, requestId, told] = packed as [string, string, string, number];
    return { kind: 'call', row, requestId, ...(told === 1 && { told: true }) };
  }
  const [, id, method, requestId, upstreamId, tool, continued] = packed as [
    string,
    string,
    string?,
    string?,
    number?,
    (string | null)?,
    number?,
  ];
  if (method === undefined) return { kind: 'server', id };
  const request = { method, requestId: requestId as string, upstreamId: upstreamId as number };
  return {
    kind: 'server',
    id,
    request: { ...request, ...(typeof tool === 'string' && { tool }), ...(continued === 1 && { continued: true }) },
  };
}
