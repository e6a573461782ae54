// An MCP server on the official SDK, for both eras. It tells the suite of everything that it executes, before it answers.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { vaultServer } from './vault-server';

const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

function main(): void {
  const modern = createMcpHandler(() => vaultServer(), { legacy: 'reject' });
  const serve = async (request: Request): Promise<Response> => {
    if (!(await isLegacyRequest(request))) return await modern.fetch(request);
    const id = request.headers.get('mcp-session-id');
    const session = id === null ? await newSession() : sessions.get(id);
    if (session !== undefined) return await session.handleRequest(request);
    return Response.json({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }, { status: 404 });
  };
  const http = createServer(toNodeHandler({ fetch: serve }));
  http.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1');
  process.once('SIGTERM', () => {
    http.close();
    void modern.close().finally(() => http.closeAllConnections());
  });
}

async function newSession(): Promise<WebStandardStreamableHTTPServerTransport> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await vaultServer().connect(transport);
  return transport;
}

main();
