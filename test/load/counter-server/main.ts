// A server whose sessions live in memory: each holds a counter. It knows nothing of gateways or sidecars.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import { counterServer } from './counter-server';
import { readInstance } from './instance';

const sessions = new Map<string, NodeStreamableHTTPServerTransport>();
let opened = 0;

async function main(): Promise<void> {
  const instance = await readInstance(process.env.ECS_CONTAINER_METADATA_URI_V4);
  const http = createServer((request, response) => {
    answer(request, response, instance).catch((error: Error) => {
      log('request_failed', { error: error.message });
      response.destroy();
    });
  });
  http.listen(Number(process.env.PORT ?? 0), process.env.HOST ?? '127.0.0.1', () => log('listening', { instance }));
  process.once('SIGTERM', () => process.exit(0)); // nothing here outlives the process
}

async function answer(request: IncomingMessage, response: ServerResponse, instance: string): Promise<void> {
  const id = request.headers['mcp-session-id'];
  const session = typeof id === 'string' ? sessions.get(id) : await openSession(instance);
  if (session) await session.handleRequest(request, response);
  else sayNotFound(response);
}

/** Every second session is answered with plain JSON, so that a load has both. */
async function openSession(instance: string): Promise<NodeStreamableHTTPServerTransport> {
  const answers = opened++ % 2 === 0 ? 'stream' : 'json';
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse: answers === 'json',
    keepAliveMs: 0, // silence is what a fleet must get over
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await counterServer(instance, answers).connect(transport);
  return transport;
}

/** MCP 2025-11-25, Streamable HTTP § Session Management, rule 3. */
function sayNotFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null }));
}

function log(event: string, detail: object): void {
  console.log(JSON.stringify({ event, server: 'counter', ...detail }));
}

void main();
