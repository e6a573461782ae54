import type { Random } from '../../chaos/random';
import type { Members } from './members';

/** How the bytes of a request are put on the wire. */
export interface Wire {
  framing:
    | 'length'
    | 'chunked'
    | 'chunk-bytes'
    | 'chunk-extension'
    | 'chunk-trailer'
    | 'expect'
    | 'length-twice'
    | 'length-and-chunked'
    | 'short'
    | 'long';
  /** TCP writes. */
  pieces: 'whole' | 'halves' | 'bytes';
}

/** One request of an agent, as it will be sent. Dimensions change it in their order: message, text, bytes, headers, wire. */
export interface Draft {
  readonly random: Random;
  readonly modern: boolean;
  readonly tool: string;
  readonly mark: string;
  path: string;
  /** The message; its text is taken where `text` is not set. */
  message: Members;
  text?: string;
  bytes?: Buffer;
  headers: [name: string, value: string][];
  /** Bytes of header lines that no list of headers can say. */
  rawHeaders: string;
  readonly wire: Wire;
  /** Changes of the second and later sendings. */
  repeats: ((again: Draft) => void)[];
}

export function params(draft: Draft): Members {
  return draft.message.member('params');
}

export function args(draft: Draft): Members {
  return params(draft).member('arguments');
}

export function meta(draft: Draft): Members {
  return params(draft).member('_meta');
}

export function setHeader(draft: Draft, name: string, value: string): void {
  draft.headers = [...draft.headers.filter(([other]) => other !== name), [name, value]];
}

export function addHeader(draft: Draft, name: string, value: string): void {
  draft.headers.push([name, value]);
}

export function dropHeader(draft: Draft, name: string): void {
  draft.headers = draft.headers.filter(([other]) => other !== name);
}

export function header(draft: Draft, name: string): string {
  return draft.headers.find(([other]) => other === name)?.[1] ?? '';
}

/** The message as text. */
export function textOf(draft: Draft): string {
  return draft.text ?? draft.message.text();
}

/** Calls a tool of this name; a modern request repeats it in a header. */
export function nameTool(draft: Draft, written: string, spoken: string): void {
  params(draft).set('name', written);
  if (draft.modern)
    setHeader(draft, 'mcp-name', /^[\x21-\x7e]*$/.test(spoken) ? spoken : `=?base64?${Buffer.from(spoken).toString('base64')}?=`);
}
