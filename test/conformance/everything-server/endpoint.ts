import { randomUUID } from 'node:crypto';
import {
  createMcpHandler,
  isLegacyRequest,
  type McpServer,
  type ServerEventBus,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { SessionEvents } from './session-events';

export type Era = 'legacy' | 'modern';

/** An MCP endpoint at `/mcp` for both eras of the protocol. */
export interface Endpoint {
  fetch(request: Request): Promise<Response>;
  /** Ends every session and every exchange in flight. */
  close(): Promise<void>;
}

/** Milliseconds after which a client should come back for the rest of a stream (MCP 2025-11-25, `retry`). */
const RETRY_MS = 100;

/** Serves 2026-07-28 without sessions, and the older revisions with one server and one event store per session. */
export function everythingEndpoint(server: (era: Era) => McpServer, bus: ServerEventBus): Endpoint {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const modern = createMcpHandler(() => server('modern'), { legacy: 'reject', bus });

  async function fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== '/mcp') return Response.json({ error: 'The MCP endpoint is /mcp' }, { status: 404 });
    if (!(await isLegacyRequest(request))) return await modern.fetch(request);
    const id = request.headers.get('mcp-session-id');
    const session = id === null ? await newSession() : sessions.get(id);
    return session ? await session.handleRequest(request) : sessionNotFound();
  }

  /** The transport itself refuses a first request that is not `initialize`; only an initialized one is kept. */
  async function newSession(): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new SessionEvents(),
      retryInterval: RETRY_MS,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await server('legacy').connect(transport);
    return transport;
  }

  async function close(): Promise<void> {
    await Promise.all([modern.close(), ...[...sessions.values()].map((session) => session.close())]);
    sessions.clear();
  }

  return { fetch, close };
}

/** What SDK clients know as the end of a session (MCP 2025-11-25, Streamable HTTP § Session Management, rule 3). */
function sessionNotFound(): Response {
  return Response.json({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }, { status: 404 });
}
