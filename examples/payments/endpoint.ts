import { randomUUID } from 'node:crypto';
import { createMcpHandler, isLegacyRequest, type McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';

/** An MCP endpoint at `/mcp` for both eras of the protocol. */
export interface McpEndpoint {
  fetch(request: Request): Promise<Response>;
  /** Ends every session and every exchange in flight. */
  close(): Promise<void>;
}

/**
 * Serves MCP 2026-07-28 without sessions, and the older revisions with one server per `Mcp-Session-Id`.
 * The SDK's own fallback for older revisions keeps no sessions, so they are wired here, in front of its strict handler.
 */
export function mcpEndpoint(server: () => McpServer): McpEndpoint {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const modern = createMcpHandler(server, { legacy: 'reject' });

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
      onsessioninitialized: (id) => void sessions.set(id, transport),
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await server().connect(transport);
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
