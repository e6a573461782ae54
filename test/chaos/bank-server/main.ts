// An MCP server for both eras whose transfers are executed by a bank elsewhere. It knows nothing of gateways or sidecars, and
// keeps no events: a client that loses a stream of it has nothing to resume, as with most servers.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest, type McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { bankServer, readTask } from './bank-server';

const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

async function main(): Promise<void> {
  const task = await readTask();
  const modern = createMcpHandler(() => bankServer(task), { legacy: 'reject' });
  const serve = async (request: Request): Promise<Response> => {
    if (!(await isLegacyRequest(request))) return await modern.fetch(request);
    const id = request.headers.get('mcp-session-id');
    const session = id === null ? await newSession(bankServer(task)) : sessions.get(id);
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

async function newSession(server: McpServer): Promise<WebStandardStreamableHTTPServerTransport> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await server.connect(transport);
  return transport;
}

void main();
