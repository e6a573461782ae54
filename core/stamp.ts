import { readMembers, writeMembers } from './json-members';
import type { Outcome } from './outcome';
import { dropLikes, foldCase } from './reading/folding';
import { withoutOwnWords } from './reading/server-message';

/** Key in `result._meta` of every result that passed the ledger. */
export const STAMP_KEY = 'cdk-mcp-fleet/call';

export interface Stamp {
  readonly callId: string;
  /** Absent while it is still to come: `state` says so then. */
  readonly outcome?: Outcome;
  /** The server goes on with it as a task. */
  readonly state?: 'sent';
  readonly replayed: boolean;
  readonly sessionRestored: boolean;
}

/**
 * Writes a server's result as its agent may see it: with the stamp where it is that of a call, and without members that only the gateway
 * may write. The values of all others stay as the server wrote them.
 * @param result JSON text of the result, an object
 */
export function stampResult(result: string, stamp?: Stamp): string {
  return stampMembers(withoutOwnWords(result), stamp);
}

/** The same of a result that has been taken apart by {@link withoutOwnWords}. */
export function stampMembers(members: Map<string, string>, stamp?: Stamp): string {
  if (stamp === undefined) return writeMembers(members);
  const meta = readMembers(members.get('_meta')).set(STAMP_KEY, JSON.stringify(stamp));
  return writeMembers(members.set('_meta', writeMembers(meta)));
}

/** Members of `error.data` by which an agent knows an error of the gateway's. */
const OWN_MEMBERS = new Set(
  ['error', 'outcome', 'retry', 'reason', 'callId', 'idempotencyKey', 'retryAfterMs', 'recovery', 'sidecar', 'serverSaid'].map(foldCase),
);
/** Members of an error by which an agent tells what it is. */
const JUDGED: ReadonlySet<string> = new Set(['code', 'message', 'data']);

/** Member of `error.data` that holds what a server said in words of the gateway's. */
export const SERVER_WORDS = 'serverSaid';

/**
 * Writes a server's error as its agent may see it: members of its data that could be taken for the gateway's are moved aside.
 * @param error JSON text of the error, an object
 */
export function markError(error: string): string {
  const members = dropLikes(readMembers(error), JUDGED);
  const data = readMembers(members.get('data'));
  const words = [...data].filter(([name]) => OWN_MEMBERS.has(foldCase(name)));
  if (words.length === 0) return writeMembers(members);
  for (const [name] of words) data.delete(name);
  data.set(SERVER_WORDS, writeMembers(new Map(words)));
  return writeMembers(members.set('data', writeMembers(data)));
}

/** Writes what a server says of a task as its agent may see it: what became of the task's call is within it. @param task JSON text of an object */
export function markTask(task: string): string {
  const members = readMembers(task);
  const [result, error] = [members.get('result'), members.get('error')];
  if (result?.[0] === '{') members.set('result', stampResult(result));
  if (error?.[0] === '{') members.set('error', markError(error));
  return writeMembers(members);
}

/** A JSON-RPC response in the words of this side: what is said is what was judged. @param id JSON text of the id */
export function responseText(id: string, member: 'result' | 'error', payload: string): string {
  return oneLine(`{"jsonrpc":"2.0","id":${id},"${member}":${payload}}`);
}

/** A request or notification of a server, likewise. @param params JSON text of the params, an object */
export function saidText(method: string, params: string | undefined, id?: string): string {
  const said = params === undefined ? '' : `,"params":${writeMembers(withoutOwnWords(params))}`;
  return oneLine(`{"jsonrpc":"2.0",${id === undefined ? '' : `"id":${id},`}"method":${JSON.stringify(method)}${said}}`);
}

/** Line breaks between tokens would end an event's line (WHATWG HTML § 9.2.6); within strings JSON has none. */
function oneLine(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]+/g, ' ') : text;
}
