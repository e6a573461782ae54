import canonicalize from 'canonicalize';
import { IDEMPOTENCY_KEY_HEADER, SESSION_HEADER, TASK_HEADER } from '../core/headers';
import { KEY_META, TASK_META } from '../core/meta';
import type { Attemptable } from './attempt';
import { Cookies } from './cookies';
import type { Endpoint } from './endpoint';
import { addMeta, type Message, parseMessage } from './message';
import type { Recovery } from './recovery';
import type { Session } from './session';
import type { Call } from './task';

/** One request of the client, understood. */
export interface Ask extends Attemptable {
  readonly endpoint: Endpoint;
  body: string | undefined;
  /** Absent where none is named, or its initialize did not pass here. */
  readonly session: Session | undefined;
  /** Present for `tools/call`. */
  readonly call: Call | undefined;
}

/** Requests that may be sent again at any time, by what the protocol says they do. */
const REPEATABLE = new Set([
  'initialize',
  'notifications/initialized',
  'ping',
  'server/discover',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/list',
  'prompts/get',
  'completion/complete',
  'logging/setLevel',
  'tasks/get',
]);

/** Whether the request may be sent again although nobody knows what became of it. A call with a key may at an endpoint that honours keys. */
export function isRepeatable({ message, call, endpoint }: Ask): boolean {
  if (call !== undefined) return call.key === undefined || endpoint.isFleet;
  return REPEATABLE.has(message?.method ?? '');
}

/** Understands a request: its endpoint, session and call. A call gets its key and its task. */
export async function understand(input: string | URL | Request, init: RequestInit, recovery: Recovery): Promise<Ask> {
  const given = input instanceof Request ? input : undefined;
  const url = given?.url ?? (input as string | URL);
  const { headers: _, body: __, signal: ___, ...rest } = init;
  const headers = new Headers(init.headers ?? given?.headers);
  const method = (rest.method ?? given?.method ?? 'GET').toUpperCase();
  const body = method === 'GET' || method === 'HEAD' ? undefined : await textOf(init.body ?? given?.body ?? undefined);
  const signal = init.signal ?? given?.signal ?? new AbortController().signal;
  const message = method === 'POST' && body !== undefined ? parseMessage(body) : undefined;
  const endpoint = recovery.endpoint(url);
  const session = recovery.sessions.get(headers.get(SESSION_HEADER));
  // A session that is to be opened goes wherever the load balancer likes, not to where the last one went.
  const opening = message?.method === 'initialize';
  if (opening && !headers.has(TASK_HEADER)) headers.set(TASK_HEADER, recovery.task.id);
  const ask = {
    url,
    endpoint,
    init: { ...(given !== undefined && { redirect: given.redirect, credentials: given.credentials }), ...rest, method },
    headers,
    signal,
    body,
    message,
    session,
    cookies: session?.cookies ?? (opening ? new Cookies() : endpoint.cookies),
    call: undefined,
  };
  return message?.method === 'tools/call' && message.id !== undefined ? withCall(ask, message, recovery) : ask;
}

function withCall(ask: Ask, message: Message, recovery: Recovery): Ask {
  const { name, arguments: args = {}, _meta: meta = {} } = message.params ?? {};
  const tool = String(name);
  const identity = { endpoint: ask.endpoint, tool, content: canonicalize(args) ?? '' };
  const argument = args[ask.endpoint.keyArguments.get(tool) ?? ''];
  const argued = typeof argument === 'string' ? argument : undefined;
  const carried = meta[KEY_META] ?? ask.headers.get(IDEMPOTENCY_KEY_HEADER)?.replace(/^"(.*)"$/, '$1') ?? argued;
  const chosen = carried ?? recovery.chooseKey({ url: ask.endpoint.url, tool, arguments: args });
  const call = recovery.task.begin(identity, typeof chosen === 'string' ? chosen : undefined);
  call.request = { session: ask.headers.get(SESSION_HEADER), id: message.id };
  if (call.key === undefined && !recovery.isReadOnly(ask.endpoint, tool)) call.key = recovery.newKey();
  const added = {
    ...(carried === undefined && call.key !== undefined && { [KEY_META]: call.key }),
    ...(meta[TASK_META] === undefined && { [TASK_META]: recovery.task.id }),
  };
  return { ...ask, call, body: addMeta(ask.body ?? '', added) };
}

/** Gives a key to a call that was thought to change nothing, because the gateway wants one. */
export function giveKey(ask: Ask, call: Call, recovery: Recovery): void {
  call.key = recovery.newKey();
  ask.endpoint.readOnlyTools.delete(call.tool);
  ask.body = addMeta(ask.body ?? '', { [KEY_META]: call.key });
}

async function textOf(body: RequestInit['body'] | undefined): Promise<string | undefined> {
  if (body === undefined || body === null) return undefined;
  return typeof body === 'string' ? body : new Response(body).text();
}
