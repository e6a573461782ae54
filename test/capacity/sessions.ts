import { TASK_HEADER } from '../../core/headers';
import { KEY_META } from '../../core/meta';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'capacity', version: '1' } },
};

/** Who opens sessions, and where. */
export interface Opener {
  readonly endpoint: string;
  readonly token: string;
  /** What the agent works at, where it says so. */
  readonly task?: string;
}

/** How an attempt to open a session ended. */
export type Opened =
  | { readonly kind: 'open'; readonly id: string; readonly ms: number }
  /** A typed refusal, that says when to come again. */
  | { readonly kind: 'turned away'; readonly error: string; readonly ms: number }
  | { readonly kind: 'wrong'; readonly what: string; readonly ms: number };

/** Opens a session as a plain HTTP client does, that keeps no cookies. */
export async function openSession(opener: Opener): Promise<Opened> {
  const began = performance.now();
  const since = (): number => performance.now() - began;
  try {
    const response = await fetch(opener.endpoint, { method: 'POST', headers: headersOf(opener), body: JSON.stringify(INITIALIZE) });
    const text = await response.text();
    const id = response.headers.get('mcp-session-id');
    if (id !== null) return { kind: 'open', id, ms: since() };
    const { error } = JSON.parse(text) as { error?: { data?: { error?: string; retryAfterMs?: number } } };
    if (error?.data?.error === 'AT_CAPACITY' && error.data.retryAfterMs !== undefined)
      return { kind: 'turned away', error: 'AT_CAPACITY', ms: since() };
    return { kind: 'wrong', what: `${response.status} ${text.slice(0, 200)}`, ms: since() };
  } catch (error) {
    return { kind: 'wrong', what: String((error as Error).cause ?? error), ms: since() };
  }
}

export interface ToolCall {
  readonly name: string;
  readonly arguments?: object;
  readonly key?: string;
  /** Ends the wait for the answer: its caller is gone. */
  readonly signal?: AbortSignal;
}

/** @returns the text of the result, or what came in its place */
export async function callTool(opener: Opener, id: string, { name, arguments: args = {}, key, signal }: ToolCall): Promise<string> {
  const params = { name, arguments: args, ...(key !== undefined && { _meta: { [KEY_META]: key } }) };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  const headers = { ...headersOf(opener), 'mcp-session-id': id };
  try {
    const response = await fetch(opener.endpoint, { method: 'POST', headers, body, ...(signal && { signal }) });
    const answer = messageOf(await response.text());
    const { result } = JSON.parse(answer) as { result?: { content?: readonly { text?: string }[] } };
    return result?.content?.[0]?.text ?? `${response.status} ${answer.slice(0, 200)}`;
  } catch (error) {
    return String((error as Error).cause ?? error);
  }
}

/** The message of an answer, which may be an event stream. */
function messageOf(answer: string): string {
  const data = answer.split('\n').filter((line) => line.startsWith('data: {'));
  return data.at(-1)?.slice('data: '.length) ?? answer;
}

/** @returns what was wrong with the answer */
export async function closeSession(opener: Opener, id: string): Promise<string | undefined> {
  try {
    const response = await fetch(opener.endpoint, { method: 'DELETE', headers: { ...headersOf(opener), 'mcp-session-id': id } });
    const text = await response.text();
    return response.status === 200 ? undefined : `DELETE ${response.status} ${text.slice(0, 200)}`;
  } catch (error) {
    return `DELETE ${String((error as Error).cause ?? error)}`;
  }
}

export function headersOf({ token, task }: Opener): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    ...(task !== undefined && { [TASK_HEADER]: task }),
  };
}
