import { findMember, isEmptyObject, skipSpace } from '../core/json-members';

/** A JSON-RPC message as far as recovery looks into it. */
export interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: {
    readonly name?: unknown;
    readonly arguments?: Record<string, unknown>;
    readonly _meta?: Record<string, unknown>;
    readonly [member: string]: unknown;
  };
  readonly result?: Record<string, unknown> & { readonly _meta?: Record<string, unknown> };
  readonly error?: { readonly code?: number; readonly message?: string; readonly data?: Record<string, unknown> };
}

/** One JSON-RPC message; undefined for a batch and for anything else. */
export function parseMessage(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a message answers a request. */
export function isResponseTo(message: Message | undefined, id: unknown): message is Message {
  return message !== undefined && message.id === id && (message.result !== undefined || message.error !== undefined);
}

/** Adds members to `params._meta` of a request by insertion; all other bytes stay as the client wrote them. */
export function addMeta(text: string, added: Readonly<Record<string, string>>): string {
  const members = Object.entries(added).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const root = skipSpace(text, 0);
  const params = findMember(text, root, 'params');
  if (members.length === 0 || params === undefined || text[params.start] !== '{') return text;
  const meta = findMember(text, params.start, '_meta');
  return meta !== undefined && text[meta.start] === '{'
    ? insertFirst(text, meta.start, members.join(','))
    : insertFirst(text, params.start, `"_meta":{${members.join(',')}}`);
}

function insertFirst(text: string, brace: number, members: string): string {
  return `${text.slice(0, brace + 1)}${members}${isEmptyObject(text, brace) ? '' : ','}${text.slice(brace + 1)}`;
}
