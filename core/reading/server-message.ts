import type { Era } from '../era';
import { type Members, readMembers, takeApart, writeMembers } from '../json-members';
import type { RequestId } from '../message';
import type { Json } from '../strict-json';
import { dropLikes, foldCase } from './folding';
import { ANSWER_BOUNDS, JsonFault, scanJson } from './json-scan';

/** A JSON-RPC message of a server, classified once from its text. What is in it passes as it was written, but for what is judged. */
export type ServerMessage = ServerResponse | ServerRequest | ServerNotification | NoMessage;

export interface ServerResponse {
  readonly kind: 'response';
  readonly id: RequestId | null;
  /** Which of the two members it has. */
  readonly member: 'result' | 'error';
  /** JSON text of that member, an object. */
  readonly payload: string;
}

interface ServerSaid {
  readonly method: string;
  /** JSON text of `params`, an object; undefined where there are none. */
  readonly params: string | undefined;
}

export interface ServerRequest extends ServerSaid {
  readonly kind: 'request';
  readonly id: RequestId;
}

export interface ServerNotification extends ServerSaid {
  readonly kind: 'notification';
}

/** What can be taken for no message. */
export interface NoMessage {
  readonly kind: 'none';
  readonly because: string;
  /** It has no `method`, so that whoever waits for a response may wait for this. */
  readonly response: boolean;
}

/**
 * Says what a server's text is. A member that comes twice in what is judged, or a response with both or neither of result and error,
 * is no message: agent and ledger could read it differently. Null beside the other is absent.
 */
export function readServerMessage(text: string): ServerMessage {
  const fault = faultOf(text);
  if (fault !== undefined) return none(fault, true);
  const source = text.trim();
  if (source[0] !== '{') return none('it is no object', true);
  const { members, twice } = takeApart(source);
  const isResponse = !members.has('method');
  if (twice !== undefined) return none(`${quoted(twice)} comes twice`, isResponse);
  if (members.get('jsonrpc') !== '"2.0"') return none('"jsonrpc" is not "2.0"', isResponse);
  return isResponse ? readResponse(members) : readSaid(members);
}

/** Whether an answer carries this id: the same, or as text what was a number, for some servers keep ids as text. */
export function isIdOf(id: RequestId | null, sent: number): boolean {
  return id === sent || id === String(sent);
}

function readResponse(members: Members): ServerMessage {
  const id = idOf(members);
  if (id === undefined) return none('"id" is neither a string, a number nor null', true);
  const result = members.get('result') ?? 'null';
  const error = members.get('error') ?? 'null';
  if ((result === 'null') === (error === 'null')) return none('it is neither a result nor an error', true);
  const member = result === 'null' ? 'error' : 'result';
  const payload = result === 'null' ? error : result;
  if (payload[0] !== '{') return none(`its ${member} is no object`, true);
  const because = member === 'result' ? problemOfResult(payload) : problemOfError(payload);
  return because === undefined ? { kind: 'response', id, member, payload } : none(because, true);
}

function readSaid(members: Members): ServerMessage {
  const method = parse(members.get('method'));
  if (typeof method !== 'string' || members.has('result') || members.has('error'))
    return none('it is a request and a response at once', false);
  const given = members.get('params') ?? 'null';
  const params = given === 'null' ? undefined : given;
  if (params !== undefined && (params[0] !== '{' || repeatedIn(takeApart(params)) !== undefined))
    return none('its params are not one object', false);
  if (!members.has('id')) return { kind: 'notification', method, params };
  const id = idOf(members);
  return id === undefined || id === null ? none('its id is neither a string nor a number', false) : { kind: 'request', id, method, params };
}

function problemOfResult(payload: string): string | undefined {
  const twice = repeatedIn(takeApart(payload));
  return twice === undefined ? undefined : `${quoted(twice)} comes twice in its result`;
}

/** What the SDKs' clients can read (JSON-RPC 2.0 § 5.1). */
function problemOfError(payload: string): string | undefined {
  const parts = takeApart(payload);
  const twice = repeatedIn(parts);
  if (twice !== undefined) return `${quoted(twice)} comes twice in its error`;
  const error = parts.members;
  const code = parse(error.get('code'));
  return Number.isInteger(code) && typeof parse(error.get('message')) === 'string' ? undefined : 'its error has no code or no message';
}

/** A name that comes twice in an object of a message that was taken apart, or in its `_meta`. */
function repeatedIn({ members, twice }: ReturnType<typeof takeApart>): string | undefined {
  const meta = members.get('_meta');
  return twice ?? (meta === undefined ? undefined : takeApart(meta).twice);
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}

function idOf(members: Members): RequestId | null | undefined {
  const id = parse(members.get('id') ?? 'null');
  return id === null || typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

function parse(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Json);
}

function faultOf(text: string): string | undefined {
  try {
    scanJson(text, ANSWER_BOUNDS);
    return undefined;
  } catch (error) {
    if (error instanceof JsonFault) return error.message;
    throw error;
  }
}

function none(because: string, response: boolean): NoMessage {
  return { kind: 'none', because, response };
}

/** What a result says of its call. */
export interface ResultFacts {
  /** `isError`: the tool refused. */
  readonly toolError: boolean;
  /** The server asks for more before it goes on (MCP 2026-07-28, multi-round-trip requests). Of a legacy result it says nothing. */
  readonly inputRequired: boolean;
  /** The result is to come: a task was created (MCP 2025-11-25, tasks; the extension of 2026-07-28). */
  readonly taskId?: string;
  /** A `resultType` that is none of those that the revision knows: nobody can tell what it means. */
  readonly unknownType?: string;
}

/** @param payload JSON text of the result */
export function resultFacts(payload: string, era: Era): ResultFacts {
  const members = readMembers(payload);
  const facts = { toolError: members.get('isError') === 'true', inputRequired: false };
  const type = era === 'modern' ? parse(members.get('resultType')) : undefined;
  // A server that does not name the type speaks as one of the legacy era.
  if (type === undefined) return { ...facts, ...taskOf(members.has('content') ? undefined : readMembers(members.get('task'))) };
  if (type === 'complete') return facts;
  if (type === 'input_required') return { ...facts, inputRequired: true };
  const named = type === 'task' ? taskOf(members) : {};
  if ('taskId' in named) return { ...facts, ...named };
  return { ...facts, unknownType: type === 'task' ? 'task, without a taskId' : String(type).slice(0, 60) };
}

function taskOf(members: Members | undefined): { taskId?: string } {
  const taskId = parse(members?.get('taskId'));
  return typeof taskId === 'string' ? { taskId } : {};
}

/** What begins the names of members that only the gateway writes. */
const OWN_PREFIX = 'cdk-mcp-fleet/';

/** Members by which gateway and agent tell what a result is. */
const JUDGED: ReadonlySet<string> = new Set(['_meta', 'tools', 'isError', 'resultType', 'task', 'taskId']);

/** The members of an object without those that could be taken for the gateway's word, or for what is judged by a parser that folds case. */
export function withoutOwnWords(object: string): Map<string, string> {
  const members = dropLikes(readMembers(object), JUDGED);
  const meta = members.get('_meta');
  return meta?.[0] === '{' ? members.set('_meta', writeOwnless(meta)) : members;
}

function writeOwnless(meta: string): string {
  return writeMembers(new Map([...readMembers(meta)].filter(([name]) => !foldCase(name).startsWith(OWN_PREFIX))));
}
