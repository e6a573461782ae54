// On HTTP, with its sessions in memory. It knows nothing of gateways or sidecars.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { deskServer } from '../desk';

const sessions = new Map<string, NodeStreamableHTTPServerTransport>();

const http = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
http.listen(Number(process.env.PORT), process.env.HOST ?? '127.0.0.1');
process.once('SIGTERM', () => process.exit(0)); // nothing here outlives the process

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = request.headers['mcp-session-id'];
  const session = typeof id === 'string' ? sessions.get(id) : await openSession();
  if (session) await session.handleRequest(request, response);
  else sayNotFound(response);
}

async function openSession(): Promise<NodeStreamableHTTPServerTransport> {
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await deskServer('desk-http').connect(transport);
  return transport;
}

/** MCP 2025-11-25, Streamable HTTP § Session Management, rule 3. */
function sayNotFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }));
}
