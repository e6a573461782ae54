import { opensSession, type RawServer, startRawServer } from './raw-server';
import { initialize, post, type StartedSidecar, startSidecar } from './started';

/** A session at a raw server behind a sidecar. */
export interface RawSession {
  readonly server: RawServer;
  readonly sidecar: StartedSidecar;
  /** Headers of what is sent in it. */
  readonly session: Record<string, string>;
}

/** Starts both and opens a session. @param answer of the server, to everything else */
export async function startRawSession(answer: Parameters<typeof startRawServer>[0]): Promise<RawSession> {
  const server = await startRawServer((heard, response) => {
    if (!opensSession(heard, response)) return answer(heard, response);
  });
  const sidecar = await startSidecar({ kind: 'http', url: server.url });
  return { server, sidecar, session: await openSession(sidecar) };
}

/** Headers of a new session. */
export async function openSession(sidecar: StartedSidecar): Promise<Record<string, string>> {
  const response = await post(sidecar.url, initialize);
  await response.text();
  return { 'mcp-session-id': response.headers.get('mcp-session-id') as string };
}
