import { closeSession, type Opener, openSession } from '../sessions';

/** The first call of a session that was opened for it. */
export interface FirstCall {
  /** From the first byte of `initialize` to the last of the call's answer, in milliseconds. */
  readonly ms: number;
  /** What no other session of the server says. */
  readonly name: string;
}

/** Opens a session, calls in it, and closes it again. @throws Error with what was answered instead */
export async function firstCall(opener: Opener): Promise<FirstCall> {
  const began = performance.now();
  const opened = await openSession(opener);
  if (opened.kind !== 'open') throw new Error(opened.kind === 'wrong' ? opened.what : opened.error);
  await say(opener, opened.id, { jsonrpc: '2.0', method: 'notifications/initialized' });
  const answer = await say(opener, opened.id, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'name', arguments: {} } });
  const ms = performance.now() - began;
  const name = /"text":"([\w-]{36})"/.exec(answer)?.[1];
  if (name === undefined) throw new Error(answer.slice(0, 200));
  const wrong = await closeSession(opener, opened.id);
  if (wrong !== undefined) throw new Error(wrong);
  return { ms, name };
}

async function say({ endpoint, token }: Opener, id: string, message: object): Promise<string> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-session-id': id,
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify(message),
  });
  return response.text();
}
