// A small MCP server for both eras that writes down every execution of its tool. It knows nothing of gateways or sidecars, and
// keeps no events: a client that loses a stream of it has nothing to resume, as with most servers.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest, McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { z } from 'zod';

const journal = process.env.JOURNAL as string;
const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
const modern = createMcpHandler(() => payments(), { legacy: 'reject' });

function payments(): McpServer {
  const server = new McpServer({ name: 'payments', version: '1.0.0' });
  const inputSchema = z.object({ reference: z.string(), milliseconds: z.number() });
  server.registerTool('pay', { description: 'Moves money', inputSchema }, async ({ reference, milliseconds }) => {
    await fetch(journal, { method: 'POST', body: JSON.stringify({ reference, pid: process.pid }) });
    await delay(milliseconds);
    return { content: [{ type: 'text', text: `paid ${reference}` }] };
  });
  return server;
}

async function serve(request: Request): Promise<Response> {
  if (!(await isLegacyRequest(request))) return await modern.fetch(request);
  const id = request.headers.get('mcp-session-id');
  const session = id === null ? await newSession() : sessions.get(id);
  if (session !== undefined) return await session.handleRequest(request);
  return Response.json({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }, { status: 404 });
}

async function newSession(): Promise<WebStandardStreamableHTTPServerTransport> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await payments().connect(transport);
  return transport;
}

const http = createServer(toNodeHandler({ fetch: serve }));
http.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1');
process.once('SIGTERM', () => {
  http.close();
  void modern.close().finally(() => http.closeAllConnections());
});
